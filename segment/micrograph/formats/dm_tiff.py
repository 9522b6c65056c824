"""TIFF exported by Gatan DigitalMicrograph: unit in tags 65003/65004, pixel size in 65009/65010."""

from __future__ import annotations

from segment.micrograph.length_units import not_an_image, to_nm
from segment.micrograph.open_file import Frame, OpenFile, stated
from segment.micrograph.refusals import not_real_space
from segment.micrograph.sidecar import decode
from segment.micrograph.tiffpages import page_frames

NAME = "gatan_tiff"

_UNIT_X, _UNIT_Y, _SIZE_X, _SIZE_Y = 65003, 65004, 65009, 65010


def recognises(opened: OpenFile) -> bool:
    """Both private tags of the x axis."""
    tiff = opened.tiff
    return tiff is not None and _UNIT_X in tiff.pages.first.tags and _SIZE_X in tiff.pages.first.tags


def frames(opened: OpenFile) -> list[Frame]:
    """Pages with the calibration of the first one."""
    assert opened.tiff is not None
    tags = opened.tiff.pages.first.tags
    unit_x, unit_y = (
        decode(unit) if isinstance(unit, bytes) else str(unit)
        for unit in (tags.valueof(_UNIT_X), tags.valueof(_UNIT_Y, tags.valueof(_UNIT_X)))
    )
    if reason := not_an_image(unit_x, unit_y):
        raise not_real_space(opened.path, reason)
    size_x = tags.valueof(_SIZE_X)
    scales = stated("tags 65009/65010", to_nm(tags.valueof(_SIZE_Y, size_x), unit_y), to_nm(size_x, unit_x))
    return page_frames(opened, scales=scales)
