"""The runtime for a model: which device, and the faster arithmetic of those that were found to agree."""

import os
from functools import lru_cache

from segment._threads import available_cores
from segment.choices import Chosen, Device, Precision
from segment.unet.model_folder import Model
from segment.unet.openvino_runtime import OpenVinoRuntime
from segment.unet.tiled_inference import Runtime

AGREEMENT = 0.995  #: measured agreement with f32 from which "auto" chooses bf16


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
    """Network of a model ready on a device; kept for the next image.

    `InputError`: the device or the precision is not there.
    """
    from segment.unet.torch_runtime import cuda_is_there, require_cuda

    if device == "cuda":
        require_cuda(model)
    on_cuda = device == "cuda" or (device == "auto" and cuda_is_there(model))
    chosen = choose_precision(model, precision, on_cuda=on_cuda)
    return _opened(model, on_cuda, chosen, threads or available_cores(), os.getpid())


@lru_cache(maxsize=8)
def _opened(model: Model, on_cuda: bool, precision: Chosen, threads: int, process: int) -> Runtime:
    """The network ready to answer; compiled once for each of these, in each process."""
    from segment.unet.torch_runtime import TorchRuntime

    if on_cuda:
        return TorchRuntime(model, "cuda", precision)
    return OpenVinoRuntime(str(model.weights), precision, threads)


def choose_precision(model: Model, precision: Precision, *, on_cuda: bool = False) -> Chosen:
    """The one asked for; "auto": bf16 where the machine has it and it agrees with f32, else f32."""
    if precision != "auto":
        return precision
    agrees = model.bf16_agreement is not None and model.bf16_agreement >= AGREEMENT
    return "bf16" if agrees and (on_cuda or processor_has_bf16()) else "f32"


def processor_has_bf16() -> bool:
    """Whether OpenVINO finds AVX512_BF16 or AMX on this processor."""
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
