"""Pages of a TIFF file as frames, with the checks that tell a whole file from a truncated one."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segment.errors import NotAnImageError
from segment.micrograph.colours import doubt_of_inks, is_ramp, rgb_of_paper
from segment.micrograph.open_file import Frame, OpenFile, Scale
from segment.micrograph.open_tiff import quiet_tifffile
from segment.micrograph.refusals import refuse_bomb, truncated
from segment.micrograph.sidecar import decode
from segment.micrograph.upright import ORIENTATION

if TYPE_CHECKING:
    from tifffile import TiffPage

MOST_COMPRESSED = 2000  #: pixel bytes per stored byte, twice what Deflate or LZW can reach
X_RESOLUTION, Y_RESOLUTION = 282, 283  #: tags (TIFF 6.0)
_REDUCED = 1  #: bit of NewSubfileType: a smaller copy (TIFF 6.0)
_MASK = 4  #: bit of NewSubfileType: a transparency mask
_LIGHTNESS_FIRST = ("CIELAB", "ICCLAB", "YCBCR")
_SAMPLES = "{} channels in one page, of which the first is read: export the others as pages of their own"
_JPEG = (6, 7)  #: compressions whose colours the decoder turns into RGB
_TEXT_TYPES = (1, 2, 7)  #: BYTE, ASCII and UNDEFINED: types of a tag that can hold text


def vendor_text(opened: OpenFile, *codes: int, page: TiffPage | None = None) -> str:
    """Text of the private tags of a page, or of the first, whatever code page it is in; empty without them.

    tifffile parses such tags, but drops one with a byte outside cp1252, such as a user name in Chinese: the
    pixel size would be lost in silence.
    """
    if not opened.is_tiff:
        return ""
    form, texts = opened.tiff.tiff, []
    with opened.path.open("rb") as file:
        file.seek((page or opened.tiff.pages.first).offset)
        (n_tags,) = struct.unpack(form.tagnoformat, file.read(form.tagnosize))
        entries = file.read(n_tags * form.tagsize)
        for first in range(0, len(entries) - form.tagsize + 1, form.tagsize):
            code, dtype = struct.unpack_from(form.tagformat1, entries, first)
            count, raw = struct.unpack_from(form.tagformat2, entries, first + 4)
            if code in codes and dtype in _TEXT_TYPES and count > form.tagoffsetthreshold:
                file.seek(struct.unpack(form.offsetformat, raw)[0])
                texts.append(decode(file.read(count)).rstrip("\0"))
    return "\n".join(texts)


def image_pages(opened: OpenFile) -> list[TiffPage]:
    """Top-level pages that hold an image: no thumbnails, masks or zero-sized pages."""
    pages = []
    with quiet_tifffile():
        for index in range(len(opened.tiff.pages)):
            page: Any = opened.tiff.pages[index]
            if hasattr(page, "aspage"):
                page = page.aspage()
            if not page.subfiletype & (_REDUCED | _MASK) and page.imagewidth and page.imagelength:
                pages.append(page)
    if not pages:
        raise NotAnImageError(opened.path, "a TIFF file without a full-size image", "Export the image again")
    return pages


def frames_by_text(
    opened: OpenFile, codes: Sequence[int], frames_of: Callable[[TiffPage, str], list[Frame]]
) -> list[Frame]:
    """Frames of every page by its own text, or by that of the first page where it has none."""
    first = vendor_text(opened, *codes)
    pages = image_pages(opened)
    texts = [vendor_text(opened, *codes, page=page) or first for page in pages]
    return [frame for page, text in zip(pages, texts, strict=True) for frame in frames_of(page, text)]


def page_frames(
    opened: OpenFile,
    pages: list[TiffPage] | None = None,
    *,
    scales: tuple[Scale, ...] = (),
    info_bar_rows: int | None = None,
    notes: tuple[str, ...] = (),
) -> list[Frame]:
    """One frame a page; a plane of an ImageJ stack that has no page of its own is a frame too."""
    found = image_pages(opened) if pages is None else pages
    planes = _planes_without_pages(opened, found)
    if planes is not None:
        return [Frame(shape, load, scales, info_bar_rows, notes) for shape, load in planes]
    for page in found:
        _check_page(opened, page)
    return [
        Frame(
            (page.imagelength, page.imagewidth),
            partial(load_page, page),
            scales,
            info_bar_rows,
            notes + _said_of(page),
            page.tags.valueof(ORIENTATION, 1),
        )
        for page in found
    ]


def _said_of(page: TiffPage) -> tuple[str, ...]:
    """Words on its samples: further channels, or inks of which it is not clear how they are stored."""
    if _holds_channels(page):
        return (_SAMPLES.format(page.samplesperpixel),)
    return doubt_of_inks(_samples(page), inverted=False) if _holds_inks(page) else ()


def _holds_inks(page: TiffPage) -> bool:
    """Whether its samples are four inks or more."""
    separated = getattr(page.photometric, "name", "") == "SEPARATED" and page.samplesperpixel >= 4
    return separated and page.dtype is not None and page.dtype.kind in "uf"


def _samples(page: TiffPage) -> np.ndarray:
    """Pixels as they are stored, samples last."""
    with quiet_tifffile():
        data = page.asarray()
    return np.moveaxis(data, 0, -1) if page.axes.startswith("S") else data


def _holds_channels(page: TiffPage) -> bool:
    """Whether its samples are no colours, but channels or detectors of one area."""
    return page.samplesperpixel > 2 and getattr(page.photometric, "name", "") in ("MINISBLACK", "MINISWHITE")


def _check_page(opened: OpenFile, page: TiffPage) -> None:
    """All strips or tiles of the page lie inside the file, and a picture can be made of them."""
    for offset, length in zip(page.dataoffsets, page.databytecounts, strict=False):
        if offset + length > opened.size:
            raise truncated(opened.path, f"pixels of page {page.index + 1} lie behind the end of the file")
    if not page.dataoffsets or page.imagedepth > 1:
        raise NotAnImageError(
            opened.path, f"page {page.index + 1} holds no plain image", "Export it as an uncompressed TIFF"
        )
    if page.dtype is None or page.dtype.kind not in "buif":
        raise NotAnImageError(
            opened.path, f"pixels of page {page.index + 1} are no real numbers", "Export a real-valued image"
        )
    refuse_bomb(opened.path, page.nbytes, sum(page.databytecounts), MOST_COMPRESSED)
    if (page.is_tiled or page.rowsperstrip < page.imagelength) and 0 in page.databytecounts:
        raise truncated(opened.path, f"page {page.index + 1} has empty strips or tiles")


def load_page(page: TiffPage) -> np.ndarray:
    """Pixels of one page, (rows, columns) or (rows, columns, samples); palettes become RGB."""
    data = _samples(page)
    if _holds_channels(page):
        data = np.ascontiguousarray(data[..., 0])
    photometric = getattr(page.photometric, "name", "")
    if photometric == "PALETTE" and page.colormap is not None:
        return _palette(data, page.colormap)
    if data.dtype == bool:
        data = data.astype(np.uint8) * 255
    if _holds_inks(page):
        return rgb_of_paper(data, inverted=False)
    lightness = photometric in _LIGHTNESS_FIRST and not (photometric == "YCBCR" and page.compression in _JPEG)
    if data.ndim == 3 and lightness:
        return np.ascontiguousarray(data[..., 0])
    if photometric == "MINISWHITE":
        return ~data if data.dtype.kind == "u" else -data
    return data


def _palette(index: np.ndarray, colormap: np.ndarray) -> np.ndarray:
    """Colours of a palette image; of a grey ramp, or one through colours, the levels themselves."""
    table = np.asarray(colormap).T
    table = (table >> 8 if table.max(initial=0) > 255 else table).astype(np.uint8)  # some write 8 bits
    if is_ramp(table):
        return index
    return np.asarray(table[index])


def _planes_without_pages(opened: OpenFile, pages: list[TiffPage]) -> list[Any] | None:
    """Planes of a hyperstack that ImageJ keeps behind one single page, as (shape, loader)."""
    tiff = opened.tiff
    if not tiff.is_imagej or len(pages) != 1:
        return None
    page = pages[0]
    plane = (page.imagelength, page.imagewidth)
    n_planes = int((tiff.imagej_metadata or {}).get("images", 1))
    if n_planes < 2 or page.samplesperpixel != 1 or page.compression != 1:
        return None
    dtype = np.dtype(tiff.byteorder + page.dtype.char) if page.dtype is not None else np.dtype("u1")
    first, step = page.dataoffsets[0], plane[0] * plane[1] * dtype.itemsize
    if first + n_planes * step > opened.size:
        raise truncated(opened.path, f"the ImageJ stack should hold {n_planes} planes")
    offsets = (first + k * step for k in range(n_planes))
    return [(plane, partial(read_plane, opened.path, dtype, offset, plane)) for offset in offsets]


def read_plane(path: Path, dtype: np.dtype, offset: int, shape: tuple[int, int]) -> np.ndarray:
    """One plane of uncompressed pixels, in the machine's byte order; nothing else of the file is read."""
    count = shape[0] * shape[1]
    data = np.fromfile(path, dtype=dtype, count=count, offset=offset)
    if data.size != count:
        raise truncated(path, f"{count} pixels expected, {data.size} found")
    return data.reshape(shape).astype(dtype.newbyteorder("="), copy=False)
