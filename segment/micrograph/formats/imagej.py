"""ImageJ TIFF: ``unit`` in the description, pixels per unit in XResolution; without a unit no scale."""

from __future__ import annotations

from typing import Any

from segment.errors import NotAnImageError
from segment.micrograph.length_units import to_nm, unit_kind
from segment.micrograph.open_file import Frame, OpenFile, Scale, scale_or_none
from segment.micrograph.tiffpages import image_pages, page_frames

NAME = "imagej_tiff"

_X_RESOLUTION, _Y_RESOLUTION = 282, 283


def recognises(opened: OpenFile) -> bool:
    """ImageJ's description."""
    return opened.tiff is not None and bool(opened.tiff.is_imagej)


def frames(opened: OpenFile) -> list[Frame]:
    """Pages, or the planes of a hyperstack, with one scale."""
    assert opened.tiff is not None
    facts: dict[str, Any] = opened.tiff.imagej_metadata or {}
    unit = str(facts.get("unit", ""))
    if unit_kind(unit) in ("reciprocal", "angle", "energy"):
        raise NotAnImageError(
            opened.path,
            f"a diffraction pattern or spectrum: the axis is {unit}",
            "Give the real-space image of the specimen instead",
        )
    scale = _scale(opened, unit, str(facts.get("yunit", unit)))
    return page_frames(opened, scales=(scale,) if scale else ())


def _scale(opened: OpenFile, unit_x: str, unit_y: str) -> Scale | None:
    tags = image_pages(opened)[0].tags
    x = _size(tags.valueof(_X_RESOLUTION), unit_x)
    y = _size(tags.valueof(_Y_RESOLUTION), unit_y)
    return scale_or_none("ImageJ unit / XResolution", y, x)


def _size(resolution: Any, unit: str) -> float | None:
    """Nanometres a pixel; None for pixels, inches (dots per inch) or no unit."""
    if not resolution or not resolution[0] or not resolution[1]:
        return None
    return to_nm(resolution[1] / resolution[0], unit)
