"""A NumPy array of three dimensions, (slices, rows, columns); it says no voxel size."""

from pathlib import Path

import numpy as np

from segment.volume.stack import GreyVolume

SUFFIXES = (".npy",)


def read(path: Path) -> GreyVolume:
    """The array, memory-mapped."""
    return GreyVolume(np.load(path, mmap_mode="r", allow_pickle=False), None, str(path))
