"""The runtime for a model: which device, which precision."""

from __future__ import annotations

import os
from functools import lru_cache

from segment._threads import available_cores
from segment.unet.choices import Device, Precision
from segment.unet.model_folder import Model
from segment.unet.openvino_runtime import OpenVinoRuntime
from segment.unet.precision import Chosen, choose_precision
from segment.unet.runtime_protocol import Runtime


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
    count = threads or available_cores()
    return _opened(model, on_cuda, chosen, count, os.getpid())


@lru_cache(maxsize=8)
def _opened(model: Model, on_cuda: bool, precision: Chosen, threads: int, process: int) -> Runtime:
    """The network ready to answer; compiled once for each of these, in each process."""
    from segment.unet.torch_runtime import TorchRuntime

    if on_cuda:
        return TorchRuntime(model, "cuda", precision)
    return OpenVinoRuntime(str(model.weights), precision, threads)
