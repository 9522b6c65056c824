"""Which samples share a page of the report: none grows beyond what mail and browsers carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from grainstats.share.safe_paths import picture_below

PAGE_BYTES = 4_000_000  #: of samples; head, methods and failures come on top, below 5 MB together
SECTION_BYTES = 45_000  #: of a sample without pictures: two charts and its numbers
ROW_BYTES = 400  #: of an image in the list of inputs
MOST_FAILURES = 1500  #: named on the page, some 400 bytes each; all are in the database


@dataclass(frozen=True)
class Part:
    """One page of several.

    Attributes
    ----------
    file : str
        Its name in the output folder.
    first, last : str
        Its first and last sample.
    """

    file: str
    first: str
    last: str


def split(sizes: Sequence[tuple[str, int]], most: int = PAGE_BYTES) -> list[list[str]]:
    """Samples page by page, in their order; one that is too large by itself has a page of its own.

    Examples
    --------
    >>> split([("S1", 3), ("S2", 3), ("S3", 9), ("S4", 1)], most=6)
    [['S1', 'S2'], ['S3'], ['S4']]
    """
    pages: list[list[str]] = []
    room = 0
    for sample_id, size in sizes:
        if not pages or size > room:
            pages.append([])
            room = most
        pages[-1].append(sample_id)
        room -= size
    return pages


def parts_of(pages: Sequence[Sequence[str]], name: str) -> list[Part]:
    """File and range of each page: ``report.html``, ``report-2.html`` ..."""
    stem, _, suffix = name.rpartition(".")
    files = [name if number == 1 else f"{stem}-{number}.{suffix}" for number in range(1, len(pages) + 1)]
    return [Part(file, page[0], page[-1]) for file, page in zip(files, pages, strict=True)]


def pictures_that_fit(
    out: Path, images: pd.DataFrame, most: int = PAGE_BYTES - SECTION_BYTES
) -> pd.DataFrame:
    """The first images whose pictures together fit into one page."""
    total, n = 0, 0
    for size in _picture_bytes(out, images):
        total += size
        if total > most:
            break
        n += 1
    return images.iloc[:n]


def section_bytes(out: Path, images: pd.DataFrame, chosen: pd.DataFrame) -> int:
    """About how large a sample's section is, with the chosen images' pictures."""
    return SECTION_BYTES + ROW_BYTES * len(images) + sum(_picture_bytes(out, chosen))


def _picture_bytes(out: Path, images: pd.DataFrame) -> Iterator[int]:
    """Of each image's two pictures as text in the page (base64)."""
    for artefacts in images["artefacts"]:
        paths = [picture_below(out, artefacts.get(name)) for name in ("view", "layer")]
        yield sum(path.stat().st_size * 4 // 3 for path in paths if path is not None)
