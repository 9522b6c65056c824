"""Compiled: which points of a cell's outline see each other through the cell."""

from __future__ import annotations

import numba
import numpy as np

STEP = 0.7  #: pixels between the places looked at along a line of sight
NEAR = 1  #: pixels that a line may lie beside the cell: its outline is smooth, the labels are not


@numba.njit(cache=True, nogil=True)
def lines_of_sight(
    position: np.ndarray, point: np.ndarray, start: np.ndarray, owner: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of points of the same cell with nothing but the cell between them.

    Parameters
    ----------
    position : ndarray, shape (n, 2)
    point : ndarray of int
        Cell i has the points ``point[start[i] : start[i + 1]]``.
    start : ndarray of int, shape (n_cells + 1,)
    owner : ndarray of int, shape (n_cells,)
        Its label.
    labels : ndarray of int, shape (rows, columns)

    Returns
    -------
    pairs : ndarray of int, shape (m, 2)
    label : ndarray of int, shape (m,)
    """
    most = 0
    for i in range(owner.size):
        k = start[i + 1] - start[i]
        most += k * (k - 1) // 2
    pairs = np.empty((most, 2), np.int64)
    label = np.empty(most, np.int64)
    found = 0
    for i in range(owner.size):
        for a in range(start[i], start[i + 1]):
            for b in range(a + 1, start[i + 1]):
                if _sees(position, point[a], point[b], labels, owner[i]):
                    pairs[found, 0], pairs[found, 1] = point[a], point[b]
                    label[found] = owner[i]
                    found += 1
    return pairs[:found].copy(), label[:found].copy()


@numba.njit(cache=True, nogil=True)
def _sees(position: np.ndarray, a: int, b: int, labels: np.ndarray, owner: int) -> bool:
    rows, columns = labels.shape
    y0, x0 = position[a, 0], position[a, 1]
    dy, dx = position[b, 0] - y0, position[b, 1] - x0
    n = int(np.ceil(np.hypot(dy, dx) / STEP))
    for k in range(1, n):
        r = min(max(int(np.rint(y0 + dy * k / n)), 0), rows - 1)
        c = min(max(int(np.rint(x0 + dx * k / n)), 0), columns - 1)
        if labels[r, c] == owner:
            continue
        beside = False
        for rr in range(max(r - NEAR, 0), min(r + NEAR + 1, rows)):
            for cc in range(max(c - NEAR, 0), min(c + NEAR + 1, columns)):
                beside = beside or labels[rr, cc] == owner
        if not beside:
            return False
    return True
