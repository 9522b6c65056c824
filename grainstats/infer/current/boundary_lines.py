"""Boundaries as polylines: points in order from junction to junction, far enough apart that no pixel
staircase is left in their length.

A boundary's length decides what it carries, and a shortest path seeks out every length that is too small.
The smoothed points of the network lie about a pixel apart and still zigzag by a fraction of it; straight
pieces over `STEP_PX` of them do not.
"""

from dataclasses import dataclass

import numba
import numpy as np

from grainstats.measure.network.graph import BoundaryNetwork

STEP_PX = 6.0  #: longest straight piece; a circle of 15 px radius loses .7 % of its length


@dataclass(frozen=True, eq=False)
class BoundaryLines:
    """All boundaries of a map."""

    point: np.ndarray  #: int: rows of the network's `position`, line after line, ends included
    start: np.ndarray  #: int, shape (n_lines + 1,): line i owns ``point[start[i] : start[i + 1]]``
    segment: np.ndarray  #: int, shape (n_lines,): row of the network's `segments`


def boundary_lines(network: BoundaryNetwork, step_px: float = STEP_PX) -> BoundaryLines:
    """Lines with points about `step_px` apart; the ends, and three points of a closed line, are kept."""
    n, edge = network.position.shape[0], network.edge
    if edge.shape[0] == 0:
        return BoundaryLines(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64))
    degree = np.bincount(edge.ravel(), minlength=n)
    both = np.concatenate([edge, edge[:, ::-1]])
    order = np.argsort(both[:, 0], kind="stable")
    first = np.concatenate([[0], np.cumsum(degree)])
    point, start = _walk_lines(first, both[order, 1], degree != 2)
    # a crack between two corners, the second point of a line, tells its segment
    of_point = np.zeros(n, np.int64)
    of_point[edge.ravel()] = np.repeat(network.edge_segment, 2)
    return _thin(point, start, of_point[point[start[:-1] + 1]], network.position, step_px)


@numba.njit(cache=True, nogil=True)
def _walk_lines(
    first: np.ndarray, neighbour: np.ndarray, is_end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`point` and `start` of `BoundaryLines`; a closed line repeats its first point.

    The neighbours of point k are ``neighbour[first[k] : first[k + 1]]``.  Lines begin and end where `is_end`;
    all other points have two neighbours.
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


def _thin(
    point: np.ndarray, start: np.ndarray, segment: np.ndarray, position: np.ndarray, step_px: float
) -> BoundaryLines:
    """Keep points at about equal distances along each line."""
    count = np.diff(start)
    line = np.repeat(np.arange(count.size), count)
    step = np.concatenate([[0.0], np.hypot(*np.diff(position[point], axis=0).T)])
    step[start[:-1]] = 0.0
    along = np.cumsum(step)
    along -= along[start[:-1]][line]
    total = along[start[1:] - 1]
    closed = point[start[:-1]] == point[start[1:] - 1]
    pieces = np.maximum(np.round(total / step_px), np.where(closed, 3, 1))
    part = np.floor(along / np.maximum(total, 1e-9)[line] * pieces[line] + 1e-9).astype(np.int64)
    keep = np.concatenate([[True], (np.diff(part) > 0) | (np.diff(line) > 0)])
    keep[start[1:] - 1] = True
    new_start = np.concatenate([[0], np.cumsum(np.bincount(line[keep], minlength=count.size))])
    return BoundaryLines(point[keep], new_start, segment)
