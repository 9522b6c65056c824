"""ImageJ TIFF: ``unit`` in the description, pixels per unit in XResolution; without a unit no scale.

ImageJ turns dots per inch, which printers need, into ``unit=cm`` or ``unit=inch``; such a size is no scale.
"""

from typing import Any

from segment.micrograph.length_units import (
    INCH_NM,
    dots_per_inch,
    is_for_printing,
    not_an_image,
    to_nm,
    unit_kind,
)
from segment.micrograph.one_area import Channels, first_of_each_area
from segment.micrograph.open_file import Frame, OpenFile, Scale, stated
from segment.micrograph.pixel_size import UNIT_NM
from segment.micrograph.refusals import not_real_space
from segment.micrograph.tiffpages import X_RESOLUTION, Y_RESOLUTION, image_pages, page_frames

NAME = "imagej_tiff"
_RESOLUTION_UNIT = 296  #: tag; ImageJ writes 1, none, unless its unit is inch or cm
_PER_INCH = {2: 1.0, 3: 2.54}  #: values that other programs write: inch, cm (TIFF 6.0)
_ROUNDED = 5e-3  #: relative; such programs round dots per inch to dots per cm or metre
_AGAIN = "another program saved it after ImageJ: if it was resized there, its pixel size is wrong"
_OF_SCREENS = (72, 96)  #: dots per inch that programs write for unknown
_TYPED = 1e-6  #: relative; a unit typed over dots per inch leaves their number as it was


def recognises(opened: OpenFile) -> bool:
    """ImageJ's description."""
    return opened.is_tiff and bool(opened.tiff.is_imagej)


def frames(opened: OpenFile) -> list[Frame]:
    """Pages, or the planes of a hyperstack, with one scale; of several channels of one area the first."""
    facts: dict[str, Any] = opened.tiff.imagej_metadata or {}
    unit = str(facts.get("unit", ""))
    if reason := not_an_image(unit):
        raise not_real_space(opened.path, reason)
    scales, notes = _scales(opened, unit, str(facts.get("yunit", unit)))
    found = page_frames(opened, scales=scales, notes=notes)
    return found if opened.all_channels else _one_channel(found, facts)


def _one_channel(found: list[Frame], facts: dict[str, Any]) -> list[Frame]:
    """ImageJ's planes run through the channels first, then through slices and times."""
    channels = facts.get("channels", 1)
    if not isinstance(channels, int) or channels < 2 or len(found) % channels:
        return found
    groups = tuple(tuple(range(k, k + channels)) for k in range(0, len(found), channels))
    return first_of_each_area(found, [Channels(groups, facts.get("mode") in ("composite", "color"))])


def _scales(opened: OpenFile, unit_x: str, unit_y: str) -> tuple[tuple[Scale, ...], tuple[str, ...]]:
    tags = image_pages(opened)[0].tags
    resolution = tags.valueof(X_RESOLUTION)
    x, y = _size(resolution, unit_x), _size(tags.valueof(Y_RESOLUTION), unit_y)
    dots = dots_per_inch(x) or dots_per_inch(x and x * INCH_NM, _TYPED)  # 300 a nm are no better
    per_inch = _PER_INCH.get(tags.valueof(_RESOLUTION_UNIT, 1)) if not is_for_printing(x, unit_x) else None
    if per_inch and x:
        dots = dots or dots_per_inch(INCH_NM * resolution[1] / resolution[0] / per_inch, _ROUNDED)
    if dots or is_for_printing(x, unit_x):
        said = f"{dots} dots per inch" if dots else "dots per inch"
        return (), (f"ImageJ's unit {unit_x} comes from {said}, which is for printing: no pixel size taken",)
    found = stated("ImageJ unit / XResolution", y, x)
    if found and per_inch:
        return found, (_AGAIN,)
    if found and (dots := dots_per_inch(x and x * INCH_NM / UNIT_NM, _TYPED)) in _OF_SCREENS:
        return found, (f"exactly {dots} pixels a µm, as where that was typed over an inch: check it",)
    strange = not found and unit_kind(unit_x) != "none"
    return found, (
        f"ImageJ's unit {unit_x!r} with its resolution is no pixel size: not taken",
    ) if strange else ()


def _size(resolution: Any, unit: str) -> float | None:
    """Nanometres a pixel; None for pixels, inches (dots per inch) or no unit."""
    if not resolution or not resolution[0] or not resolution[1]:
        return None
    return to_nm(resolution[1] / resolution[0], unit)
