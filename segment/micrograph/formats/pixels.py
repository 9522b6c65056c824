"""Pixels for formats whose scale stands beside an ordinary picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from segment.micrograph.formats import picture, plain_tiff
from segment.micrograph.open_file import Frame, OpenFile, Scale

_CARRIERS = (plain_tiff, picture)


def holds_pixels(opened: OpenFile) -> bool:
    """A TIFF, PNG, JPEG or BMP."""
    return any(carrier.recognises(opened) for carrier in _CARRIERS)


def with_scale(
    opened: OpenFile,
    scale: Callable[[tuple[int, int]], Scale | Sequence[Scale] | None],
    info_bar: Callable[[tuple[int, int]], int | None],
) -> list[Frame]:
    """Frames of the picture, each with the scale and the info bar for its shape."""
    carrier = next(c for c in _CARRIERS if c.recognises(opened))
    found = []
    for frame in carrier.frames(opened):
        stated = scale(frame.shape)
        scales = () if stated is None else (stated,) if isinstance(stated, Scale) else tuple(stated)
        found.append(replace(frame, scales=scales, info_bar_rows=info_bar(frame.shape)))
    return found


def bar_below(full_size: tuple[int, ...], shape: tuple[int, int]) -> int | None:
    """Rows below a scanned area of `full_size` (columns, rows); None where that says nothing.

    The picture must be stored at the stated width; equal heights do not exclude a bar drawn into the image.
    """
    if len(full_size) < 2 or full_size[0] != shape[1]:
        return None
    rows = shape[0] - full_size[1]
    return rows if 0 < rows < shape[0] // 2 else None
