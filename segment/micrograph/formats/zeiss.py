"""Zeiss SmartSEM TIFF: tag 34118 (CZ_SEM); the fourth unnamed number is the pixel size at 1024 columns."""

from __future__ import annotations

from typing import Any

from segment.micrograph.source import Frame, OpenFile, Scale, scale_or_none
from segment.micrograph.tiffpages import image_pages, page_frames
from segment.micrograph.units import to_nm

NAME = "zeiss_tiff"

REFERENCE_COLUMNS = 1024


def recognises(opened: OpenFile) -> bool:
    """The private tag of SmartSEM."""
    return opened.tiff is not None and opened.tiff.is_sem


def frames(opened: OpenFile) -> list[Frame]:
    """Pages with the calibration; the info bar is burned in and its height is not stated."""
    assert opened.tiff is not None
    facts: dict[Any, Any] = opened.tiff.sem_metadata or {}
    columns = image_pages(opened)[0].imagewidth
    found = (
        _from_reference(facts, columns),
        _named(facts, "ap_image_pixel_size"),
        _field_width(facts, columns),
        _named(facts, "ap_pixel_size"),
    )
    return page_frames(opened, scales=tuple(s for s in found if s))


def _from_reference(facts: dict[Any, Any], columns: int) -> Scale | None:
    """The one value that holds at every store resolution; `ap_pixel_size` is off by 2 in real files."""
    unnamed = facts.get("", ())
    if len(unnamed) < 4 or not isinstance(unnamed[3], int | float):
        return None
    metres = unnamed[3] * REFERENCE_COLUMNS / columns
    return scale_or_none(f"CZ_SEM[3] x {REFERENCE_COLUMNS} / columns", None, metres * 1e9)


def _named(facts: dict[Any, Any], name: str) -> Scale | None:
    """An entry such as ``('Pixel Size', 2.615, 'µm')``."""
    entry = facts.get(name, ())
    if len(entry) < 3 or not isinstance(entry[1], int | float):
        return None
    return scale_or_none(name, None, to_nm(entry[1], str(entry[2])))


def _field_width(facts: dict[Any, Any], columns: int) -> Scale | None:
    width = _named(facts, "ap_width")
    return scale_or_none("ap_width / columns", None, width.x_nm / columns) if width else None
