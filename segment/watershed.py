"""Watershed of a boundary probability, its catchment basins merged by persistence while they are flooded.

Flooding rises level by level from the minima of the probability (Meyer 1991; first in, first out within a
level, so that a thick ridge is divided in its middle).  Where two basins meet at level *s*, the shallower has
persisted for *s* minus the level of its minimum; below the threshold it is absorbed by the deeper one.  The
result is that of a watershed seeded by the minima whose dynamics (Grimaud 1992) reach the threshold, the
h-minima, in one pass.
"""

from __future__ import annotations

import numba
import numpy as np

LEVELS = 1024  #: steps of probability that are told apart
WALL = LEVELS  #: level of pixels that are never flooded
UNSEEN, LAST = -2, -1  #: in `following`: not yet queued; end of a queue


def persistence_watershed(
    probability: np.ndarray, persistence: float, mask: np.ndarray | None = None, min_area_px: int = 1
) -> np.ndarray:
    """Cells of a probability map, each around a minimum that persists.

    Parameters
    ----------
    probability : ndarray of float32, shape (rows, columns)
        0 ... 1; high on boundaries.
    persistence : float
        Least rise of probability from a cell's minimum to the lowest pass into a cell with a deeper minimum.
    mask : ndarray of bool, shape (rows, columns), optional
        False where there is no cell; nothing floods across.
    min_area_px : int
        Least number of pixels below a cell's lowest pass.  A smaller one is merged across that pass, and
        stays where it has no neighbour.

    Returns
    -------
    ndarray of int32, shape (rows, columns)
        1 ... n in the order of the cells' first pixels, 4-connected; 0 outside `mask`.
    """
    return nested_watershed(probability, persistence, persistence, mask, min_area_px)[0]


def nested_watershed(
    probability: np.ndarray,
    fine: float,
    coarse: float,
    mask: np.ndarray | None = None,
    min_area_px: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Cells at two persistences from one flood; every coarse cell is a union of fine ones.

    Returns
    -------
    labels : ndarray of int32, shape (rows, columns)
        The fine cells, as of `persistence_watershed`.
    group : ndarray of int32, shape (n + 1,)
        By fine label, one fine label that stands for its coarse cell.
    """
    least_fine, least_coarse = (max(round(value * (LEVELS - 1)), 1) for value in (fine, max(coarse, fine)))
    levels = _walled_levels(probability, mask)
    labels = np.zeros(levels.shape, np.int32)
    fine_of, coarse_of = _flood(
        levels.reshape(-1), labels.reshape(-1), levels.shape[1], least_fine, least_coarse, min_area_px
    )
    del levels
    group = _number(labels.reshape(-1), fine_of, coarse_of)
    return np.ascontiguousarray(labels[1:-1, 1:-1]), group


def _walled_levels(probability: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Probability in integer levels within a wall one pixel thick, so that no neighbour lies outside."""
    levels = np.full((probability.shape[0] + 2, probability.shape[1] + 2), WALL, np.uint16)
    for row, values in enumerate(probability):
        step = np.clip(values, 0, 1) * np.float32(LEVELS - 1) + np.float32(0.5)
        levels[row + 1, 1:-1] = step if mask is None else np.where(mask[row], step, WALL)
    return levels


@numba.njit(cache=True, nogil=True)
def _root(parent: np.ndarray, basin: int) -> int:
    while parent[basin] != basin:
        parent[basin] = parent[parent[basin]]
        basin = parent[basin]
    return basin


@numba.njit(cache=True, nogil=True)
def _may_start(levels: np.ndarray, i: int, width: int) -> bool:
    """No lower neighbour, and no equal one above or to the left: true once or more in every minimum."""
    level = levels[i]
    if level >= WALL or levels[i - 1] <= level or levels[i - width] <= level:
        return False
    return bool(levels[i + 1] >= level and levels[i + width] >= level)


@numba.njit(cache=True, nogil=True)
def _starts(levels: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels that may start a basin, sorted by level, and where each level ends among them."""
    end = np.zeros(LEVELS + 1, np.int64)
    for i in range(width, levels.size - width):
        if _may_start(levels, i, width):
            end[levels[i] + 1] += 1
    for level in range(LEVELS):
        end[level + 1] += end[level]
    chosen = np.empty(end[LEVELS], np.int32)
    for i in range(width, levels.size - width):
        if _may_start(levels, i, width):
            chosen[end[levels[i]]] = i
            end[levels[i]] += 1
    return chosen, end[:LEVELS]


@numba.njit(cache=True, nogil=True)
def _meet(tree: np.ndarray, i: int, j: int, level: int, least: int, min_area: int) -> None:
    """Two basins touch at `level`: unite them where the shallower or the smaller does not count.

    `tree` holds, by basin, the basin that absorbed it, the level of its minimum and its area so far.
    """
    parent, bottom, area = tree[0], tree[1], tree[2]
    here, there = _root(parent, i), _root(parent, j)
    if here == there:
        return
    shallow = level - max(bottom[here], bottom[there]) < least
    if shallow or min(area[here], area[there]) < min_area:
        into = here if bottom[here] <= bottom[there] else there
        other = here + there - into
        parent[other] = into
        area[into] += area[other]


@numba.njit(cache=True, nogil=True)
def _flood(
    levels: np.ndarray, labels: np.ndarray, width: int, fine: int, coarse: int, min_area: int
) -> tuple[np.ndarray, np.ndarray]:
    """Flood from all minima; write basins into `labels`, return what absorbed each at both persistences."""
    chosen, end = _starts(levels, width)
    trees = np.zeros((2, 3, chosen.size + 1), np.int32)
    following = np.full(levels.size, UNSEEN, np.int32)
    first = np.full(LEVELS, LAST, np.int32)
    last = np.full(LEVELS, LAST, np.int32)
    steps = np.array([-width, -1, 1, width])
    basins, position = 0, 0
    for level in range(LEVELS):
        while True:
            i = first[level]
            if i == LAST:
                while position < end[level] and following[chosen[position]] != UNSEEN:
                    position += 1
                if position == end[level]:
                    break
                i = chosen[position]
                basins += 1
                for tree in trees:
                    tree[0, basins], tree[1, basins] = basins, level
                labels[i] = basins
                following[i] = LAST
            else:
                first[level] = following[i]
            here = _root(trees[0, 0], labels[i])
            labels[i] = here
            trees[0, 2, here] += 1
            trees[1, 2, _root(trees[1, 0], here)] += 1
            for step in steps:
                j = i + step
                if levels[j] >= WALL:
                    continue
                if following[j] == UNSEEN:
                    up = max(levels[j], level)
                    labels[j] = here
                    following[j] = LAST
                    if first[up] == LAST:
                        first[up] = j
                    else:
                        following[last[up]] = j
                    last[up] = j
                elif levels[j] <= level and labels[j] != here:
                    there = _root(trees[0, 0], labels[j])
                    labels[j] = there
                    if there != here:
                        _meet(trees[1], here, there, level, coarse, min_area)
                        _meet(trees[0], here, there, level, fine, min_area)
                        here = _root(trees[0, 0], here)
    return trees[0, 0, : basins + 1], trees[1, 0, : basins + 1]


@numba.njit(cache=True, nogil=True)
def _number(labels: np.ndarray, fine_of: np.ndarray, coarse_of: np.ndarray) -> np.ndarray:
    """Replace basins by 1 ... n in the order of first appearance; return the coarse group of each."""
    number = np.zeros(fine_of.size, np.int32)
    group = np.zeros(fine_of.size + 1, np.int32)
    stands = np.zeros(fine_of.size, np.int32)
    found = 0
    for i in range(labels.size):
        if labels[i] > 0:
            basin = _root(fine_of, labels[i])
            if number[basin] == 0:
                found += 1
                number[basin] = found
                whole = _root(coarse_of, basin)
                if stands[whole] == 0:
                    stands[whole] = found
                group[found] = stands[whole]
            labels[i] = number[basin]
    return group[: found + 1]
