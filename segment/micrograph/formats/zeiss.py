"""Zeiss SmartSEM TIFF: tag 34118 (CZ_SEM); the fourth unnamed number is the pixel size at 1024 columns."""

from __future__ import annotations

import math
import re
from functools import partial
from typing import TYPE_CHECKING

from segment.micrograph.formats.pixels import fitted
from segment.micrograph.length_units import number
from segment.micrograph.open_file import Frame, OpenFile, Scale, stated, stated_as
from segment.micrograph.tiffpages import frames_by_text, page_frames, vendor_text

if TYPE_CHECKING:
    from tifffile import TiffPage

NAME = "zeiss_tiff"

REFERENCE_COLUMNS = 1024  #: for which CZ_SEM states its pixel size
_TAG = 34118  #: private TIFF tag of Zeiss
_RESOLUTION = re.compile(r"(\d+)\s*\*\s*(\d+)")


def recognises(opened: OpenFile) -> bool:
    """The private tag of SmartSEM."""
    return bool(vendor_text(opened, _TAG))


def frames(opened: OpenFile) -> list[Frame]:
    """Pages with the calibration; the info bar is burned in and its height is not stated."""
    return frames_by_text(opened, (_TAG,), partial(_of_page, opened))


def _of_page(opened: OpenFile, page: TiffPage, text: str) -> list[Frame]:
    unnamed, named = _parse(text)
    match = _RESOLUTION.search(named.get("dp_image_store", ""))  # ``Store resolution = 1024 * 768``
    stored_at = (int(match[1]), int(match[2])) if match else ()
    columns = stored_at[0] if stored_at else page.imagewidth
    field = next((width.x_nm / columns for width in _named(named, "ap_width") if not width.unread), None)
    scales = (
        *_from_reference(unnamed, columns),
        *_named(named, "ap_image_pixel_size"),
        *stated("ap_width / columns", None, field),
        *_named(named, "ap_pixel_size"),
    )
    scales, notes = fitted(scales, stored_at, page)
    return page_frames(opened, [page], scales=scales, notes=notes)


def _parse(text: str) -> tuple[list[float], dict[str, str]]:
    """Numbers before the first name; by names in capitals, the ``Description = value unit`` below them."""
    unnamed: list[float] = []
    named: dict[str, str] = {}
    name = ""
    for line in map(str.strip, text.splitlines()):
        if name:
            named[name], name = line, ""
            continue
        value = number(line)
        if value is None and (line.isupper() or not (line or unnamed)):
            name = line.lower()
        elif not named:
            unnamed.append(math.nan if value is None else value)
    return unnamed, named


def _from_reference(unnamed: list[float], columns: int) -> tuple[Scale, ...]:
    """The one value that holds at every store resolution; `ap_pixel_size` is off by 2 in real files."""
    if len(unnamed) < 4:
        return ()
    metres = unnamed[3] * REFERENCE_COLUMNS / columns
    return stated(f"CZ_SEM[3] x {REFERENCE_COLUMNS} / columns", None, metres * 1e9)


def _named(named: dict[str, str], name: str) -> tuple[Scale, ...]:
    """An entry such as ``Pixel Size = 2.615 µm``."""
    return stated_as(name, None, named[name].partition("=")[2].strip(), "") if name in named else ()
