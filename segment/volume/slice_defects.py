"""Slices that are repeated, blank or unlike their neighbours."""

from __future__ import annotations

import numpy as np

from segment.volume.phases import MAD_TO_SD

SAMPLE = 4  #: every so many pixels are compared
UNLIKE = 6.0  #: robust standard deviations of the difference to both neighbours
MOST_NAMED = 8  #: in one warning


def slice_defects(values: np.ndarray) -> tuple[str, ...]:
    """Name the slices of a grey stack that look wrong; numbers begin at 1.

    Repeated: equal to the slice before, which noise makes impossible.  Blank: one grey level.  Damaged: much
    further from both its neighbours than slices usually are.

    Examples
    --------
    >>> stack = np.random.default_rng(0).random((6, 16, 16))
    >>> stack[3] = stack[2]
    >>> slice_defects(stack)
    ('slice 4 repeats the slice before it',)
    """
    found = []
    repeated, blank = [], []
    step = np.full(len(values), np.nan)
    for k in range(len(values)):
        if np.ptp(values[k]) == 0:
            blank.append(k)
        elif k and np.array_equal(values[k], values[k - 1]):
            repeated.append(k)
        if k:
            step[k] = _difference(values[k], values[k - 1])
    if repeated:
        many = len(repeated) > 1
        found.append(f"{slices_named(repeated)} {'repeat' if many else 'repeats'} the slice before it")
    if blank:
        found.append(f"{slices_named(blank)} {'are' if len(blank) > 1 else 'is'} blank")
    odd = [k for k in _odd(step) if k not in blank]
    if odd:
        found.append(
            f"{slices_named(odd)} {'look' if len(odd) > 1 else 'looks'} damaged: unlike both neighbours"
        )
    return tuple(found)


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    """One minus the correlation of two slices, thinned out."""
    a, b = (np.asarray(s[::SAMPLE, ::SAMPLE], np.float32) for s in (a, b))
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return 1.0 - float((a * b).sum()) / size if size > 0 else 1.0


def _odd(step: np.ndarray) -> list[int]:
    """Slices whose difference to the one before and the one after are both far beyond the usual."""
    usual = float(np.nanmedian(step))
    spread = MAD_TO_SD * float(np.nanmedian(np.abs(step - usual)))
    limit = usual + UNLIKE * max(spread, 0.1 * usual)
    high = step > limit
    return [k for k in range(1, len(step) - 1) if high[k] and high[k + 1]]


def slices_named(slices: list[int]) -> str:
    """Numbers from 1, the first of them where there are many."""
    shown = ", ".join(str(k + 1) for k in slices[:MOST_NAMED])
    more = ", ..." if len(slices) > MOST_NAMED else ""
    return f"{'slices' if len(slices) > 1 else 'slice'} {shown}{more}"
