"""MRC2014 volumes: voxel size from cell over grid, in Å."""

import struct
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.micrograph.formats import mrc
from segment.micrograph.open_file import OpenFile
from segment.volume.stack import GreyVolume, VoxelSize

SUFFIXES = (".mrc", ".mrcs", ".map", ".st", ".ali", ".rec")
_UNSET_A = 1.0  # programs write exactly 1 Å for unknown


def read(path: Path) -> GreyVolume:
    """The sections as slices, memory-mapped."""
    opened = OpenFile(path)
    found = mrc.layout(opened)
    if found.width != found.shape[2]:
        raise UnreadableError(path, "its numbers are no grey levels", "Save it as mode 0, 1, 2 or 6")
    values = np.memmap(path, found.dtype, "r", found.first, found.shape)
    return GreyVolume(
        values, _voxel_size(opened.head, found.order), str(path), "MRC cell / grid", found.notes
    )


def _voxel_size(head: bytes, order: str) -> VoxelSize | None:
    """Cell edge over grid intervals; zeros, and exactly 1 Å throughout, mean unset."""
    grid = struct.unpack_from(order + "3i", head, 28)
    cell = struct.unpack_from(order + "3f", head, 40)
    if not all(g > 0 for g in grid) or not all(c > 0 for c in cell):
        return None
    edges = [c / g for c, g in zip(cell, grid, strict=True)]
    return None if edges == [_UNSET_A] * 3 else VoxelSize(*(e / 10 for e in edges))
