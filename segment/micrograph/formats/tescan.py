"""TESCAN: tag 50431 or a ``-tif.hdr`` beside the image; PixelSizeX/Y in metres, ImageStripSize in rows."""

import re
from collections.abc import Iterator
from pathlib import Path

from segment.micrograph.formats import pixels
from segment.micrograph.length_units import length, number
from segment.micrograph.micrograph import PixelSizeSource
from segment.micrograph.open_file import Frame, OpenFile, stated, stated_as
from segment.micrograph.sidecar import decode, read_text, sidecar

NAME = "tescan"

_COLUMNS, _ROWS = ("ImageWidth", "ImageSizeX", "Width"), ("ImageHeight", "ImageSizeY", "Height")

_TAG = 50431  #: private TIFF tag of TESCAN
_KEYS = "PixelSizeX|PixelSizeY|ImageStripSize|ViewFieldX?|Image(?:Width|Height|SizeX|SizeY)|Width|Height"
_ENTRY = re.compile(rf"^\s*({_KEYS})[ \t]*=[ \t]*([^\r\n\0]*?)\s*$", re.MULTILINE)


def recognises(opened: OpenFile) -> bool:
    """The vendor's tag, or its header file."""
    if opened.is_tiff and _TAG in opened.tiff.pages.first.tags:
        return True
    header = _header_file(opened)
    return header is not None and "PixelSizeX" in read_text(header) and pixels.holds_pixels(opened)


def _header_file(opened: OpenFile) -> Path | None:
    suffix = opened.path.suffix.lower().lstrip(".")
    return sidecar(opened.path, f"-{suffix}.hdr", ".hdr")


def frames(opened: OpenFile) -> list[Frame]:
    """The image with what tag and header file state, the tag first."""
    stated = [(dict(_ENTRY.findall(text)), where) for text, where in _texts(opened)]
    strips = [rows for facts, _ in stated if (rows := number(facts.get("ImageStripSize", ""))) is not None]
    strip = int(strips[0]) if strips else None

    def scales(shape: tuple[int, int]) -> list[pixels.Stated]:
        return [scale for facts, where in stated for scale in _scales(facts, where, shape)]

    return pixels.with_scale(opened, scales, lambda shape: strip)


def _scales(
    facts: dict[str, str], where: PixelSizeSource, shape: tuple[int, int]
) -> tuple[pixels.Stated, ...]:
    """PixelSizeX/Y, for the stated size of the image where there is one; then the field width."""
    of_y, of_x = facts.get("PixelSizeY"), facts.get("PixelSizeX")
    y, x = length(of_y, "m"), length(of_x, "m")
    sides = [[n for key in keys if (n := number(facts.get(key, "")))] for keys in (_COLUMNS, _ROWS)]
    size = tuple(int(found[0]) for found in sides if found)
    square = x is not None and (y is None or abs(y - x) <= 1e-6 * x)
    if len(size) == 2 and size[0] != shape[1] and x is not None:
        if not square:
            return (pixels.for_others("PixelSizeX", size, shape[::-1], "what was done to it?"),)
        return pixels.as_stored("PixelSizeX", x, size, shape, where)
    field = length(facts.get("ViewField") or facts.get("ViewFieldX"), "m")
    width = field / shape[1] if field else None
    said = stated_as("PixelSizeX", of_y, of_x, "m", source=where)
    return said + stated("ViewField / columns", None, width, where)


def _texts(opened: OpenFile) -> Iterator[tuple[str, PixelSizeSource]]:
    """Text of the tag (binary around an INI file) and of the header file, with their kind of source."""
    if opened.is_tiff and _TAG in opened.tiff.pages.first.tags:
        raw = opened.tiff.pages.first.tags.valueof(_TAG)
        yield (decode(raw) if isinstance(raw, bytes) else str(raw)), "metadata"
    header = _header_file(opened)
    if header is not None:
        yield read_text(header), "sidecar"
