"""TESCAN: tag 50431 or a ``-tif.hdr`` beside the image; PixelSizeX/Y in metres, ImageStripSize in rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from segment.micrograph.formats import pixels
from segment.micrograph.micrograph import PixelSizeSource
from segment.micrograph.open_file import Frame, OpenFile, Scale, scale_or_none
from segment.micrograph.sidecar import decode, read_text, sidecar

NAME = "tescan"

_TAG = 50431
_NUMBER = re.compile(r"^\s*(PixelSizeX|PixelSizeY|ImageStripSize)\s*=\s*([-+.\deE]+)", re.MULTILINE)


def recognises(opened: OpenFile) -> bool:
    """The vendor's tag, or its header file."""
    if opened.tiff is not None and _TAG in opened.tiff.pages.first.tags:
        return True
    header = _header_file(opened)
    return header is not None and "PixelSizeX" in read_text(header) and pixels.holds_pixels(opened)


def _header_file(opened: OpenFile) -> Path | None:
    suffix = opened.path.suffix.lower().lstrip(".")
    return sidecar(opened.path, f"-{suffix}.hdr", ".hdr")


def frames(opened: OpenFile) -> list[Frame]:
    """The image with what tag and header file state, the tag first."""
    found: list[Scale] = []
    strip: int | None = None
    for text, where in _texts(opened):
        facts = {key: float(value) for key, value in _NUMBER.findall(text)}
        scale = scale_or_none("PixelSizeX", _nm(facts.get("PixelSizeY")), _nm(facts.get("PixelSizeX")), where)
        found += [scale] if scale else []
        strip = int(facts["ImageStripSize"]) if strip is None and "ImageStripSize" in facts else strip
    return pixels.with_scale(opened, lambda shape: found, lambda shape: strip)


def _texts(opened: OpenFile) -> Iterator[tuple[str, PixelSizeSource]]:
    """Text of the tag (binary around an INI file) and of the header file, with their kind of source."""
    if opened.tiff is not None and _TAG in opened.tiff.pages.first.tags:
        raw = opened.tiff.pages.first.tags.valueof(_TAG)
        yield (decode(raw) if isinstance(raw, bytes) else str(raw)), "metadata"
    header = _header_file(opened)
    if header is not None:
        yield read_text(header), "sidecar"


def _nm(metres: float | None) -> float | None:
    return None if metres is None else metres * 1e9
