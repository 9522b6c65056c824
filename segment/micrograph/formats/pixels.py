"""Pixels for formats whose scale stands beside an ordinary picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from segment.micrograph.formats import picture, plain_tiff
from segment.micrograph.micrograph import PixelSizeSource
from segment.micrograph.open_file import Frame, OpenFile, Scale, stated
from segment.micrograph.pixel_size import SQUARE
from segment.micrograph.sidecar import read_text, sidecar

if TYPE_CHECKING:
    from tifffile import TiffPage

_ROUNDING = 1.0  #: rows by which a resized picture may miss the stated proportion
_WITH_BAR = 1.1  #: rows of a picture and its info bar over those of the picture
_CARRIERS = (plain_tiff, picture)
Stated = Scale | str  #: a pixel size, or why there is none


def holds_pixels(opened: OpenFile) -> bool:
    """A TIFF, PNG, JPEG or BMP."""
    return any(carrier.recognises(opened) for carrier in _CARRIERS)


def text_beside(opened: OpenFile) -> str:
    """The ``.txt`` beside a picture; empty where there is none."""
    beside = sidecar(opened.path, ".txt")
    return read_text(beside) if beside is not None and holds_pixels(opened) else ""


def with_scale(
    opened: OpenFile,
    scale: Callable[[tuple[int, int]], Sequence[Stated]],
    info_bar: Callable[[tuple[int, int]], int | None],
) -> list[Frame]:
    """Frames of the picture, each with the scales, notes and info bar for its shape."""
    carrier = next(c for c in _CARRIERS if c.recognises(opened))
    found = []
    for frame in carrier.frames(opened):
        scales, notes = parted(scale(frame.shape))
        found.append(
            replace(frame, scales=scales, notes=frame.notes + notes, info_bar_rows=info_bar(frame.shape))
        )
    return found


def parted(stated: Sequence[Stated]) -> tuple[tuple[Scale, ...], tuple[str, ...]]:
    """Scales, and words."""
    words = tuple(one for one in stated if isinstance(one, str))
    return tuple(one for one in stated if isinstance(one, Scale)), words


def fitted(
    scales: tuple[Scale, ...], size: tuple[int, ...], page: TiffPage
) -> tuple[tuple[Scale, ...], tuple[str, ...]]:
    """Scales that the file states for `size` (columns, rows), and words, where its page may have another."""
    now, read = (page.imagewidth, page.imagelength), [scale for scale in scales if not scale.unread]
    if not read or len(size) < 2 or not all(size) or size[0] == now[0]:
        return scales, ()
    first = read[0]
    if abs(first.y_nm / first.x_nm - 1) > SQUARE:
        return (), (for_others(first.where, size, now, "what was done to it?"),)
    return parted(as_stored(first.where, first.x_nm, size, now[::-1], first.source))


def for_others(where: str, size: tuple[int, ...], now: tuple[int, ...], doubt: str) -> str:
    """Words for a size that holds for a picture of other columns and rows (`size`, `now`)."""
    said, is_now = (f"{columns} x {rows}" for columns, rows in (size[:2], now))
    return f"{where} is for {said} pixels, the picture has {is_now}: {doubt} no size taken, give --pixel-size"


def as_stored(
    where: str, full_nm: float, full_size: tuple[int, ...], shape: tuple[int, int], source: PixelSizeSource
) -> tuple[Stated, ...]:
    """Pixel size of a picture that may have been resized or cropped since its text was written.

    `full_nm` holds for `full_size` (columns, rows; empty where the text states none). A picture of its width,
    or one that was turned, has it. Of another proportion, it was cropped; the size if it were resized
    follows, so that the two are named. Larger, it was resized. A smaller one of the same proportion (a
    bar may stand below) may be either: no size, but words.
    """
    kept = stated(where, None, full_nm, source)
    rows, columns = shape
    whole = len(full_size) < 2 or not all(full_size) or columns == full_size[0] or shape == full_size[:2]
    if not kept or whole:
        return kept
    said, now, side = (
        f"{full_size[0]} x {full_size[1]}",
        f"{columns} x {rows}",
        full_nm * full_size[0] / columns,
    )
    resized = stated(f"{where}, if {said} was resized to {now}", None, side, source)
    cropped = stated(f"{where}, if {said} was cropped to {now}", None, full_nm, source)
    expected = full_size[1] * columns / full_size[0]
    fits = expected - _ROUNDING <= rows <= expected * _WITH_BAR + _ROUNDING
    smaller = columns < full_size[0] and rows <= full_size[1] * _WITH_BAR
    if fits and not smaller:
        return resized
    if smaller and not fits:
        return cropped + resized
    doubt = f"resized ({side:.5g} nm) or cropped ({full_nm:.5g} nm)?" if fits else "what was done to it?"
    return (for_others(where, full_size, (columns, rows), doubt),)


def bar_below(full_size: tuple[int, ...], shape: tuple[int, int]) -> int | None:
    """Rows below a scanned area of `full_size` (columns, rows); None where that says nothing.

    The picture must be stored at the stated width; equal heights do not exclude a bar drawn into the image.
    """
    if len(full_size) < 2 or full_size[0] != shape[1]:
        return None
    rows = shape[0] - full_size[1]
    return rows if 0 < rows < shape[0] // 2 else None
