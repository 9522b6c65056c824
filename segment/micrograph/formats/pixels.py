"""Pixels for formats whose scale stands beside an ordinary picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from segment.micrograph.formats import picture, plain_tiff
from segment.micrograph.micrograph import PixelSizeSource
from segment.micrograph.open_file import Frame, OpenFile, Scale, scale_or_none

_ROUNDING = 1.0  #: rows by which a resized picture may miss the stated proportion
_WITH_BAR = 1.1  #: rows of a picture and its info bar over those of the picture
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


def as_stored(
    where: str, full_nm: float, full_size: tuple[int, ...], shape: tuple[int, int], source: PixelSizeSource
) -> tuple[Scale, ...]:
    """Pixel size of a picture that may have been resized or cropped since its text was written.

    Parameters
    ----------
    where : str
    full_nm : float
        Pixel size at `full_size`.
    full_size : tuple of int
        Columns and rows that the text states; empty where it states none.
    shape : tuple of int
        Rows and columns of the picture.
    source : str

    Returns
    -------
    tuple of Scale
        The likelier reading first: resized where the sides have the stated proportion (a bar may stand
        below), else cropped. The other one follows, so that the two are compared and named.
    """
    kept = scale_or_none(where, None, full_nm, source)
    if not full_size or not all(full_size) or full_size[0] == shape[1] or kept is None:
        return (kept,) if kept else ()
    said = " x ".join(map(str, full_size[:2]))
    now = f"{shape[1]} x {shape[0]}"
    side = full_nm * full_size[0] / shape[1]
    resized = scale_or_none(f"{where}, if {said} was resized to {now}", None, side, source)
    cropped = scale_or_none(f"{where}, if {said} was cropped to {now}", None, full_nm, source)
    rows = full_size[1] * shape[1] / full_size[0] if len(full_size) > 1 else shape[0]
    fits = rows - _ROUNDING <= shape[0] <= rows * _WITH_BAR + _ROUNDING
    pair = (resized, cropped) if fits else (cropped, resized)
    return tuple(scale for scale in pair if scale)


def bar_below(full_size: tuple[int, ...], shape: tuple[int, int]) -> int | None:
    """Rows below a scanned area of `full_size` (columns, rows); None where that says nothing.

    The picture must be stored at the stated width; equal heights do not exclude a bar drawn into the image.
    """
    if len(full_size) < 2 or full_size[0] != shape[1]:
        return None
    rows = shape[0] - full_size[1]
    return rows if 0 < rows < shape[0] // 2 else None
