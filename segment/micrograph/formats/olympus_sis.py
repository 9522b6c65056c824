"""Olympus SIS TIFF: tag 33560 in metres, on the second page; the first page is a rendered preview."""

from typing import Any

from segment.micrograph.open_file import Frame, OpenFile, stated_as
from segment.micrograph.tiffpages import image_pages, page_frames

NAME = "olympus_sis"

_TAG = 33560  #: private TIFF tag of Olympus SIS


def recognises(opened: OpenFile) -> bool:
    """The vendor's tag on one of the first two pages."""
    return opened.is_tiff and any(_TAG in page.tags for page in image_pages(opened)[:2])


def frames(opened: OpenFile) -> list[Frame]:
    """The pages with the tag, each with its own size; untagged previews are left out and noted."""
    pages = image_pages(opened)
    tagged = [page for page in pages if _TAG in page.tags]
    notes = (f"{len(pages) - len(tagged)} preview page left out",) if len(tagged) < len(pages) else ()
    found: list[Frame] = []
    for page in tagged:
        facts: Any = page.tags.valueof(_TAG)
        facts = facts if isinstance(facts, dict) else {}
        scales = stated_as("tag 33560", facts.get("pixelsizey"), facts.get("pixelsizex"), "m")
        found += page_frames(opened, [page], scales=scales, notes=notes)
    return found
