"""The compiled loop of `chords`: a jackknife goes through all intercepts once a block."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def product_limit(length: np.ndarray, weight: np.ndarray, whole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ascending lengths of weight > 0 with their mass, not yet of sum 1; the longest counts as whole."""
    n, at_risk, longest = length.size, np.empty(length.size), -1
    total = 0.0
    for i in range(n - 1, -1, -1):
        total += weight[i]
        at_risk[i] = total
        if longest < 0 and weight[i] > 0:
            longest = i
    found, mass, k, survival = np.empty(n), np.empty(n), 0, 1.0
    for i in range(n):
        if weight[i] > 0 and (whole[i] or i == longest):
            left = survival * (1 - min(weight[i] / max(at_risk[i], 1e-300), 1.0))
            found[k], mass[k] = length[i], survival - left
            k, survival = k + 1, left
    return found[:k], mass[:k]
