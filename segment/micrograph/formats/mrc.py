"""MRC images and stacks: cell / grid, or the headers of FEI1 and FEI2; 1 Å a pixel means unknown.

Whole numbers (modes 0 and 1) are signed by the standard and unsigned in files of many programs. The wrong
reading makes jumps: the smoother one counts. Where that is not clear, IMOD's flag, the header's range or the
level at which bright parts were cut off says.
"""

import struct
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from segment.errors import NotAnImageError, UnreadableError
from segment.micrograph.grey import CUT, CUT_OVER, rightly_signed
from segment.micrograph.open_file import Frame, OpenFile, Scale, stated
from segment.micrograph.refusals import truncated
from segment.micrograph.tiffpages import read_plane

NAME = "mrc"

_HEADER = 1024  #: bytes, MRC2014
_SUFFIXES = (".mrc", ".mrcs", ".map", ".st", ".ali", ".rec")
#: modes of MRC2014 and their dtypes; 16 is IMOD's RGB, 101 SerialEM's 4 bits
_PIXELS = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2", 16: "u1", 101: "u1"}
_BYTES, _RGB, _NIBBLES = 0, 16, 101
_IMOD = 1146047817  #: "IMOD" at byte 152
_FLAG_SIGNED, _FLAG_NIBBLES = 1, 16  #: bits of its flags: bytes are signed; each holds two 4-bit values
_FEI_HEADERS = (b"FEI1", b"FEI2")
_FEI_SIZE = 156  #: byte of the pixel width, a double in metres, in a section's header; the height follows
_UNSET_NM = 0.1  #: 1 Angstrom a pixel: what writers put who know nothing
_UNSET_NOTE = "the MRC cell says exactly 1 Å per pixel, which programs write for unknown: not taken"
_UNTOLD = "whole numbers read as signed, as by the standard: nothing else tells, check the picture"
MAX_SIDE = 1_000_000  #: pixels; more is no header


def recognises(opened: OpenFile) -> bool:
    """``MAP`` at byte 208, or the suffix (files older than 2000 carry no mark)."""
    return opened.head[208:211] == b"MAP" or opened.path.suffix.lower() in _SUFFIXES


@dataclass(frozen=True)
class Layout:
    """How the sections lie in a file."""

    order: str  #: of the bytes of a number, ``<`` or ``>``
    mode: int
    dtype: np.dtype
    first: int  #: byte at which the first section begins
    shape: tuple[int, int, int]  #: sections, rows, columns
    width: int  #: numbers in a row: as many as columns, but for colours and 4 bits
    halved: bool  #: its header counts bytes of two pixels each as columns
    notes: tuple[str, ...]


def layout(opened: OpenFile) -> Layout:
    """Where the pixels are, and their type. `NotAnImageError`: complex (Fourier) data."""
    head = opened.head
    if len(head) < _HEADER:
        raise truncated(opened.path, "it ends inside the MRC header")
    order = _byte_order(opened)
    columns, rows, sections, mode = struct.unpack_from(order + "4i", head, 0)
    if mode in (3, 4):
        raise NotAnImageError(opened.path, "a Fourier transform, not an image", "Give the image itself")
    if mode not in _PIXELS:
        raise UnreadableError(opened.path, f"MRC mode {mode} is not supported", "Save it as mode 1, 2 or 6")
    stamp, said = struct.unpack_from(order + "2i", head, 152)
    flags = said if stamp == _IMOD else None
    halved = mode == _BYTES and flags is not None and bool(flags & _FLAG_NIBBLES)
    if halved:
        mode, columns = _NIBBLES, 2 * columns
    dtype = np.dtype(order + _PIXELS[mode])
    (extended,) = struct.unpack_from(order + "i", head, 92)
    width = {_RGB: 3 * columns, _NIBBLES: (columns + 1) // 2}.get(mode, columns)
    first = _HEADER + max(extended, 0)
    if first + sections * rows * width * dtype.itemsize > opened.size:
        raise truncated(opened.path, f"{sections} sections of {rows} x {columns} pixels do not fit")
    dtype, why = _sign(opened, order, flags if mode == _BYTES else None, dtype, first, (rows, width))
    return Layout(order, mode, dtype, first, (sections, rows, columns), width, halved, why)


def frames(opened: OpenFile) -> list[Frame]:
    """One frame a section. `NotAnImageError`: complex (Fourier) data."""
    found = layout(opened)
    sections, *shape = found.shape
    cell = _cell(opened, found.order)
    if found.halved:  # of as many columns as bytes, or as pixels
        cell = tuple(replace(one, x_nm=one.y_nm) for one in cell)
    unset = any((one.y_nm, one.x_nm) == (_UNSET_NM, _UNSET_NM) for one in cell)
    scales = (*(() if unset else cell), *_fei_header(opened, found.order, found.first - _HEADER))
    notes = ((_UNSET_NOTE,) if unset else ()) + found.notes
    load = partial(_plane, opened.path, found, (shape[0], shape[1]))
    return [Frame((shape[0], shape[1]), partial(load, k), scales, 0, notes) for k in range(sections)]


def _plane(path: Path, found: Layout, shape: tuple[int, int], k: int) -> np.ndarray:
    """One section: plain numbers, colours, or two pixels in a byte, the first in its low half."""
    offset = found.first + k * shape[0] * found.width * found.dtype.itemsize
    data = read_plane(path, found.dtype, offset, (shape[0], found.width))
    if found.mode == _RGB:
        return data.reshape(*shape, 3)
    if found.mode == _NIBBLES:
        return np.stack([data & 15, data >> 4], -1).reshape(shape[0], -1)[:, : shape[1]]
    return data


def _byte_order(opened: OpenFile) -> str:
    """The order in which the three sizes make sense."""
    for order in "<>":
        sizes = struct.unpack_from(order + "3i", opened.head, 0)
        if all(0 < size <= MAX_SIDE for size in sizes):
            return order
    raise UnreadableError(opened.path, "no MRC header: its sizes make no sense", "Export the image again")


def _sign(
    opened: OpenFile, order: str, flags: int | None, dtype: np.dtype, first: int, shape: tuple[int, int]
) -> tuple[np.dtype, tuple[str, ...]]:
    """Whether whole numbers are signed, and in words why where they are not."""
    if dtype.kind != "i":
        return dtype, ()
    plane = read_plane(opened.path, dtype, first, shape)
    unsigned = plane.view(plane.dtype.str.replace("i", "u"))
    clear = bool(rightly_signed(plane)[1]), bool(rightly_signed(unsigned)[1])
    answers = {
        "their smoothness": clear[1] if any(clear) else None,
        "IMOD's flag": None if flags is None else bool(flags & _FLAG_SIGNED),
        "the range in the header": _range(opened, order, int(np.iinfo(dtype).max)),
        "the level at which they were cut off": _cut_off(unsigned),
    }
    why, signed = next(((w, a) for w, a in answers.items() if a is not None), ("", True))
    if not signed:
        return np.dtype(dtype.str.replace("i", "u")), (f"whole numbers read as unsigned, by {why}",)
    both = CUT < np.count_nonzero(plane < 0) / max(plane.size, 1) < 1 - CUT
    return dtype, (_UNTOLD,) if both and not why else ()


def _range(opened: OpenFile, order: str, largest: int) -> bool | None:
    """Signed or not by the least and largest level in the header; None where these do not tell."""
    low, high = struct.unpack_from(order + "2f", opened.head, 76)
    if 0 <= low <= high and largest < high <= 2 * largest + 1:
        return False
    return True if low < 0 and low <= high <= largest else None


def _cut_off(unsigned: np.ndarray) -> bool | None:
    """Signed or not by the end of the range at which bright levels were cut off; None where neither shows."""
    top = int(np.iinfo(unsigned.dtype).max)
    at = [[np.count_nonzero(unsigned == end - k) for k in (0, 1)] for end in (top, top // 2)]
    ends = [bool(last > max(CUT * unsigned.size, CUT_OVER * next_one)) for last, next_one in at]
    return ends[1] if ends[0] != ends[1] else None


def _cell(opened: OpenFile, order: str) -> tuple[Scale, ...]:
    """Cell edge in Å over the number of grid intervals; 0 and 1 mean unset."""
    grid = struct.unpack_from(order + "3i", opened.head, 28)
    cell = struct.unpack_from(order + "3f", opened.head, 40)
    axes = struct.unpack_from(order + "3i", opened.head, 64)  # of columns, rows, sections
    x, y = (axes[0] - 1, axes[1] - 1) if sorted(axes) == [1, 2, 3] else (0, 1)
    if min(grid[x], grid[y]) <= 1 or not (cell[x] > 0 and cell[y] > 0):
        return ()
    return stated("header cell / grid", cell[y] / grid[y] / 10, cell[x] / grid[x] / 10)


def _fei_header(opened: OpenFile, order: str, extended: int) -> tuple[Scale, ...]:
    """Pixel size in metres: at its place in FEI1 and FEI2 headers, the 12th number in older ones."""
    if opened.head[104:108] in _FEI_HEADERS and extended >= _FEI_SIZE + 16:
        x, y = struct.unpack_from("<2d", opened.head, _HEADER + _FEI_SIZE)
        return stated("FEI extended header", y * 1e9, x * 1e9)
    if extended != 131072 or len(opened.head) < _HEADER + 48:
        return ()
    (metres,) = struct.unpack_from(order + "f", opened.head, _HEADER + 44)
    return stated("FEI extended header", None, metres * 1e9) if metres < 1e-3 else ()
