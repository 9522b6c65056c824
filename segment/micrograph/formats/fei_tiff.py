"""Thermo Fisher / FEI TIFF: tags 34680, 34682 (INI text) and 34683 (XML), pixel size in metres."""

from __future__ import annotations

import re
from typing import Any

from segment.micrograph.source import Frame, OpenFile, Scale, scale_or_none
from segment.micrograph.tiffpages import image_pages, page_frames

NAME = "fei_tiff"

_XML = 34683
_PIXEL_XML = re.compile(r"<(?:\w+:)?PixelSize>\s*<X[^>]*>([^<]+)</X>\s*<Y[^>]*>([^<]+)</Y>", re.IGNORECASE)


def recognises(opened: OpenFile) -> bool:
    """One of the vendor's private tags."""
    tiff = opened.tiff
    return tiff is not None and (tiff.is_fei or _XML in tiff.pages.first.tags)


def frames(opened: OpenFile) -> list[Frame]:
    """Pages with the scale of the scanning beam; a navigation camera has none."""
    assert opened.tiff is not None
    facts: dict[str, Any] = opened.tiff.fei_metadata or {}
    rows = image_pages(opened)[0].imagelength
    columns = image_pages(opened)[0].imagewidth
    scales = (*_scales(facts, columns), *_xml_scale(opened))
    notes = () if scales else _why_no_scale(facts)
    return page_frames(opened, scales=scales, info_bar_rows=_info_bar(facts, rows), notes=notes)


def _section(facts: dict[str, Any], name: str) -> dict[str, Any]:
    value = facts.get(name)
    return value if isinstance(value, dict) else {}


def _scales(facts: dict[str, Any], columns: int) -> tuple[Scale, ...]:
    """[Scan], then the section that [Beam] names, then the field width over the columns."""
    beam = _section(facts, "Beam")
    found: list[Scale | None] = []
    for name in dict.fromkeys(["Scan", str(beam.get("Scan", "EScan")), "EScan"]):
        section = _section(facts, name)
        found.append(
            scale_or_none(
                f"[{name}] PixelWidth", _nm(section.get("PixelHeight")), _nm(section.get("PixelWidth"))
            )
        )
    beam_name = str(beam.get("Beam", "EBeam"))
    width = _nm(_section(facts, beam_name).get("HFW"))
    found.append(scale_or_none(f"[{beam_name}] HFW / columns", None, width / columns if width else None))
    return tuple(s for s in found if s)


def _nm(metres: object) -> float | None:
    return float(metres) * 1e9 if isinstance(metres, int | float) else None


def _xml_scale(opened: OpenFile) -> tuple[Scale, ...]:
    """BinaryResult/PixelSize of the XML that newer instruments write, in metres."""
    assert opened.tiff is not None
    value = opened.tiff.pages.first.tags.valueof(_XML, "")
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    match = _PIXEL_XML.search(text)
    if not match:
        return ()
    x, y = (float(group) * 1e9 for group in match.groups())
    scale = scale_or_none("XML PixelSize", y, x)
    return (scale,) if scale else ()


def _info_bar(facts: dict[str, Any], rows: int) -> int | None:
    """Height of the data bar; 0 where the stored rows are those of the scan, so no bar was saved."""
    scanned = _section(facts, "Image").get("ResolutionY")
    height = _section(facts, "PrivateFei").get("DatabarHeight")
    if isinstance(scanned, int) and 0 < scanned <= rows and rows - scanned < rows // 2:
        return rows - scanned
    return height if isinstance(height, int) and 0 < height < rows // 2 else None


def _why_no_scale(facts: dict[str, Any]) -> tuple[str, ...]:
    beam = str(_section(facts, "Beam").get("Beam", ""))
    return (f"image of the {beam or 'navigation'} camera: it states no pixel size",)
