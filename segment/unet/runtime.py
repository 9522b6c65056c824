"""Running the network: OpenVINO on the processor; imported only when an image is to be segmented."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np

from segment.errors import InputError, ModelError
from segment.unet.model import Device, Model, Precision

BF16_AGREEMENT = 0.995  #: measured agreement with f32 from which "auto" chooses bf16
READ_PX = {"f32": 2_000_000, "bf16": 3_000_000}  #: read rectangle of a tile: about 0.9 GB of activations


class OpenVinoRuntime:
    """A compiled network on the processor.

    Parameters
    ----------
    weights : path
        The IR's .xml file.
    precision : {"f32", "bf16"}
    threads : int
    """

    def __init__(self, weights: str, precision: Literal["f32", "bf16"], threads: int) -> None:
        import openvino

        core = openvino.Core()
        try:
            network = core.read_model(weights)
            _append_sigmoid(network)
            self._compiled = core.compile_model(
                network,
                "CPU",
                {
                    "INFERENCE_PRECISION_HINT": precision,
                    "PERFORMANCE_HINT": "LATENCY",
                    "INFERENCE_NUM_THREADS": threads,
                },
            )
        except RuntimeError as error:
            reason = f"OpenVINO refuses the network ({str(error).strip().splitlines()[-1]})"
            raise ModelError(weights, reason, "Export the model again") from error
        self._request = self._compiled.create_infer_request()
        self.read_px = READ_PX[precision]

    def infer(self, grey: np.ndarray) -> np.ndarray:
        """Probabilities of one tile.

        Parameters
        ----------
        grey : ndarray of float32, shape (rows, columns)
            Normalised grey levels, both edges multiples of the network's stride.

        Returns
        -------
        ndarray of float32, shape (channels, rows, columns)
            A copy that stays valid.
        """
        return next(iter(self.infer_all([lambda: grey])))

    def infer_all(self, readers: Iterable[Callable[[], np.ndarray]]) -> Iterable[np.ndarray]:
        """Probabilities of many tiles in order; the next tile is read while the network works on this one.

        Parameters
        ----------
        readers : iterable of callables
            Each returns the normalised grey levels of one tile.

        Yields
        ------
        ndarray of float32, shape (channels, rows, columns)
        """
        pending = False
        for read in readers:
            grey = np.ascontiguousarray(read(), np.float32)[None, None]
            done = self._collect() if pending else None
            self._request.start_async([grey], share_inputs=True)
            self._grey, pending = grey, True  # the request reads the array while it runs
            if done is not None:
                yield done
        if pending:
            yield self._collect()

    def _collect(self) -> np.ndarray:
        self._request.wait()
        answer: np.ndarray = self._request.get_output_tensor(0).data[0].copy()
        return answer


def _append_sigmoid(network: Any) -> None:
    """Let the network return probabilities: the sigmoid runs inside, with the network's threads."""
    import openvino.opset13 as ops

    result = network.get_results()[0]
    logits = result.input_value(0)
    probability = ops.sigmoid(logits)
    network.add_results([ops.result(probability)])
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
