"""What a format module hands over: frames that load late, with every pixel size the file states.

Each module in `segment.micrograph.formats` exposes the same three names: ``NAME``, ``recognises(opened)`` and
``frames(opened)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segment.micrograph.length_units import length, unit_kind
from segment.micrograph.micrograph import PixelSizeSource
from segment.micrograph.open_tiff import open_tiff

if TYPE_CHECKING:
    from tifffile import TiffFile

HDF5 = b"\x89HDF\r\n\x1a\n"  #: first bytes of such a file
HEAD_BYTES = 4096  #: enough for every signature
_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True)
class Scale:
    """One statement of the pixel size."""

    where: str  #: place in the file, in the words of the vendor, e.g. ``"[Scan] PixelWidth"``
    #: y_nm, x_nm: pixel height and width in nanometres, positive and finite where read
    y_nm: float
    x_nm: float
    source: PixelSizeSource = "metadata"  #: "metadata" | "sidecar" | "scalebar" | "manual"
    unread: str = ""  #: what is written there and is no length; the size is NaN then


def stated(
    where: str, y_nm: float | None, x_nm: float | None, source: PixelSizeSource = "metadata"
) -> tuple[Scale, ...]:
    """One `Scale` where both numbers are positive and finite; none where the file leaves one out or zero.

    A missing height is taken as square.
    """
    y_nm = x_nm if y_nm is None else y_nm
    if x_nm is None or y_nm is None or not (0 < x_nm < math.inf and 0 < y_nm < math.inf):
        return ()
    return (Scale(where, float(y_nm), float(x_nm), source),)


def stated_as(
    where: str,
    y: object,
    x: object,
    unit_y: str,
    unit_x: str | None = None,
    source: PixelSizeSource = "metadata",
) -> tuple[Scale, ...]:
    """One `Scale` of numbers or texts in these units, or with what is written where that is no length.

    None and numbers without a unit state nothing; a missing height is taken as square.
    """
    both = [(x, unit_y if unit_x is None else unit_x), (y, unit_y)]
    written = [(value, unit) for value, unit in both if value is not None]
    sides = [length(*one) for one in written]
    if None not in sides:
        return stated(where, sides[-1], sides[0], source) if sides else ()
    value, unit = written[sides.index(None)]
    if unit_kind(unit) == "none" and not isinstance(value, str):
        return ()
    return (Scale(where, math.nan, math.nan, source, f'"{value}" {unit}'.strip()),)


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of a file, not yet loaded."""

    shape: tuple[int, int]  #: (rows, columns) as stored, info bar included
    #: returns the pixels, shape (rows, columns) or (rows, columns, 3 or 4); valid while the file is open
    load: Callable[[], np.ndarray]
    scales: tuple[Scale, ...] = ()  #: what the file states, the most trusted first
    #: rows of the info bar at the bottom; 0 where the file says there is none, None where it says nothing
    info_bar_rows: int | None = None
    notes: tuple[str, ...] = ()
    orientation: int = (
        1  #: the tag of that name: how the pixels want to be shown (`segment.micrograph.upright`)
    )


class OpenFile(ExitStack):
    """A file opened once for all format modules: its first bytes, and its TIFF structure where it has one.

    Handles that the frames load from are entered into it, and closed with it. `all_channels`: channels and
    detectors of one area are all frames; else the first of each area is.
    """

    def __init__(self, path: Path, *, all_channels: bool = False) -> None:
        super().__init__()
        self.path = path
        self.all_channels = all_channels
        with path.open("rb") as file:
            self.head = file.read(HEAD_BYTES)
        self.size = path.stat().st_size

    @property
    def is_tiff(self) -> bool:
        """Whether it begins like a TIFF file, or a BigTIFF."""
        return self.head.startswith(_TIFF_MAGIC)

    @cached_property
    def tiff(self) -> TiffFile:
        """The structure of a TIFF file. `UnreadableError`: its list of pages is damaged."""
        return self.enter_context(open_tiff(self.path))
