"""Compiled loops of `segment.cells.recutting`: over the pixels of fine cells, and over their borders."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def survey_pixels(
    cells: np.ndarray, labels: np.ndarray, probability: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Area, lowest probability and map label (of the first pixel) by cell; pixels of another label."""
    area, bottom = np.zeros(n + 1, np.int64), np.ones(n + 1, np.float64)
    parent = np.zeros(n + 1, np.int64)
    strayed = 0
    for y in range(cells.shape[0]):
        for x in range(cells.shape[1]):
            k = cells[y, x]
            if k > 0:
                if area[k] == 0:
                    parent[k] = labels[y, x]
                elif parent[k] != labels[y, x]:
                    strayed += 1
                area[k] += 1
                bottom[k] = min(bottom[k], probability[y, x])
    return area, bottom, parent, strayed


@numba.njit(cache=True, nogil=True)
def survey_edges(cells: np.ndarray, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Key (smaller label << 32 | larger) and higher probability of each pixel edge between two cells."""
    rows, columns = cells.shape
    count = 0
    for fill in range(2):
        if fill == 0:
            key, value = np.empty(0, np.int64), np.empty(0, np.float64)
        else:
            key, value, count = np.empty(count, np.int64), np.empty(count, np.float64), 0
        for y in range(rows):
            for x in range(columns):
                a = cells[y, x]
                for dy, dx in ((0, 1), (1, 0)):
                    if a > 0 and y + dy < rows and x + dx < columns:
                        b = cells[y + dy, x + dx]
                        if b > 0 and b != a:
                            if fill == 1:
                                key[count] = np.int64(min(a, b)) << 32 | np.int64(max(a, b))
                                value[count] = max(probability[y, x], probability[y + dy, x + dx])
                            count += 1
    return key, value


@numba.njit(cache=True, nogil=True)
def absorb(
    pairs: np.ndarray,
    lowest_pass: np.ndarray,
    bottom: np.ndarray,
    area: np.ndarray,
    persistence: int,
    least_px: int,
) -> np.ndarray:
    """By cell, the deepest cell of its seed: borders come in the order in which a flood would reach them.

    Where two seeds meet, the shallower is absorbed if it did not persist, and the smaller if it is too small.
    """
    parent = np.arange(bottom.size)
    for k in range(pairs.shape[0]):
        a, b = _root(parent, pairs[k, 0]), _root(parent, pairs[k, 1])
        if a != b:
            shallow = lowest_pass[k] - max(bottom[a], bottom[b]) < persistence
            if shallow or min(area[a], area[b]) < least_px:
                into, other = (a, b) if bottom[a] <= bottom[b] else (b, a)
                parent[other] = into
                area[into] += area[other]
    for k in range(parent.size):
        parent[k] = _root(parent, k)
    return parent


@numba.njit(cache=True, nogil=True)
def _root(parent: np.ndarray, cell: int) -> int:
    while parent[cell] != cell:
        parent[cell] = parent[parent[cell]]
        cell = parent[cell]
    return cell
