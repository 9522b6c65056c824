"""FEI TIA series (.ser): each element states its own pixel size in metres."""

import struct
from functools import partial
from typing import BinaryIO

import numpy as np

from segment.errors import NotAnImageError, UnreadableError
from segment.micrograph.open_file import Frame, OpenFile, Scale, stated
from segment.micrograph.refusals import not_real_space, truncated
from segment.micrograph.tiffpages import read_plane

NAME = "tia_ser"

_MAGIC = b"II\x97\x01"
#: type codes of TIA series and their dtypes
_PIXELS = {1: "<u1", 2: "<u2", 3: "<u4", 4: "<i1", 5: "<i2", 6: "<i4", 7: "<f4", 8: "<f8"}
_IMAGES, _SPECTRA = 0x4122, 0x4120
_ELEMENT = struct.Struct("<ddiddihii")
MAX_ELEMENTS = 1_000_000  #: images; more is no header
#: of a calibration: no pixel has so many metres, so that they are 1/m (a lattice of .4 nm has spots at 2.5e9)
_RECIPROCAL = 1e3


def recognises(opened: OpenFile) -> bool:
    """Byte order and series identifier of TIA."""
    return opened.head.startswith(_MAGIC)


def frames(opened: OpenFile) -> list[Frame]:
    """One frame an element. `NotAnImageError`: a series of spectra or of diffraction patterns."""
    with opened.path.open("rb") as file:
        offsets = _element_offsets(opened, file)
        return [_frame(opened, file, offset) for offset in offsets]


def _element_offsets(opened: OpenFile, file: BinaryIO) -> list[int]:
    head = opened.head
    if len(head) < 30:
        raise truncated(opened.path, "it ends inside the series header")
    version, data_type, _, _, valid = struct.unpack_from("<hiiii", head, 4)
    if data_type == _SPECTRA:
        raise NotAnImageError(
            opened.path, "a series of spectra, not an image", "Give the image of the specimen instead"
        )
    if data_type != _IMAGES or not 0 < valid <= MAX_ELEMENTS:
        raise UnreadableError(opened.path, "a TIA series without an image", "Export the image from TIA again")
    code = "<q" if version >= 0x220 else "<i"
    (table,) = struct.unpack_from(code, head, 22)
    size = struct.calcsize(code)
    file.seek(max(table, 0))
    raw = file.read(valid * size)
    if len(raw) < valid * size:
        raise truncated(opened.path, "the list of its images lies behind its end")
    return [offset for (offset,) in struct.iter_unpack(code, raw)]


def _frame(opened: OpenFile, file: BinaryIO, offset: int) -> Frame:
    file.seek(max(offset, 0))
    raw = file.read(_ELEMENT.size)
    if len(raw) < _ELEMENT.size:
        raise truncated(opened.path, "an image of the series lies behind its end")
    _, step_x, _, _, step_y, _, pixel, columns, rows = _ELEMENT.unpack(raw)
    if pixel not in _PIXELS or rows <= 0 or columns <= 0:
        raise NotAnImageError(opened.path, "complex or empty data, no image", "Export a real-valued image")
    if min(abs(step_y), abs(step_x)) > _RECIPROCAL:
        raise not_real_space(opened.path, "a diffraction pattern: the axis is 1/m")
    dtype = np.dtype(_PIXELS[pixel])
    first = offset + _ELEMENT.size
    if first + rows * columns * dtype.itemsize > opened.size:
        raise truncated(opened.path, "pixels of the series lie behind its end")
    load = partial(read_plane, opened.path, dtype, first, (rows, columns))
    return Frame((rows, columns), load, _metres(step_y, step_x), 0)


def _metres(step_y: float, step_x: float) -> tuple[Scale, ...]:
    """TIA leaves 1 (metre) or 0 in an uncalibrated image."""
    if not 0 < abs(step_x) < 1e-2 or not 0 < abs(step_y) < 1e-2:
        return ()
    return stated("element calibration", abs(step_y) * 1e9, abs(step_x) * 1e9)
