"""TIFF exported by Gatan DigitalMicrograph: unit in tags 65003/65004, pixel size in 65009/65010."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segment.micrograph.length_units import not_an_image
from segment.micrograph.open_file import Frame, OpenFile, stated_as
from segment.micrograph.refusals import not_real_space
from segment.micrograph.sidecar import decode
from segment.micrograph.tiffpages import image_pages, page_frames

if TYPE_CHECKING:
    from tifffile import TiffPage
    from tifffile.tifffile import TiffTags

NAME = "gatan_tiff"

_UNIT_X, _UNIT_Y, _SIZE_X, _SIZE_Y = 65003, 65004, 65009, 65010


def recognises(opened: OpenFile) -> bool:
    """Both private tags of the x axis."""
    return opened.is_tiff and {_UNIT_X, _SIZE_X} <= set(opened.tiff.pages.first.tags.keys())


def frames(opened: OpenFile) -> list[Frame]:
    """Pages with their calibration, or that of the first one."""
    first = opened.tiff.pages.first
    return [
        frame
        for page in image_pages(opened)
        for frame in _of_page(opened, page, page.tags if _SIZE_X in page.tags else first.tags)
    ]


def _of_page(opened: OpenFile, page: TiffPage, tags: TiffTags) -> list[Frame]:
    unit_x, unit_y = (
        decode(unit) if isinstance(unit, bytes) else str(unit)
        for unit in (tags.valueof(_UNIT_X), tags.valueof(_UNIT_Y, tags.valueof(_UNIT_X)))
    )
    if reason := not_an_image(unit_x, unit_y):
        raise not_real_space(opened.path, reason)
    size_x = tags.valueof(_SIZE_X)
    scales = stated_as("tags 65009/65010", tags.valueof(_SIZE_Y, size_x), size_x, unit_y, unit_x)
    return page_frames(opened, [page], scales=scales)
