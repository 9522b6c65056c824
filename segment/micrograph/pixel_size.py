"""Choosing the pixel size: the user's word, then the file's statements in their order of trust."""

from __future__ import annotations

from dataclasses import dataclass

from segment.errors import InputError
from segment.micrograph.length_units import dots_per_inch
from segment.micrograph.micrograph import PixelSizeSource, ScaleConflict
from segment.micrograph.open_file import Scale

CONFLICT = 0.03  #: relative difference above which two sources are flagged
SMALLEST_NM = 1e-3  #: a hundredth of an atom: smaller pixels are a mistaken unit
LARGEST_NM = 1e5  #: 100 µm, the hundredth part of a hand: larger pixels are a mistaken unit
UNIT_NM = 1e3  #: 1 µm, what ImageJ and Bio-Formats fall back to
MOST_STRETCHED = 20.0  #: height : width of a pixel beyond which the size is taken for an error; judgement
SQUARE = 0.005  #: relative difference of height and width below which pixels count as square


@dataclass(frozen=True)
class ChosenScale:
    """The scale that won."""

    #: y_nm, x_nm: pixel height and width; None where no source states them
    y_nm: float | None
    x_nm: float | None
    source: PixelSizeSource
    where: str  #: the winning statement in words; empty for none
    conflicts: tuple[ScaleConflict, ...] = ()

    @property
    def square(self) -> bool:
        """Whether height and width agree within `SQUARE`."""
        if self.y_nm is None or self.x_nm is None:
            return True
        return abs(self.y_nm / self.x_nm - 1) <= SQUARE


def choose_scale(scales: tuple[Scale, ...], manual_nm: float | None = None) -> ChosenScale:
    """The first scale, or the manual one, with every other source that differs by more than 3 %.

    `InputError`: `manual_nm` is not positive.
    """
    if manual_nm is not None:
        if not manual_nm > 0 or manual_nm == float("inf"):
            raise InputError("pixel size", f"{manual_nm} nm is none", "Give a number above 0, in nanometres")
        scales = (Scale("--pixel-size", float(manual_nm), float(manual_nm), "manual"), *scales)
    if not scales:
        return ChosenScale(None, None, "none", "")
    winner = scales[0]
    conflicts = [_conflict(winner, other) for other in scales[1:]]
    return ChosenScale(
        winner.y_nm, winner.x_nm, winner.source, winner.where, tuple(c for c in conflicts if c is not None)
    )


def without_implausible(
    scales: tuple[Scale, ...], manual_nm: float | None = None
) -> tuple[tuple[Scale, ...], tuple[str, ...]]:
    """The scales that a microscope can have, in words why the others are not taken, and doubts at the user's.

    Examples
    --------
    >>> without_implausible((Scale("PixelSizeX", 1e9, 1e9),))
    ((), ('metadata PixelSizeX: 1e+09 nm lies outside 1 pm to 100 µm: not taken',))
    """
    good: list[Scale] = []
    doubts: list[str] = []
    for scale in scales:
        dots = dots_per_inch(scale.x_nm) if scale.source == "metadata" else None
        if not (is_plausible(scale.x_nm) and is_plausible(scale.y_nm)):
            doubts.append(f"{in_words(scale)} lies outside 1 pm to 100 µm: not taken")
        elif dots:
            doubts.append(f"{in_words(scale)} is {dots} dots per inch, which is for printing: not taken")
        else:
            good.append(scale)
    if good and good[0].source == "metadata" and good[0].x_nm == good[0].y_nm == UNIT_NM:
        doubts.append("exactly 1 µm a pixel, which programs also write for unknown: check it")
    if manual_nm is not None and not is_plausible(manual_nm):
        doubts.append(f"--pixel-size {manual_nm:.5g} nm lies outside 1 pm to 100 µm: a mistaken unit?")
    return tuple(good), tuple(doubts)


def is_plausible(nanometres: float) -> bool:
    """Whether a pixel of a micrograph can have this edge."""
    return SMALLEST_NM <= nanometres <= LARGEST_NM


def _conflict(winner: Scale, other: Scale) -> ScaleConflict | None:
    """The axis that differs more decides."""
    ratio = max(other.x_nm / winner.x_nm, other.y_nm / winner.y_nm, key=lambda r: max(r, 1 / r))
    if abs(ratio - 1) <= CONFLICT:
        return None
    return ScaleConflict(in_words(winner), in_words(other), ratio)


def in_words(scale: Scale) -> str:
    """``"metadata [Scan] PixelWidth: 3372.4 nm"``; both sides where the pixel is not square."""
    size = f"{scale.x_nm:.5g} nm"
    if abs(scale.y_nm / scale.x_nm - 1) > SQUARE:
        size = f"{scale.y_nm:.5g} x {scale.x_nm:.5g} nm (height x width)"
    return f"{scale.source} {scale.where}: {size}"
