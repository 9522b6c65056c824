"""How large a difference is: Hedges g, Cliff's delta, and the interval of single specimens."""

from __future__ import annotations

from math import lgamma

import numpy as np

from grainstats.infer.comparison.tests import from_errors


def hedges_g(first: np.ndarray, second: np.ndarray) -> float | None:
    """Standardised mean difference, second minus first, with Hedges' exact small-sample factor (Hedges 1981).

    Of one value per sample, shapes (n1,) and (n2,), on the scale of the test; None where a group has fewer
    than two samples or nothing varies.
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

    Says nothing about other samples made the same way: the spread between samples is not in it.  `images`:
    values on the scale of the test by group (two), sample and image; None where a sample has fewer than two.
    """
    if any(values.size < 2 for group in images for values in group):
        return None
    squared = [v.var(ddof=1) / v.size / len(group) ** 2 for group in images for v in group]
    found = from_errors(np.array(difference), squared, [v.size - 1 for group in images for v in group])
    low, high = (float(end) for end in found.interval())
    return None if np.isnan(low) else (low, high)
