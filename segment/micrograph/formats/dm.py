"""Gatan DigitalMicrograph dm3 and dm4: Calibrations.Dimension of every image, each axis in its own unit."""

import struct
from functools import partial
from pathlib import Path

import numpy as np

from segment.errors import NotAnImageError
from segment.micrograph.formats.dmtags import DmTags, TagValue, read_tags
from segment.micrograph.length_units import not_an_image
from segment.micrograph.open_file import Frame, OpenFile, Scale, stated_as
from segment.micrograph.refusals import not_real_space, truncated
from segment.micrograph.tiffpages import read_plane

NAME = "gatan_dm"

#: NumPy's type by DataType of Gatan's ImageData; 23 is packed RGB
_PIXELS = {1: "i2", 2: "f4", 6: "u1", 7: "i4", 9: "i1", 10: "u2", 11: "u4", 12: "f8", 14: "u1", 23: "u4"}
_PACKED_RGB = 23  #: DataType of RGB in four bytes


def recognises(opened: OpenFile) -> bool:
    """Version 3 or 4 in the first four bytes, and the byte-order flag behind the length."""
    head = opened.head
    if len(head) < 16 or struct.unpack(">I", head[:4])[0] not in (3, 4):
        return False
    at = 8 if head[3] == 3 else 12
    return struct.unpack(">I", head[at : at + 4])[0] in (0, 1)


def frames(opened: OpenFile) -> list[Frame]:
    """Every real image of the file; a stack gives one frame a slice.

    `NotAnImageError`: only spectra, diffraction patterns, 4-D or complex data.
    """
    tags = read_tags(opened.path)
    numbers = sorted({int(key.split(".")[1]) for key in tags.values if key.startswith("ImageList.")})
    indices = (v for k, v in tags.values.items() if k.startswith("Thumbnails.") and k.endswith("ImageIndex"))
    thumbnails = {int(index) + 1 for index in indices if isinstance(index, int)}
    pictures = [n for n in numbers if n not in thumbnails or len(numbers) == 1]
    found: list[Frame] = []
    refused: list[NotAnImageError] = []
    for number in pictures:
        try:
            found += _frames_of_image(opened, tags, f"ImageList.{number}.")
        except NotAnImageError as error:
            refused.append(error)
    if not found:
        raise refused[0] if refused else not_real_space(opened.path, "a file of tags without an image")
    return found


def _frames_of_image(opened: OpenFile, tags: DmTags, prefix: str) -> list[Frame]:
    data = prefix + "ImageData."
    values = tags.values
    sizes = [_whole(values[k]) for d in range(1, 6) if (k := f"{data}Dimensions.{d}") in values]
    units = [str(values.get(f"{data}Calibrations.Dimension.{d}.Units", "")) for d in range(1, len(sizes) + 1)]
    _check_kind(opened, tags, prefix, sizes, units)
    columns, rows = sizes[:2]
    dtype_code = _whole(values[data + "DataType"])
    if dtype_code not in _PIXELS:
        raise not_real_space(opened.path, f"pixels of type {dtype_code} (complex or packed), not an image")
    dtype = np.dtype(tags.byte_order + _PIXELS[dtype_code])
    first, step = tags.arrays[data + "Data"], rows * columns * dtype.itemsize
    n_planes = int(np.prod(sizes[2:], dtype=np.int64))
    if first + n_planes * step > opened.size:
        raise truncated(opened.path, "its pixels lie behind the end of the file")
    load = _load_rgb if dtype_code == _PACKED_RGB else read_plane
    scales = _scales(tags, data, units)
    return [
        Frame((rows, columns), partial(load, opened.path, dtype, first + k * step, (rows, columns)), scales)
        for k in range(n_planes)
    ]


def _whole(value: TagValue) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a count was expected, not {value!r}")
    return value


def _check_kind(opened: OpenFile, tags: DmTags, prefix: str, sizes: list[int], units: list[str]) -> None:
    """Refuse spectra, spectrum images, diffraction patterns and 4-D data by their shape and axes."""
    meta = str(tags.values.get(prefix + "ImageTags.Meta Data.Format", ""))
    if reason := not_an_image(*units):
        raise not_real_space(opened.path, reason)
    if len(sizes) < 2 or min(sizes[:2]) == 1 or meta in ("Spectrum", "Spectrum image"):
        raise not_real_space(opened.path, "a spectrum, not an image")
    if meta in ("Diffraction", "Diffraction image") or len([s for s in sizes if s > 1]) > 3:
        raise not_real_space(opened.path, "a diffraction data set, not an image")


def _scales(tags: DmTags, data: str, units: list[str]) -> tuple[Scale, ...]:
    """Each axis in its own unit: a real file states y in A and x in nm."""
    y, x = (tags.values.get(f"{data}Calibrations.Dimension.{d}.Scale") for d in (2, 1))
    return stated_as("Calibrations.Dimension", y, x, units[1], units[0])


def _load_rgb(path: Path, dtype: np.dtype, offset: int, shape: tuple[int, int]) -> np.ndarray:
    """Packed blue-green-red-alpha words as (rows, columns, 3) RGB."""
    packed = read_plane(path, dtype, offset, shape)
    return packed.view(np.uint8).reshape(*shape, 4)[..., 2::-1]
