"""Opening a TIFF file: its chain of pages is followed to the end before anything is read."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from segment.errors import UnreadableError
from segment.micrograph.refusals import truncated

if TYPE_CHECKING:
    from tifffile import TiffFile

MAX_PAGES = 100_000  #: more is a loop of pages


@contextmanager
def quiet_tifffile() -> Iterator[None]:
    """Keep tifffile's log off standard error: what it reports is checked here and said in our words."""
    log = logging.getLogger("tifffile")
    before = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = before


def open_tiff(path: Path) -> TiffFile:
    """Open a TIFF file after following its chain of pages to the end.

    `UnreadableError`: truncated, or the chain of pages is damaged.
    """
    import tifffile

    check_page_chain(path)
    with quiet_tifffile():
        try:
            return tifffile.TiffFile(path)
        except (tifffile.TiffFileError, ValueError, struct.error, IndexError, KeyError) as error:
            raise UnreadableError(
                path, f"a damaged TIFF file ({error})", "Export it again as an uncompressed TIFF"
            ) from error


def check_page_chain(path: Path) -> None:
    """Follow the offsets from page to page; a file cut short, or one that runs in circles, is refused."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        big = head[2:4] in (b"+\0", b"\0+")
        count_format, offset_format, entry = ("Q", "Q", 20) if big else ("H", "I", 12)
        width, step = struct.calcsize(count_format), struct.calcsize(offset_format)
        if len(head) < (16 if big else 8):
            raise truncated(path, "it ends inside the TIFF header")
        (offset,) = struct.unpack_from(order + offset_format, head, 8 if big else 4)
        seen: set[int] = set()
        while offset:
            if offset in seen or len(seen) >= MAX_PAGES:
                raise UnreadableError(path, "the TIFF's list of pages runs in circles", "Export it again")
            seen.add(offset)
            file.seek(offset)
            raw = file.read(width)
            if len(raw) < width:
                raise truncated(path, f"page {len(seen)} of the TIFF begins behind the end of the file")
            (count,) = struct.unpack(order + count_format, raw)
            end = offset + width + entry * count
            file.seek(end)
            raw = file.read(step)
            if end > size or (len(raw) < step and end != size):
                raise truncated(path, f"it ends inside the tags of TIFF page {len(seen)}")
            offset = struct.unpack(order + offset_format, raw)[0] if len(raw) == step else 0
    if not seen:
        raise UnreadableError(path, "a TIFF header without any page", "Export the image again")
