"""How large a difference is: Hedges g, Cliff's delta, and the interval of single specimens."""

from __future__ import annotations

from math import lgamma

import numpy as np
from scipy import special


def hedges_g(first: np.ndarray, second: np.ndarray) -> float | None:
    """Standardised mean difference, second minus first, with Hedges' exact small-sample factor (Hedges 1981).

    Parameters
    ----------
    first, second : ndarray, shape (n1,) and (n2,)
        One value per sample, on the scale of the test.

    Returns
    -------
    float or None
        None where there are fewer than two samples in a group or nothing varies.
    """
    if min(first.size, second.size) < 2:
        return None
    df = first.size + second.size - 2
    pooled = ((first.size - 1) * first.var(ddof=1) + (second.size - 1) * second.var(ddof=1)) / df
    if pooled <= 0:
        return None
    factor = np.exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / np.sqrt(df / 2)
    return float(factor * (second.mean() - first.mean()) / np.sqrt(pooled))


def cliffs_delta(first: np.ndarray, second: np.ndarray) -> float:
    """P(second > first) - P(second < first) over all pairs of samples (Cliff 1993): -1 ... 1."""
    return float(np.sign(second[:, None] - first[None, :]).mean())


def specimen_interval(difference: float, images: list[list[np.ndarray]]) -> tuple[float, float] | None:
    """95 % interval of a difference between *these* specimens, from the scatter of their images alone.

    Says nothing about other samples made the same way: the spread between samples is not in it.

    Parameters
    ----------
    difference : float
        Between the group means of the sample summaries.
    images : list (two groups) of list (samples) of ndarray (images)
        Values on the scale of the test.

    Returns
    -------
    (low, high) or None
        None where some sample has fewer than two images.
    """
    parts: list[tuple[float, int]] = []
    for group in images:
        for values in group:
            if values.size < 2:
                return None
            parts.append((float(values.var(ddof=1)) / values.size / len(group) ** 2, values.size - 1))
    total = sum(v for v, _ in parts)
    if total <= 0:
        return None
    df = total**2 / sum(v**2 / d for v, d in parts)
    half = float(special.stdtrit(df, 0.975)) * total**0.5
    return difference - half, difference + half
