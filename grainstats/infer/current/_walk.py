"""Compiled loops of this room: boundary points in order, the shortest path, and lines of sight."""

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


@numba.njit(cache=True, nogil=True)
def shortest_path(
    first: np.ndarray,
    neighbour: np.ndarray,
    edge: np.ndarray,
    weight: np.ndarray,
    is_source: np.ndarray,
    is_target: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Length of the shortest path from any source to any target, and its edges (Dijkstra with a binary heap).

    Parameters
    ----------
    first, neighbour, edge : ndarray of int
        Point k has the neighbours ``neighbour[first[k] : first[k + 1]]`` over the edges ``edge[...]``.
    weight : ndarray of float
        Of each edge, >= 0; an infinite one is not passed.
    is_source, is_target : ndarray of bool

    Returns
    -------
    length : float
        inf where there is no path.
    edges : ndarray of int
        From the target back to the source.
    """
    n = first.size - 1
    distance = np.full(n, np.inf)
    came = np.full(n, -1, np.int64)
    came_edge = np.full(n, -1, np.int64)
    heap_key = np.empty(neighbour.size + n + 1)
    heap_point = np.empty(neighbour.size + n + 1, np.int64)
    size = 0
    for k in range(n):
        if is_source[k]:
            distance[k] = 0.0
            heap_key[size], heap_point[size] = 0.0, k
            size += 1
    found = -1
    while size > 0:
        key, here = heap_key[0], heap_point[0]
        size -= 1
        _sift_down(heap_key, heap_point, size)
        if key > distance[here]:
            continue
        if is_target[here]:
            found = here
            break
        for at in range(first[here], first[here + 1]):
            there = neighbour[at]
            length = key + weight[edge[at]]
            if length < distance[there]:
                distance[there] = length
                came[there] = here
                came_edge[there] = edge[at]
                _sift_up(heap_key, heap_point, size, length, there)
                size += 1
    if found < 0:
        return np.inf, np.empty(0, np.int64)
    count, here = 0, found
    while came[here] >= 0:
        count += 1
        here = came[here]
    edges = np.empty(count, np.int64)
    here = found
    for k in range(count):
        edges[k] = came_edge[here]
        here = came[here]
    return distance[found], edges


@numba.njit(cache=True, nogil=True)
def _sift_up(keys: np.ndarray, points: np.ndarray, at: int, key: float, point: int) -> None:
    """Put an entry into the heap, whose free place is `at`."""
    while at > 0:
        above = (at - 1) // 2
        if keys[above] <= key:
            break
        keys[at], points[at] = keys[above], points[above]
        at = above
    keys[at], points[at] = key, point


@numba.njit(cache=True, nogil=True)
def _sift_down(keys: np.ndarray, points: np.ndarray, size: int) -> None:
    """Fill the top of the heap, which was taken, with the entry at `size`."""
    key, point = keys[size], points[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[at], points[at] = keys[below], points[below]
        at = below
    keys[at], points[at] = key, point
