"""Any other TIFF: pixels only; XResolution in dots per inch is no scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segment.micrograph.open_file import Frame, OpenFile
from segment.micrograph.pixel_size import SQUARE
from segment.micrograph.tiffpages import X_RESOLUTION, Y_RESOLUTION, page_frames

if TYPE_CHECKING:
    from tifffile import TiffPage

NAME = "plain_tiff"
_CHECK = "they are no scale, but check the image"
_BROKEN = "its OME-XML is damaged: no pixel size taken"


def recognises(opened: OpenFile) -> bool:
    """Any TIFF."""
    return opened.is_tiff


def frames(opened: OpenFile) -> list[Frame]:
    """All pages, without a scale."""
    first = opened.tiff.pages.first
    broken, stretch = "<OME" in (first.description or ""), _stretch(first)
    oblong = f"its dots per inch make pixels {stretch:.4g} times as high as wide: {_CHECK}"
    return page_frames(opened, notes=(_BROKEN,) * broken + (oblong,) * (abs(stretch - 1) > SQUARE))


def _stretch(page: TiffPage) -> float:
    """Height over width of a pixel by the resolutions; 1 where they say nothing."""
    found = [page.tags.valueof(tag) for tag in (X_RESOLUTION, Y_RESOLUTION)]
    if not all(isinstance(one, tuple) and len(one) == 2 and all(one) for one in found):
        return 1.0
    (x, of_x), (y, of_y) = found
    return float(x * of_y / (y * of_x))
