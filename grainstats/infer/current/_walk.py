"""Compiled: boundary points in order along every line."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def walk_lines(first: np.ndarray, neighbour: np.ndarray, is_end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points of every line of a graph, in order along it.

    Parameters
    ----------
    first, neighbour : ndarray of int
        The neighbours of point k are ``neighbour[first[k] : first[k + 1]]``.
    is_end : ndarray of bool
        Points at which lines begin and end; all others have two neighbours.

    Returns
    -------
    point : ndarray of int
        Points of all lines, end points included.
    start : ndarray of int, shape (n_lines + 1,)
        Line i owns ``point[start[i] : start[i + 1]]``; a closed line repeats its first point.
    """
    n = first.size - 1
    seen = np.zeros(n, np.bool_)
    point = np.empty(2 * neighbour.size + n + 1, np.int64)
    start = np.empty(neighbour.size + n + 2, np.int64)
    start[0] = 0
    at, lines = 0, 0
    for closed in range(2):
        for k in range(n):
            if closed == 0 and not is_end[k]:
                continue
            if closed == 1 and (is_end[k] or seen[k]):
                continue
            for branch in range(first[k], first[k + 1]):
                here, before = neighbour[branch], k
                if seen[here] or (is_end[here] and here < k):
                    continue
                begin = at
                point[at] = k
                at += 1
                while True:
                    point[at] = here
                    at += 1
                    if is_end[here] or here == k:
                        break
                    seen[here] = True
                    ahead = neighbour[first[here]]
                    if ahead == before:
                        ahead = neighbour[first[here] + 1]
                    before, here = here, ahead
                if at - begin > 1:
                    lines += 1
                    start[lines] = at
                if closed == 1:
                    seen[k] = True
                    break
    return point[:at].copy(), start[: lines + 1].copy()
