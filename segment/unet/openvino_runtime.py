"""Running the network with OpenVINO on the processor; imported only when an image is to be segmented."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from segment.errors import ModelError
from segment._threads import available_cores
from segment.unet.graph_fusion import merge_doublings
from segment.unet.model_folder import Device, Model, Precision
from segment.unet.precision import Chosen, choose_precision, processor_has, processor_has_bf16
from segment.unet.graph_split import SplitNetwork, split_network

READ_PX = {"f32": 1_000_000, "bf16": 1_400_000, "int8": 3_000_000}  #: of a tile; half a GB of activations
FEW_CHANNELS = 3  #: of an image or an answer; features have more
DEEP_READ_PX = 20_000_000  #: the same for the coarse levels


class Network(Protocol):
    """A network that answers."""

    def infer_all(self, readers: Iterable[Callable[[], list[np.ndarray]]]) -> Iterator[list[np.ndarray]]:
        """Answers to many inputs, in order."""

    def release(self) -> None:
        """Give back memory that is taken again at the next inference."""


class Runtime(Protocol):
    """A model's network on some device, whole and, where it can be cut (`split`), in three parts."""

    precision: Chosen
    read_px: int  #: largest read rectangle of a tile
    deep_read_px: int  #: the same for the coarse levels
    kept: Any  #: dtype of the features that are kept between the parts

    @property
    def whole(self) -> Network: ...
    @property
    def split(self) -> SplitNetwork | None: ...
    @property
    def parts(self) -> tuple[Network, Network, Network]: ...
    def release(self) -> None: ...


class Compiled:
    """A compiled network; while one request runs, the other's answer is taken and its next input read."""

    def __init__(self, core: Any, network: Any, options: dict[str, Any]) -> None:
        self._compiled = core.compile_model(network, "CPU", options)
        self._requests = [self._compiled.create_infer_request() for _ in range(2)]
        self._inputs: list[list[np.ndarray]] = [[], []]

    def infer_all(self, readers: Iterable[Callable[[], list[np.ndarray]]]) -> Iterator[list[np.ndarray]]:
        """Answers to many inputs in order; the next is read while the network works on this one.

        Parameters
        ----------
        readers : iterable of callables
            Each returns the inputs, float32 arrays of shape (channels, rows, columns).

        Yields
        ------
        list of ndarray of float32, shape (channels, rows, columns)
            One for each output of the network; valid until the next is asked for.
        """
        running = None
        for count, read in enumerate(readers):
            inputs = [np.ascontiguousarray(array)[None] for array in read()]
            request = self._requests[count % 2]
            request.start_async(inputs, share_inputs=True)
            self._inputs[count % 2] = inputs  # the request reads them while it runs
            if running is not None:
                yield _answers(running)
            running = request
        if running is not None:
            yield _answers(running)

    def release(self) -> None:
        """Give the memory of the activations back; it is taken again at the next inference."""
        self._inputs = [[], []]
        self._compiled.release_memory()


def _answers(request: Any) -> list[np.ndarray]:
    request.wait()
    return [tensor.data[0] for tensor in request.output_tensors]


class OpenVinoRuntime:
    """A model's network on the processor, whole and, where its graph allows, in three parts.

    Parameters
    ----------
    weights : path
        The IR's .xml file.
    precision : {"f32", "bf16", "int8"}
        With "int8" the weights must be quantised; what stays in floating point runs in the fastest there is.
    threads : int
    """

    def __init__(self, weights: str, precision: Chosen, threads: int) -> None:
        import openvino

        self.precision = precision
        self.kept = np.float32 if precision == "f32" else np.float16
        self.read_px = READ_PX[precision]
        self.deep_read_px = DEEP_READ_PX
        self._weights = weights
        self._networks: list[Compiled] = []
        self._core = openvino.Core()
        floating = ("bf16" if processor_has_bf16() else "f32") if precision == "int8" else precision
        self._options = {
            "INFERENCE_PRECISION_HINT": floating,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,  # else the threads of several processes keep to the same cores
        }
        try:
            self._network = self._core.read_model(weights)
        except RuntimeError as error:
            reason = f"OpenVINO refuses the network ({str(error).strip().splitlines()[-1]})"
            raise ModelError(weights, reason, "Export the model again") from error
        if precision == "f32" or not processor_has("amx-bf16"):  # bf16 there: not measured
            merge_doublings(self._network)
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
        if self.kept == np.float16:
            shallow, deep, detail = _passing_halves(shallow), _passing_halves(deep), _passing_halves(detail)
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
        return next(self.whole.infer_all([lambda: [grey[None]]]))[0].copy()

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


def _passing_halves(network: Any) -> Any:
    """Let inputs and outputs of many channels, the features between the parts, be half-precision numbers."""
    from openvino import Type
    from openvino.preprocess import PrePostProcessor

    wrapped = PrePostProcessor(network)
    for group, tensor_of in ((network.inputs, wrapped.input), (network.outputs, wrapped.output)):
        for i, port in enumerate(group):
            if port.get_partial_shape()[1].get_length() > FEW_CHANNELS:
                tensor_of(i).tensor().set_element_type(Type.f16)
    return wrapped.build()


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


def cuda_processes(model: Model, device: Device) -> int | None:
    """Processes that keep a CUDA device busy with images, no more than its memory holds; None without CUDA.

    On the processor one network fills all cores.  CUDA wants processes rather than threads: PyTorch prepares
    its kernels anew in each thread, and between them waits for Python's lock.
    """
    from segment.unet.torch_runtime import cuda_is_there, processes_that_fit

    if device == "cpu" or not cuda_is_there(model):
        return None
    return min(available_cores(), processes_that_fit())


def runtime_for(model: Model, *, device: Device, precision: Precision, threads: int | None) -> Runtime:
    """Network of a model ready on a device, kept with the model.

    Raises
    ------
    InputError
        The device or the precision is not there.
    """
    from segment.unet.torch_runtime import TorchRuntime, cuda_is_there, require_cuda

    if device == "cuda":
        require_cuda(model)
    on_cuda = device == "cuda" or (device == "auto" and cuda_is_there(model))
    chosen = choose_precision(model, precision, on_cuda=on_cuda)
    count = threads or available_cores()
    key = (os.getpid(), on_cuda, chosen, count)
    runtime: Runtime | None = model._runtimes.get(key)
    if runtime is None:
        if on_cuda:
            runtime = TorchRuntime(model, "cuda", chosen)
        else:
            weights = model.int8_weights if chosen == "int8" else model.weights
            runtime = OpenVinoRuntime(str(weights), chosen, count)
        model._runtimes[key] = runtime
    return runtime
