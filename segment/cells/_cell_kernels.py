"""Compiled loops over the pixels of cells, and over the seeds of fine ones (`segment.cells.recutting`)."""

import numba
import numpy as np

from segment.cells.watershed import meet, root


@numba.njit(cache=True, nogil=True)
def label_boxes(labels: np.ndarray, n: int) -> np.ndarray:
    """First row, end of rows, first column, end of columns of the labels 0 ... n; 0 where there is none."""
    rows, columns = labels.shape
    boxes = np.zeros((n + 1, 4), np.int64)
    for y in range(rows):
        for x in range(columns):
            box = boxes[labels[y, x]]
            if box[1] == 0:
                box[0], box[2] = y, x
            box[1], box[2], box[3] = y + 1, min(box[2], x), max(box[3], x + 1)
    return boxes


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
def points_in_first(
    labels: np.ndarray, y: np.ndarray, x: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Points of a circle around each place in the cell of its first; 0 where it is not two cells' alone."""
    found = np.zeros(y.size, np.int64)
    for k in range(y.size):
        first = labels[y[k] + rows[0], x[k] + columns[0]]
        before, same, changes, known = first, 0, 0, True
        for i in range(rows.size):
            here = labels[y[k] + rows[i], x[k] + columns[i]]
            same += here == first
            changes += here != before
            known = known and here != 0
            before = here
        if known and changes + (before != first) == 2:
            found[k] = same
    return found


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

    Where two seeds meet, the rule is that of the flood (`segment.cells.watershed`).
    """
    parent = np.arange(bottom.size).astype(np.int32)
    for k in range(pairs.shape[0]):
        meet(parent, bottom, area, pairs[k, 0], pairs[k, 1], lowest_pass[k], persistence, least_px)
    for k in range(parent.size):
        parent[k] = root(parent, k)
    return parent
