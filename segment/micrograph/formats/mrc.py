"""MRC2014 images and stacks: cell / grid in Å; a cell of zeros states no size."""

from __future__ import annotations

import struct
from functools import partial

import numpy as np

from segment.errors import NotAnImageError, UnreadableError
from segment.micrograph.open_file import Frame, OpenFile, Scale, scale_or_none
from segment.micrograph.refusals import truncated
from segment.micrograph.tiffpages import read_plane

NAME = "mrc"

_HEADER = 1024
_SUFFIXES = (".mrc", ".mrcs", ".map", ".st", ".ali", ".rec")
_PIXELS = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
_UNSET_NM = 0.1
_UNSET_NOTE = "the MRC cell says exactly 1 Å per pixel, which programs write for unknown: not taken"
MAX_SIDE = 1_000_000


def recognises(opened: OpenFile) -> bool:
    """``MAP`` at byte 208, or the suffix (files older than 2000 carry no mark)."""
    return opened.head[208:211] == b"MAP" or opened.path.suffix.lower() in _SUFFIXES


def frames(opened: OpenFile) -> list[Frame]:
    """One frame a section.

    Raises
    ------
    NotAnImageError
        Complex (Fourier) data.
    """
    head = opened.head
    if len(head) < _HEADER:
        raise truncated(opened.path, "it ends inside the MRC header")
    order = _byte_order(opened)
    columns, rows, sections, mode = struct.unpack_from(order + "4i", head, 0)
    if mode in (3, 4):
        raise NotAnImageError(opened.path, "a Fourier transform, not an image", "Give the image itself")
    if mode not in _PIXELS:
        raise UnreadableError(opened.path, f"MRC mode {mode} is not supported", "Save it as mode 1, 2 or 6")
    dtype = np.dtype(order + _PIXELS[mode])
    (extended,) = struct.unpack_from(order + "i", head, 92)
    first, step = _HEADER + max(extended, 0), rows * columns * dtype.itemsize
    if first + sections * step > opened.size:
        raise truncated(opened.path, f"{sections} sections of {rows} x {columns} pixels do not fit")
    cell = _cell(opened, order)
    unset = cell is not None and (cell.y_nm, cell.x_nm) == (_UNSET_NM, _UNSET_NM)
    scales = tuple(s for s in (None if unset else cell, _fei_header(opened, order, extended)) if s)
    notes = (_UNSET_NOTE,) if unset else ()
    shape = (rows, columns)
    return [
        Frame(shape, partial(read_plane, opened.path, dtype, first + k * step, shape), scales, 0, notes)
        for k in range(sections)
    ]


def _byte_order(opened: OpenFile) -> str:
    """The order in which the three sizes make sense."""
    for order in "<>":
        sizes = struct.unpack_from(order + "3i", opened.head, 0)
        if all(0 < size <= MAX_SIDE for size in sizes):
            return order
    raise UnreadableError(opened.path, "no MRC header: its sizes make no sense", "Export the image again")


def _cell(opened: OpenFile, order: str) -> Scale | None:
    """Cell edge in Å over the number of grid intervals; zeros mean unset."""
    grid = struct.unpack_from(order + "3i", opened.head, 28)
    cell = struct.unpack_from(order + "3f", opened.head, 40)
    if not all(g > 0 for g in grid[:2]) or not all(c > 0 for c in cell[:2]):
        return None
    return scale_or_none("header cell / grid", cell[1] / grid[1] / 10, cell[0] / grid[0] / 10)


def _fei_header(opened: OpenFile, order: str, extended: int) -> Scale | None:
    """Pixel size in metres, 12th number of the extended header of old FEI files (1024 x 128 bytes)."""
    if extended != 131072 or len(opened.head) < _HEADER + 48:
        return None
    (metres,) = struct.unpack_from(order + "f", opened.head, _HEADER + 44)
    return scale_or_none("FEI extended header", None, metres * 1e9) if 0 < metres < 1e-3 else None
