"""Compiled loops over the pixels of cells: the edges between them (`segment.cells.borders`), their boxes."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def pixel_edges(cells: np.ndarray, probability: np.ndarray, own_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Key (smaller label << 32 | larger) and higher probability of each pixel edge between two cells.

    Edges to the right of, and below, the pixels of the first `own_rows` rows.
    """
    rows, columns = cells.shape
    count = 0
    for fill in range(2):
        if fill == 0:
            key, value = np.empty(0, np.int64), np.empty(0, np.float64)
        else:
            key, value, count = np.empty(count, np.int64), np.empty(count, np.float64), 0
        for y in range(own_rows):
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
