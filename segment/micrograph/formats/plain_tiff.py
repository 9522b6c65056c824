"""Any other TIFF: pixels only; XResolution in dots per inch is no scale."""

from __future__ import annotations

from segment.micrograph.open_file import Frame, OpenFile
from segment.micrograph.tiffpages import page_frames

NAME = "plain_tiff"
_BROKEN = "its OME-XML is damaged: no pixel size taken"


def recognises(opened: OpenFile) -> bool:
    """Any TIFF."""
    return opened.tiff is not None


def frames(opened: OpenFile) -> list[Frame]:
    """All pages, without a scale."""
    assert opened.tiff is not None
    broken = "<OME" in (opened.tiff.pages.first.description or "")
    return page_frames(opened, notes=(_BROKEN,) if broken else ())
