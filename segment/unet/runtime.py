"""Running the network with OpenVINO on the processor; imported only when an image is to be segmented."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any, Literal

import numpy as np

from segment.errors import InputError, ModelError
from segment.unet.model import Device, Model, Precision
from segment.unet.split import SplitNetwork, split_network

BF16_AGREEMENT = 0.995  #: measured agreement with f32 from which "auto" chooses bf16
READ_PX = {"f32": 1_000_000, "bf16": 1_400_000}  #: read rectangle of a tile: about 0.4 GB of activations
DEEP_READ_PX = 4_000_000  #: the same for the coarse levels


class Compiled:
    """A compiled network with one request in flight."""

    def __init__(self, core: Any, network: Any, options: dict[str, Any]) -> None:
        self._compiled = core.compile_model(network, "CPU", options)
        self._request = self._compiled.create_infer_request()
        self._inputs: list[np.ndarray] = []

    def infer_all(self, readers: Iterable[Callable[[], list[np.ndarray]]]) -> Iterator[np.ndarray]:
        """Answers to many inputs in order; the next is read while the network works on this one.

        Parameters
        ----------
        readers : iterable of callables
            Each returns the inputs, float32 arrays of shape (channels, rows, columns).

        Yields
        ------
        ndarray of float32, shape (channels, rows, columns)
            Valid until the next is asked for.
        """
        running = False
        for read in readers:
            inputs = [np.ascontiguousarray(array, np.float32)[None] for array in read()]
            if running:
                yield self._collect()
            self._request.start_async(inputs, share_inputs=True)
            self._inputs, running = inputs, True  # the request reads them while it runs
        if running:
            yield self._collect()

    def release(self) -> None:
        """Give the memory of the activations back; it is taken again at the next inference."""
        self._inputs = []
        self._compiled.release_memory()

    def _collect(self) -> np.ndarray:
        self._request.wait()
        answer: np.ndarray = self._request.get_output_tensor(0).data[0]
        return answer


class OpenVinoRuntime:
    """A model's network on the processor, whole and, where its graph allows, in three parts.

    Parameters
    ----------
    weights : path
        The IR's .xml file.
    precision : {"f32", "bf16"}
    threads : int
    """

    def __init__(self, weights: str, precision: Literal["f32", "bf16"], threads: int) -> None:
        import openvino

        self.precision = precision
        self.read_px = READ_PX[precision]
        self.deep_read_px = DEEP_READ_PX
        self._weights = weights
        self._networks: list[Compiled] = []
        self._core = openvino.Core()
        self._options = {
            "INFERENCE_PRECISION_HINT": precision,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
        }
        try:
            self._network = self._core.read_model(weights)
        except RuntimeError as error:
            reason = f"OpenVINO refuses the network ({str(error).strip().splitlines()[-1]})"
            raise ModelError(weights, reason, "Export the model again") from error
        _append_sigmoid(self._network)

    @cached_property
    def whole(self) -> Compiled:
        """Image -> probabilities."""
        return self._compile(self._network)

    @cached_property
    def split(self) -> SplitNetwork | None:
        """The graph in three parts; None where it cannot be cut."""
        return split_network(self._network)

    @cached_property
    def parts(self) -> tuple[Compiled, Compiled, Compiled]:
        """Shallow, deep and detail networks, compiled."""
        assert self.split is not None
        shallow, deep, detail = self.split.shallow, self.split.deep, self.split.detail
        return self._compile(shallow), self._compile(deep), self._compile(detail)

    def infer(self, grey: np.ndarray) -> np.ndarray:
        """Probabilities of one small image.

        Parameters
        ----------
        grey : ndarray of float32, shape (rows, columns)
            Normalised grey levels, both edges multiples of the network's stride.

        Returns
        -------
        ndarray of float32, shape (channels, rows, columns)
        """
        return next(self.whole.infer_all([lambda: [grey[None]]])).copy()

    def release(self) -> None:
        """Give back the memory of all activations, before the watershed takes its own."""
        for network in self._networks:
            network.release()
        _trim_heap()

    def _compile(self, network: Any) -> Compiled:
        try:
            compiled = Compiled(self._core, network, self._options)
        except RuntimeError as error:
            reason = f"OpenVINO cannot compile the network ({str(error).strip().splitlines()[-1]})"
            raise ModelError(self._weights, reason, "Export the model again") from error
        self._networks.append(compiled)
        return compiled


def _trim_heap() -> None:
    """Hand freed pages back to the system where the C library has a call for it (glibc: 0.5 GB at 8192²)."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _append_sigmoid(network: Any) -> None:
    """Let the network return probabilities: the sigmoid runs inside, with the network's threads."""
    import openvino.opset13 as ops

    result = network.get_results()[0]
    network.add_results([ops.result(ops.sigmoid(result.input_value(0)))])
    network.remove_result(result)


def runtime_for(
    model: Model, *, device: Device, precision: Precision, threads: int | None
) -> OpenVinoRuntime:
    """Compiled network of a model, kept with the model.

    Raises
    ------
    InputError
        The device is not on this machine.
    """
    if device == "cuda":
        raise InputError("--device cuda", "no CUDA runtime is installed", "Use --device cpu")
    chosen = choose_precision(model, precision)
    count = threads or available_cores()
    key = (os.getpid(), chosen, count)
    runtime: OpenVinoRuntime | None = model._runtimes.get(key)
    if runtime is None:
        runtime = model._runtimes[key] = OpenVinoRuntime(str(model.weights), chosen, count)
    return runtime


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def choose_precision(model: Model, precision: Precision) -> Literal["f32", "bf16"]:
    """bf16 where asked for, or where the processor has it and it was found to agree with f32; else f32."""
    if precision != "auto":
        return precision
    agreed = model.bf16_agreement is not None and model.bf16_agreement >= BF16_AGREEMENT
    return "bf16" if agreed and processor_has_bf16() else "f32"


def processor_has_bf16() -> bool:
    """Whether OpenVINO finds AVX512_BF16 or AMX on this processor."""
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
