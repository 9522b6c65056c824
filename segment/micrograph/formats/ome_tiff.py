"""OME-TIFF: PhysicalSizeX/Y with their units (µm where none is written), image by image."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from segment.errors import UnreadableError
from segment.micrograph.length_units import to_nm
from segment.micrograph.open_file import Frame, OpenFile, Scale, scale_or_none
from segment.micrograph.tiffpages import image_pages, page_frames

NAME = "ome_tiff"

_DEFAULT_UNIT = "µm"
_LONGEST_XML = 50_000_000


def recognises(opened: OpenFile) -> bool:
    """OME-XML in the first description."""
    return opened.tiff is not None and bool(opened.tiff.is_ome)


def frames(opened: OpenFile) -> list[Frame]:
    """Pages in their order; each gets the size of the OME image it belongs to."""
    pages = image_pages(opened)
    found: list[Frame] = []
    for scale, n_planes in _images(opened):
        taken = pages[len(found) : len(found) + n_planes]
        found += page_frames(opened, taken, scales=(scale,) if scale else ()) if taken else []
    rest = pages[len(found) :]
    return found + (page_frames(opened, rest) if rest else [])


def _images(opened: OpenFile) -> list[tuple[Scale | None, int]]:
    """(scale, number of planes) of every Image."""
    assert opened.tiff is not None
    text = opened.tiff.pages.first.description
    try:
        if len(text) > _LONGEST_XML or "<!ENTITY" in text:
            raise ElementTree.ParseError("not OME-XML")
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise UnreadableError(
            opened.path, f"its OME-XML is damaged ({error})", "Export it again as OME-TIFF or plain TIFF"
        ) from error
    return [(_scale(p), _n_planes(p)) for p in root.iterfind(".//{*}Pixels")]


def _scale(pixels: ElementTree.Element) -> Scale | None:
    y, x = (
        to_nm(float(pixels.get(f"PhysicalSize{a}", "0")), pixels.get(f"PhysicalSize{a}Unit", _DEFAULT_UNIT))
        for a in "YX"
    )
    return scale_or_none("PhysicalSizeX", y, x)


def _n_planes(pixels: ElementTree.Element) -> int:
    """Z x C x T planes; samples stored together (RGB) are one plane."""
    channel = pixels.find("{*}Channel")
    samples = int(channel.get("SamplesPerPixel", "1")) if channel is not None else 1
    z, c, t = (int(pixels.get(f"Size{a}", "1")) for a in "ZCT")
    return max(z * t * max(c // max(samples, 1), 1), 1)
