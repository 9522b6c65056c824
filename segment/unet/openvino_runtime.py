"""Running the network with OpenVINO on the processor; imported only when an image is to be segmented."""

import ctypes
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from segment.choices import Chosen
from segment.errors import ModelError, lacking
from segment.unet.graph_fusion import merge_doublings
from segment.unet.graph_split import SplitNetwork, split_network

_READ_PX = {"f32": 1_000_000, "bf16": 1_400_000}  #: of a tile; half a GB of activations
FEW_CHANNELS = 3  #: of an image or an answer; features have more


class Compiled:
    """A compiled network; while one request runs, the other's answer is taken and its next input read."""

    def __init__(self, core: Any, network: Any, options: dict[str, Any]) -> None:
        self._compiled = core.compile_model(network, "CPU", options)
        self._requests = [self._compiled.create_infer_request() for _ in range(2)]
        self._inputs: list[list[np.ndarray]] = [[], []]

    def infer_all(self, readers: Iterable[Callable[[], list[np.ndarray]]]) -> Iterator[list[np.ndarray]]:
        """Answers to many inputs in order; the next is read while the network works on this one.

        A reader returns the inputs, an answer has an array for each output, valid until the next is asked
        for; all float32 of shape (channels, rows, columns).
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
    """A network (the IR's .xml file) on the processor, whole and, where its graph allows, in three parts."""

    def __init__(self, weights: str, precision: Chosen, threads: int) -> None:
        import openvino

        self.read_px = _READ_PX[precision]
        self._weights = weights
        self._precision = precision
        self._merges = precision == "f32" or not processor_has("amx-bf16")  # bf16 there: not measured
        self._networks: list[Compiled] = []
        self._core = openvino.Core()
        self._options = {
            "INFERENCE_PRECISION_HINT": precision,
            "PERFORMANCE_HINT": "LATENCY",
            # bf16 is rounded otherwise by one thread than by several
            "INFERENCE_NUM_THREADS": threads if precision == "f32" else max(threads, 2),
            "ENABLE_CPU_PINNING": False,  # else the threads of several processes keep to the same cores
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
        return self._compile(self._network.clone())

    @cached_property
    def parts(self) -> SplitNetwork | None:
        """The graph in three parts, compiled; None where it cannot be cut."""
        split = split_network(self._network)
        if split is None:
            return None
        networks: list[Any] = [split.shallow, split.deep, split.detail]
        if self._precision == "bf16":
            networks = [_passing_halves(one) for one in networks]
        shallow, deep, detail = map(self._compile, networks)
        return replace(split, shallow=shallow, deep=deep, detail=detail)

    def release(self) -> None:
        """Give back the memory of all activations, before the watershed takes its own."""
        for network in self._networks:
            network.release()
        _trim_heap()

    def _compile(self, network: Any) -> Compiled:
        if self._merges:
            merge_doublings(network)
        try:
            compiled = Compiled(self._core, network, self._options)
        except RuntimeError as error:
            if lacking(error):
                raise
            reason = f"OpenVINO cannot compile the network ({str(error).strip().splitlines()[-1]})"
            raise ModelError(self._weights, reason, "Export the model again") from error
        self._networks.append(compiled)
        return compiled


def processor_has(name: str) -> bool:
    """Whether the processor has this feature, by LLVM's name; False where it is not known."""
    from llvmlite.binding import get_host_cpu_features

    try:
        return bool(get_host_cpu_features().get(name, False))
    except RuntimeError:
        return False


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
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _append_sigmoid(network: Any) -> None:
    """Let the network return probabilities: the sigmoid runs inside, with the network's threads."""
    import openvino.opset13 as ops

    result = network.get_results()[0]
    network.add_results([ops.result(ops.sigmoid(result.input_value(0)))])
    network.remove_result(result)
