"""Slices that are missing, blank, repeated or unlike their neighbours."""

from collections.abc import Collection, Sequence

import numpy as np

from segment.errors import UnreadableError
from segment.volume.phases import MAD_TO_SD

_SAMPLE = 4  #: every so many pixels are compared
_UNLIKE = 6.0  #: robust standard deviations of the difference to both neighbours
MOST_MISSING = 3  #: slices away from one that shows something may a place be filled with it
_MOST_NAMED = 8  #: numbers in one warning
FILLED = "blank slices, whose places are filled with a neighbour"  #: how their warning begins


def slice_defects(values: np.ndarray, blank: Sequence[int]) -> tuple[str, ...]:
    """Name the slices of a grey stack that look wrong; numbers begin at 1.

    Repeated: equal to the slice before, which noise makes impossible.  Blank: one grey level.  Damaged: much
    further from both its neighbours than slices usually are.
    """
    after = range(1, len(values))
    repeated = [k for k in after if k not in blank and np.array_equal(values[k], values[k - 1])]
    step = [np.nan, *(_difference(values[k], values[k - 1]) for k in after)]
    damaged = [k for k in _odd(np.array(step)) if k not in blank]
    found = {
        "slices that repeat the one before": repeated,
        FILLED: blank,
        "slices unlike both neighbours, damaged perhaps": damaged,
    }
    return tuple(f"{what}: {slice_numbers(slices)}" for what, slices in found.items() if slices)


def blank_slices(values: np.ndarray) -> list[int]:
    """Indices of the slices of one grey level."""
    return [k for k, image in enumerate(values) if image.min() == image.max()]


def without_blanks(values: np.ndarray, blank: Sequence[int], source: str) -> np.ndarray:
    """The stack with the nearest other slice in place of each `blank` one, which would break the register.

    `UnreadableError`: too many of them in a row.
    """
    if not blank:
        return values
    shown = set(range(len(values))) - set(blank)
    out = np.array(values)
    for k in blank:
        out[k] = values[nearest_slice(source, k, shown)]
    return out


def nearest_slice(source: object, place: int, there: Collection[int]) -> int:
    """The slice that takes a place. `UnreadableError`: none is near enough."""
    for distance in range(MOST_MISSING + 1):
        for near in (place - distance, place + distance):
            if near in there:
                return near
    raise UnreadableError(
        str(source),
        f"more than {2 * MOST_MISSING} slices in a row are missing around number {place + 1}",
        "Give the whole stack, or the two parts as two volumes",
    )


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    """One minus the correlation of two slices, thinned out."""
    a, b = (np.asarray(s[::_SAMPLE, ::_SAMPLE], np.float32) for s in (a, b))
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return 1.0 - float((a * b).sum()) / size if size > 0 else 1.0


def _odd(step: np.ndarray) -> list[int]:
    """Slices whose difference to the one before and the one after are both far beyond the usual."""
    usual = float(np.nanmedian(step))
    spread = MAD_TO_SD * float(np.nanmedian(np.abs(step - usual)))
    limit = usual + _UNLIKE * max(spread, 0.1 * usual)
    high = step > limit
    return [k for k in range(1, len(step) - 1) if high[k] and high[k + 1]]


def slice_numbers(slices: Sequence[int]) -> str:
    """Slices by their numbers from 1."""
    return listed([k + 1 for k in slices])


def listed(numbers: Sequence[int]) -> str:
    """The first of some numbers."""
    return ", ".join(map(str, numbers[:_MOST_NAMED])) + ", ..." * (len(numbers) > _MOST_NAMED)
