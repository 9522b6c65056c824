"""The compiled loops of `feret` and `perimeter`."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def caliper_widths(
    row: np.ndarray, first: np.ndarray, last: np.ndarray, start: np.ndarray, uy: np.ndarray, ux: np.ndarray
) -> np.ndarray:
    """Extent of each grain's run ends along unit vectors, all three of shape (n_vectors, n_grains)."""
    n_vectors, n = uy.shape
    out = np.empty((n_vectors, n))
    for grain in range(n):
        end = start[grain + 1] if grain + 1 < n else row.size
        for k in range(n_vectors):
            y, x = uy[k, grain], ux[k, grain]
            right, left = (last, first) if x >= 0 else (first, last)
            top, bottom = -np.inf, np.inf
            for run in range(start[grain], end):
                top = max(top, row[run] * y + right[run] * x)
                bottom = min(bottom, row[run] * y + left[run] * x)
            out[k, grain] = top - bottom
    return out


@numba.njit(cache=True, nogil=True)
def crossings(labels: np.ndarray, steps: np.ndarray, n: int) -> np.ndarray:
    """How often seen pixels a step (rows, columns) apart differ, by label 0 ... n - 1, shape (n_steps, n)."""
    rows, columns = labels.shape
    count = np.zeros((steps.shape[0], n), np.int64)
    for r in range(rows):
        for k in range(steps.shape[0]):
            dy, dx = steps[k]
            if r + dy >= rows:
                continue
            for c in range(max(-dx, 0), columns - max(dx, 0)):
                a, b = labels[r, c], labels[r + dy, c + dx]
                if a != b and a >= 0 and b >= 0:
                    count[k, a] += 1
                    count[k, b] += 1
    return count
