"""Slices that are repeated, blank or unlike their neighbours."""

from __future__ import annotations

import numpy as np

from segment.volume.phases import MAD_TO_SD

SAMPLE = 4  #: every so many pixels are compared
UNLIKE = 6.0  #: robust standard deviations of the difference to both neighbours
MOST_NAMED = 8  #: numbers in one warning


def slice_defects(values: np.ndarray) -> tuple[str, ...]:
    """Name the slices of a grey stack that look wrong; numbers begin at 1.

    Repeated: equal to the slice before, which noise makes impossible.  Blank: one grey level.  Damaged: much
    further from both its neighbours than slices usually are.

    Examples
    --------
    >>> stack = np.random.default_rng(0).random((6, 16, 16))
    >>> stack[3] = stack[2]
    >>> slice_defects(stack)
    ('slices that repeat the one before: 4',)
    """
    blank, repeated, step = [], [], [np.nan]
    for k, image in enumerate(values):
        if np.ptp(image) == 0:
            blank.append(k)
        elif k and np.array_equal(image, values[k - 1]):
            repeated.append(k)
        if k:
            step.append(_difference(image, values[k - 1]))
    damaged = [k for k in _odd(np.array(step)) if k not in blank]
    found = {
        "slices that repeat the one before": repeated,
        "blank slices": blank,
        "slices unlike both neighbours, damaged perhaps": damaged,
    }
    return tuple(f"{what}: {numbered(slices)}" for what, slices in found.items() if slices)


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


def numbered(slices: list[int]) -> str:
    """Slices by their numbers from 1."""
    return listed([k + 1 for k in slices])


def listed(numbers: list[int]) -> str:
    """The first of some numbers."""
    return ", ".join(map(str, numbers[:MOST_NAMED])) + ", ..." * (len(numbers) > MOST_NAMED)
