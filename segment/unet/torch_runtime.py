"""Running the network with PyTorch, on CUDA; imported only where that is asked for or may be there.

The same weights (``weights.npz``), the same tiles and the same joining of their answers as with OpenVINO.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from threading import Lock
from typing import Any, Self

import numpy as np

from segment.choices import Chosen
from segment.errors import InputError, install_extra
from segment.unet.architecture import RECIPE, WEIGHTS, build_network, load_weights, read_architecture
from segment.unet.model_folder import Model

_READ_PX = 8_000_000  #: read rectangle of a tile: about 6 GB of activations in f32
PROCESS_BYTES = 5_000_000_000  #: of device memory that a process at work may take


class TorchRuntime:
    """A model's network on "cuda", or on "cpu" to compare with (tests).

    The model's folder holds the weights by name and the recipe that the network is built from.
    """

    read_px = _READ_PX
    parts = None  #: the network is never cut: whole tiles are large enough here

    def __init__(self, model: Model, device: str, precision: Chosen) -> None:
        import torch

        self.precision = precision
        self._device = torch.device(device)
        self._settings = Lock()  # PyTorch's are the process's, and several images may be under way
        network = build_network(read_architecture(model.folder / RECIPE), imagenet=False)
        network.load_state_dict(load_weights(model.folder), strict=False)
        if self.precision == "bf16":
            for module in network.modules():
                if isinstance(module, torch.nn.Conv2d):
                    module.to(torch.bfloat16)  # as autocast would, at every call
        self._network = network.eval().to(self._device, memory_format=torch.channels_last)

    @property
    def whole(self) -> Self:
        """The network itself."""
        return self

    def infer_all(self, readers: Iterable[Callable[[], list[np.ndarray]]]) -> Iterator[list[np.ndarray]]:
        """As `openvino_runtime.Compiled.infer_all`: the next is read while the device works on this one."""
        running = None
        for read in readers:
            (grey,) = read()
            answer = self._probabilities(grey)
            if running is not None:
                yield [running.cpu().numpy()]
            running = answer
        if running is not None:
            yield [running.cpu().numpy()]

    def release(self) -> None:
        """Give back memory that PyTorch keeps for later."""
        import torch

        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _probabilities(self, grey: np.ndarray) -> Any:
        """Start the network on one tile; the answer may still be in the making."""
        import torch

        kind, half = self._device.type, self.precision == "bf16"
        batch = torch.from_numpy(np.ascontiguousarray(grey[None])).to(self._device)
        with (
            self._settings,
            torch.inference_mode(),
            torch.backends.cudnn.flags(allow_tf32=False, enabled=True, benchmark=False),  # full f32
            torch.autocast(kind, torch.bfloat16, enabled=half),
        ):
            return torch.sigmoid(self._network(batch).float())[0]


def cuda_is_there(model: Model) -> bool:
    """Whether this model can run on CUDA here; PyTorch is imported only where a driver is found."""
    driver = Path("/proc/driver/nvidia/version").exists() or which("nvidia-smi") is not None
    if not driver or _missing(model) or find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available()) and find_spec("segmentation_models_pytorch") is not None


def processes_that_fit() -> int:
    """Processes for whose networks the device has free memory; at least 1."""
    import torch

    free, _ = torch.cuda.mem_get_info()
    return max(1, int(free) // PROCESS_BYTES)


def require_cuda(model: Model) -> None:
    """Raise with the remedy where this model cannot run on CUDA.

    `InputError`: PyTorch, a device or the weights by name are missing.
    """
    name = "--device cuda"
    if find_spec("torch") is None or find_spec("segmentation_models_pytorch") is None:
        remedy = f"{install_extra('train')}, or use --device cpu"
        raise InputError(name, "PyTorch is not installed", remedy)
    import torch

    if not torch.cuda.is_available():
        raise InputError(name, "PyTorch finds no CUDA device", "Use --device cpu, or check the driver")
    if missing := _missing(model):
        reason = f"model {model.name} lacks {missing}"
        raise InputError(name, reason, "Export the model again, or use --device cpu")


def _missing(model: Model) -> str:
    return ", ".join(name for name in (WEIGHTS, RECIPE) if not (model.folder / name).is_file())
