"""MRC2014 volumes: voxel size from cell over grid, in Å."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.volume.stack import GreyVolume, VoxelSize

SUFFIXES = (".mrc", ".mrcs", ".map", ".st", ".ali", ".rec")
_HEADER = 1024  #: bytes, MRC2014
_PIXELS = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}  #: modes of MRC2014 and their dtypes
_UNSET_A = 1.0  # programs write exactly 1 Å for unknown
_MOST = 1_000_000  #: voxels along an edge; more is no header


def read(path: Path) -> GreyVolume:
    """The sections as slices, memory-mapped."""
    with path.open("rb") as file:
        head = file.read(_HEADER)
    if len(head) < _HEADER:
        raise UnreadableError(path, "it ends inside the MRC header", "Copy the file again")
    for order in "<>":
        columns, rows, sections, mode = struct.unpack_from(order + "4i", head, 0)
        if all(0 < n <= _MOST for n in (columns, rows, sections)) and mode in _PIXELS:
            break
    else:
        raise UnreadableError(path, "no MRC header of real numbers", "Save it as mode 0, 1, 2 or 6")
    dtype = np.dtype(order + _PIXELS[mode])
    (extended,) = struct.unpack_from(order + "i", head, 92)
    offset, shape = _HEADER + max(extended, 0), (sections, rows, columns)
    if offset + int(np.prod(shape)) * dtype.itemsize > path.stat().st_size:
        raise UnreadableError(
            path, f"{sections} slices of {columns} x {rows} do not fit in it", "Copy it again"
        )
    values = np.memmap(path, dtype, "r", offset, shape)
    return GreyVolume(values, _voxel_size(head, order), str(path), "MRC cell / grid")


def _voxel_size(head: bytes, order: str) -> VoxelSize | None:
    """Cell edge over grid intervals; zeros, and exactly 1 Å throughout, mean unset."""
    grid = struct.unpack_from(order + "3i", head, 28)
    cell = struct.unpack_from(order + "3f", head, 40)
    if not all(g > 0 for g in grid) or not all(c > 0 for c in cell):
        return None
    edges = [c / g for c, g in zip(cell, grid, strict=True)]
    return None if edges == [_UNSET_A] * 3 else VoxelSize(*(e / 10 for e in edges))
