"""Choosing the pixel size: the user's word, then the file's statements in their order of trust."""

import math
from dataclasses import dataclass
from pathlib import Path

from segment.errors import InputError, UnreadableError
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

    winner: Scale | None  #: None where no source states one that a microscope can have
    conflicts: tuple[ScaleConflict, ...]
    doubts: tuple[str, ...]  #: in words, why other scales are not taken, or what is odd with this one

    @property
    def source(self) -> PixelSizeSource:
        """Where the pixel size comes from."""
        return "none" if self.winner is None else self.winner.source

    @property
    def side_nm(self) -> float | None:
        """Edge of the square pixels: the finer one where height and width differ by more than `SQUARE`."""
        if self.winner is None:
            return None
        y, x = self.winner.y_nm, self.winner.x_nm
        return min(y, x) if self.stretched else (y + x) / 2

    @property
    def stretched(self) -> Scale | None:
        """The scale where its pixels are not square."""
        scale = self.winner
        return scale if scale is not None and abs(scale.y_nm / scale.x_nm - 1) > SQUARE else None

    def how_squared(self, path: Path, how: str) -> tuple[str, ...]:
        """In words what becomes of pixels that are not square. `UnreadableError`: of absurd shape."""
        if self.stretched is None:
            return ()
        y, x = self.stretched.y_nm, self.stretched.x_nm
        if max(y / x, x / y) > MOST_STRETCHED:
            said = f"its pixels are said to be {y:.5g} nm high and {x:.5g} nm wide"
            raise UnreadableError(path, said, "Give --pixel-size")
        return (f"pixels of {y:.5g} nm height and {x:.5g} nm width {how} to {min(y, x):.5g} nm squares",)


def choose_scale(scales: tuple[Scale, ...], manual_nm: float | None = None) -> ChosenScale:
    """The manual scale or the first plausible one, with every other source that differs by more than 3 %.

    `InputError`: `manual_nm` is not positive.
    """
    if manual_nm is not None:
        manual_nm = given_size(manual_nm)
    good, doubts = _plausible(scales, manual_nm)
    if manual_nm is not None:
        good.insert(0, Scale("--pixel-size", manual_nm, manual_nm, "manual"))
    conflicts = (_conflict(good[0], other) for other in good[1:])
    return ChosenScale(good[0] if good else None, tuple(c for c in conflicts if c is not None), doubts)


def given_size(nanometres: object) -> float:
    """A pixel size that a user gave, in nanometres; `InputError`: it is no positive, finite number."""
    try:
        value = float(str(nanometres))
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InputError("pixel size", f"{nanometres!r} is none", "Give a number above 0, in nanometres")
    return value


def _plausible(scales: tuple[Scale, ...], manual_nm: float | None) -> tuple[list[Scale], tuple[str, ...]]:
    """The scales that a microscope can have; in words why others are not taken, and doubts at the user's."""
    good: list[Scale] = []
    doubts: list[str] = []
    for scale in (scale for scale in scales if not scale.unread):
        dots = dots_per_inch(scale.x_nm) if scale.source == "metadata" else None
        if not (_is_plausible(scale.x_nm) and _is_plausible(scale.y_nm)):
            doubts.append(f"{_in_words(scale)} lies outside 1 pm to 100 µm: not taken")
        elif dots:
            doubts.append(f"{_in_words(scale)} is {dots} dots per inch, which is for printing: not taken")
        else:
            good.append(scale)
    if not good:
        doubts += [f"{one.where} {one.unread} is no length: not taken" for one in scales if one.unread]
    if good and good[0].source == "metadata" and good[0].x_nm == good[0].y_nm == UNIT_NM:
        doubts.append("exactly 1 µm a pixel, which programs also write for unknown: check it")
    if manual_nm is not None and not _is_plausible(manual_nm):
        doubts.append(f"--pixel-size {manual_nm:.5g} nm lies outside 1 pm to 100 µm: a mistaken unit?")
    return good, tuple(doubts)


def _is_plausible(nanometres: float) -> bool:
    """Whether a pixel of a micrograph can have this edge."""
    return SMALLEST_NM <= nanometres <= LARGEST_NM


def _conflict(winner: Scale, other: Scale) -> ScaleConflict | None:
    """The axis that differs more decides."""
    ratio = max(other.x_nm / winner.x_nm, other.y_nm / winner.y_nm, key=lambda r: max(r, 1 / r))
    if abs(ratio - 1) <= CONFLICT:
        return None
    return ScaleConflict(_in_words(winner), _in_words(other), ratio)


def _in_words(scale: Scale) -> str:
    """``"3372.4 nm (metadata [Scan] PixelWidth)"``; both sides where the pixel is not square."""
    size = f"{scale.x_nm:.5g} nm"
    if abs(scale.y_nm / scale.x_nm - 1) > SQUARE:
        size = f"{scale.y_nm:.5g} x {scale.x_nm:.5g} nm (height x width)"
    return f"{size} ({scale.source} {scale.where})"
