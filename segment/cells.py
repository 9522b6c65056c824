"""Closed cells from a boundary probability, or from a hand tracing."""

from __future__ import annotations

import cv2
import numpy as np

from segment.borders import Borders, find_borders, join_borders

TRACING_HALF_WIDTH = 32.0  #: thickest half line, in pixels, that is still divided at its middle


def cut_cells(
    probability: np.ndarray, persistence: float, min_area_px: int, mask: np.ndarray | None
) -> np.ndarray:
    """Watershed cells, those smaller than `min_area_px` merged across their weakest border.

    Returns
    -------
    ndarray of int32, shape of `probability`
        1 ... n in the order of first pixels; 0 outside `mask`.
    """
    from segment.watershed import persistence_watershed

    labels = persistence_watershed(probability, persistence, mask)
    return merge_small(labels, probability, min_area_px)


def merge_small(labels: np.ndarray, probability: np.ndarray, min_area_px: int) -> np.ndarray:
    """Merge each cell of fewer pixels than `min_area_px` into the neighbour behind its weakest border.

    A small cell without a neighbour stays.  `labels` is written to and returned.
    """
    area = _areas(labels)
    if not ((area[1:] < min_area_px) & (area[1:] > 0)).any():
        return labels
    cell = np.arange(area.size, dtype=np.int32)
    borders = find_borders(labels, probability)
    while True:
        target = _weakest_neighbour(borders, area, min_area_px)
        if not target:
            break
        step = _join(target, area.size)
        cell = step[cell]
        area = np.bincount(step, area, area.size)
        borders = join_borders(borders, step)
    return apply_lookup(labels, contiguous(cell))


def apply_lookup(labels: np.ndarray, lookup: np.ndarray) -> np.ndarray:
    """``labels = lookup[labels]`` in place, by rows."""
    for row in labels:
        np.take(lookup, row, out=row)
    return labels


def contiguous(cell: np.ndarray) -> np.ndarray:
    """Renumber the values of `cell` (0 stays 0) to 1 ... n in their own order."""
    used = np.zeros(int(cell.max(initial=0)) + 1, bool)
    used[cell] = True
    used[0] = False
    number = np.cumsum(used, dtype=np.int32)
    number[0] = 0
    numbered: np.ndarray = number[cell]
    return numbered


def split_tracing(lines: np.ndarray, min_area_px: int) -> np.ndarray:
    """Cells between traced lines, each line divided along its middle.

    Parameters
    ----------
    lines : ndarray of bool, shape (rows, columns)
        True on a traced boundary.
    min_area_px : int
        Smaller gaps between lines belong to the lines.

    Returns
    -------
    ndarray of int32, shape (rows, columns)
        1 ... n without a gap; all 0 where the lines leave no cell.
    """
    from segment.watershed import LEVELS, persistence_watershed

    count, pieces, facts, _ = cv2.connectedComponentsWithStats((~lines).astype(np.uint8), connectivity=4)
    tiny = facts[:, cv2.CC_STAT_AREA] < min_area_px
    tiny[0] = True
    if tiny[:count].all():
        return np.zeros(lines.shape, np.int32)
    wall = tiny[pieces].astype(np.uint8)
    del pieces
    depth = cv2.distanceTransform(wall, cv2.DIST_L2, 5)
    np.minimum(depth / np.float32(TRACING_HALF_WIDTH), 1.0, out=depth)
    return persistence_watershed(depth, 1 / LEVELS)


def _areas(labels: np.ndarray) -> np.ndarray:
    """Pixels per label, by blocks (bincount copies to int64)."""
    n = int(labels.max(initial=0)) + 1
    area = np.zeros(n, np.int64)
    for first in range(0, labels.shape[0], 512):
        area += np.bincount(labels[first : first + 512].ravel(), minlength=n)
    return area


def _weakest_neighbour(borders: Borders, area: np.ndarray, min_area_px: int) -> dict[int, int]:
    """For each small cell the neighbour behind the border of least confidence."""
    both = np.concatenate([borders.pairs, borders.pairs[:, ::-1]])
    confidence = np.concatenate([borders.confidence, borders.confidence])
    small = area[both[:, 0]] < min_area_px
    both, confidence = both[small], confidence[small]
    order = np.lexsort((both[:, 1], confidence, both[:, 0]))
    cells, first = np.unique(both[order, 0], return_index=True)
    return dict(zip(cells.tolist(), both[order[first], 1].tolist(), strict=True))


def _join(target: dict[int, int], size: int) -> np.ndarray:
    """Lookup that sends every cell to the lowest label among those it is joined with."""
    lookup = np.arange(size, dtype=np.int32)

    def root(cell: int) -> int:
        while lookup[cell] != cell:
            cell = int(lookup[cell])
        return cell

    for cell, into in target.items():
        a, b = root(cell), root(into)
        lookup[max(a, b)] = min(a, b)
    while not np.array_equal(lookup, lookup[lookup]):
        lookup = lookup[lookup]
    return lookup
