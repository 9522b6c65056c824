"""The compiled loops of measuring: caliper widths of grains, smoothing, the product limit."""

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
def smooth(
    position: np.ndarray, moved: np.ndarray, first: np.ndarray, neighbour: np.ndarray, step: float
) -> None:
    """Write into `moved` each node's position, shifted by `step` of the way to the mean of its neighbours.

    The neighbours of node k are ``neighbour[first[k] : first[k + 1]]``; a node without any stays.
    """
    for k in range(position.shape[0]):
        y, x, count = 0.0, 0.0, first[k + 1] - first[k]
        for at in range(first[k], first[k + 1]):
            y += position[neighbour[at], 0]
            x += position[neighbour[at], 1]
        share = step / max(count, 1)
        moved[k, 0] = position[k, 0] + share * (y - count * position[k, 0])
        moved[k, 1] = position[k, 1] + share * (x - count * position[k, 1])


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
