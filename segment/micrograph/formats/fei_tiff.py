"""Thermo Fisher / FEI / Phenom TIFF: tags 34680, 34682 (PixelWidth, field width) and 34683 (XML), metres."""

from __future__ import annotations

import re
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from segment.micrograph.formats.pixels import fitted
from segment.micrograph.length_units import length, number, to_nm
from segment.micrograph.open_file import Frame, OpenFile, Scale, stated, stated_as
from segment.micrograph.tiffpages import frames_by_text, page_frames, vendor_text

if TYPE_CHECKING:
    from tifffile import TiffPage

NAME = "fei_tiff"

_INI = (34680, 34682)  #: private TIFF tags of FEI
_XML = 34683  #: and of Thermo Fisher
Sections = dict[str, dict[str, str]]
_PHENOM = re.compile(
    r"<(?:\w+:)?pixel(Width|Height)[^>]*unit\s*=\s*[\"']([^\"']+)[\"'][^>]*>\s*([^<]*?)\s*<",
    re.IGNORECASE,
)
_PHENOM_BAR = re.compile(r"<(?:\w+:)?databarHeight[^>]*>\s*(\d+)\s*<", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_UNIT = r"(?:[^>]*?\bunit\s*=\s*[\"']([^\"']*))?[^>]*>"
_SIDE = re.compile(rf"<(?:\w+:)?([XY])\b{_UNIT}([^<]+)<", re.IGNORECASE)


def recognises(opened: OpenFile) -> bool:
    """One of the vendor's private tags."""
    return bool(vendor_text(opened, *_INI, _XML))


def frames(opened: OpenFile) -> list[Frame]:
    """Pages with the scale of the scanning beam; a navigation camera has none."""
    return frames_by_text(opened, (*_INI, _XML), partial(_of_page, opened))


def _of_page(opened: OpenFile, page: TiffPage, text: str) -> list[Frame]:
    facts = _sections(text)
    rows, columns = page.imagelength, page.imagewidth
    resolution = (_number(facts, "Image", key) for key in ("ResolutionX", "ResolutionY"))
    told = [number(value) for value, _ in _xml_sides(text, "ImageSize").values()]
    scanned = tuple(int(side or 0) for side in (told if len(told) == 2 else resolution))
    scales = (*_scales(facts, scanned[0] or columns), *_xml_scales(text, columns), *_phenom_scale(text))
    notes = () if scales else _why_no_scale(facts)
    scales, doubts = fitted(scales, scanned, page)
    known = bool(facts) or all(scanned)
    bar = _info_bar(facts, scanned, (rows, columns)) if known else _phenom_bar(text, rows)
    return page_frames(opened, [page], scales=scales, info_bar_rows=bar, notes=notes + doubts)


def _sections(text: str) -> Sections:
    """``[Section]`` and ``key=value`` lines."""
    found: Sections = {}
    section: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = found.setdefault(line[1:-1], {})
        else:
            key, mark, value = line.partition("=")
            if mark:
                section[key.strip()] = value.strip()
    return found


def _number(facts: Sections, section: str, key: str) -> float | None:
    return number(facts.get(section, {}).get(key, ""))


def _scales(facts: Sections, columns: int) -> tuple[Scale, ...]:
    """[Scan], then the section that [Beam] names, then the field width over the columns."""
    beam = facts.get("Beam", {})
    found: list[Scale] = []
    scans = list(dict.fromkeys(["Scan", beam.get("Scan", "EScan"), "EScan"]))
    for name in scans:
        section = facts.get(name, {})
        found += stated_as(f"[{name}] PixelWidth", section.get("PixelHeight"), section.get("PixelWidth"), "m")
    for name, key in [(beam.get("Beam", "EBeam"), "HFW"), *((scan, "HorFieldsize") for scan in scans)]:
        width = to_nm(_number(facts, name, key), "m")
        found += stated(f"[{name}] {key} / columns", None, width / columns if width else None)
    return tuple(found)


def _xml_sides(text: str, element: str) -> dict[str, tuple[str, str]]:
    """X and Y, value and unit, of an element of the XML that newer instruments write; empty without it."""
    found = re.search(rf"<(?:\w+:)?{element}\b{_UNIT}(.*?)</(?:\w+:)?{element}>", text, re.I | re.S)
    sides = _SIDE.findall(found[2]) if found else []
    return {name.upper(): (value, unit or found[1] or "m") for name, unit, value in sorted(sides) if found}


def _xml_scales(text: str, columns: int) -> tuple[Scale, ...]:
    """PixelSize, then ScanFieldOfView over the columns: another one where these were resized."""
    size, field = (_xml_sides(text, element) for element in ("PixelSize", "ScanFieldOfView"))
    (x, unit_x), (y, unit_y) = (size.get(axis, (None, "")) for axis in "XY")
    width = length(*field["X"]) if "X" in field else None
    return (
        *stated_as("XML PixelSize", y, x, unit_y, unit_x),
        *stated("XML ScanFieldOfView / columns", None, width / columns if width else None),
    )


def _phenom_scale(text: str) -> tuple[Scale, ...]:
    """pixelWidth and pixelHeight of a Phenom desktop SEM; the finest first: its camera is coarser."""
    found: dict[str, list[tuple[str | None, str]]] = {"width": [], "height": []}
    for name, unit, value in _PHENOM.findall(_COMMENT.sub("", text)):
        found[name.lower()].append((value, unit))
    sides = zip_longest(found["height"], found["width"], fillvalue=(None, ""))
    scales = [one for (y, of_y), (x, of_x) in sides for one in stated_as("XML pixelWidth", y, x, of_y, of_x)]
    return tuple(sorted(scales, key=lambda scale: (scale.unread, scale.x_nm)))


def _phenom_bar(text: str, rows: int) -> int | None:
    match = _PHENOM_BAR.search(text)
    height = int(match.group(1)) if match else None
    return height if height is not None and height < rows // 2 else None


def _info_bar(facts: Sections, scanned: tuple[int, ...], shape: tuple[int, int]) -> int | None:
    """Height of the data bar; 0 where the stored rows are those of the scan, so no bar was saved."""
    rows, columns = shape
    height = _number(facts, "PrivateFei", "DatabarHeight")
    if scanned[0] not in (0, columns):
        return None
    if 0 < scanned[1] <= rows and rows - scanned[1] < rows // 2:
        return rows - scanned[1]
    return int(height) if height is not None and 0 < height < rows // 2 else None


def _why_no_scale(facts: Sections) -> tuple[str, ...]:
    if not facts:
        return ("the vendor's XML states no pixel size",)
    if any(name.endswith("Scan") for name in facts):
        return ("its scan states no pixel size",)
    beam = facts.get("Beam", {}).get("Beam", "")
    return (f"image of the {beam or 'navigation'} camera: it states no pixel size",)
