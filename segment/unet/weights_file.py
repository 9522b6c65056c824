"""Weights to go on from: `weights.npz` of a model folder as tensors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segment.errors import ModelError
from segment.unet.architecture import require_torch

if TYPE_CHECKING:
    import torch

WEIGHTS = "weights.npz"


def load_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Weights of a model folder by name, float32, to go on training from.

    Raises
    ------
    ModelError
        The folder holds none.
    """
    require_torch()
    import torch

    path = folder / WEIGHTS
    if not path.is_file():
        raise ModelError(path, "the weights to go on from are missing", "Fine-tune a released model")
    with np.load(path) as stored:
        return {
            name: torch.from_numpy(np.asarray(stored[name], np.float32))
            if stored[name].dtype == np.float16
            else torch.from_numpy(stored[name])
            for name in stored.files
        }
