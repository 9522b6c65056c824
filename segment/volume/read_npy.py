"""A NumPy array of three dimensions, (slices, rows, columns); it says no voxel size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.volume.stack import GreyVolume

SUFFIXES = (".npy",)


def read(path: Path) -> GreyVolume:
    """The array, memory-mapped."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise UnreadableError(path, f"no readable NPY file ({error})", "Save the array again") from error
    return GreyVolume(values, None, str(path))
