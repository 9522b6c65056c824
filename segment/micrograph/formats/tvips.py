"""TVIPS EM-MENU TIFF: tag 37706, pixel size in nanometres."""

from typing import Any

from segment.micrograph.formats.pixels import fitted
from segment.micrograph.open_file import Frame, OpenFile, stated
from segment.micrograph.tiffpages import image_pages, page_frames

NAME = "tvips_tiff"

_SMALLEST_NM = 1e-6  #: below this the value is in metres


def recognises(opened: OpenFile) -> bool:
    """The vendor's tag."""
    return opened.is_tiff and opened.tiff.is_tvips


def frames(opened: OpenFile) -> list[Frame]:
    """Pages with PixelSizeX/Y of the version 2 header; version 1 states none."""
    facts: dict[str, Any] = opened.tiff.tvips_metadata or {}
    scales = stated("tag 37706 PixelSize", _nm(facts.get("PixelSizeY")), _nm(facts.get("PixelSizeX")))
    size = (facts.get("ImageSizeX", 0), facts.get("ImageSizeY", 0))
    scales, notes = fitted(scales, size, image_pages(opened)[0])
    return page_frames(opened, scales=scales, notes=notes)


def _nm(value: object) -> float | None:
    """The header is in nanometres; older tifffile turned it into metres, which no real nm value resembles."""
    if not isinstance(value, int | float):
        return None
    return value * 1e9 if 0 < value < _SMALLEST_NM else float(value)
