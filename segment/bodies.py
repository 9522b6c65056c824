"""Pores and second phases: which are cells of their own, so that their outline stays a boundary.

A boundary runs through a small particle, which therefore just has no grain.  Where a body is as large as a
small grain the grains end at its outline: it is cut as a cell like any other, and then set aside.
"""

from __future__ import annotations

import cv2
import numpy as np

LARGE = 0.1  #: of the mean cell's area, from which a body is a cell of its own
BLOCK_ROWS = 512  #: handled at a time, so that nothing of the image's size is made besides the answer
MOSTLY = 0.5  #: share of a cell's area that must be body for the cell to be one


def large_bodies(not_grain: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The connected parts of `not_grain` that are larger than `LARGE` of a mean cell of `labels`; bool."""
    n_cells = int(labels.max(initial=0))
    if not n_cells:
        return np.zeros(not_grain.shape, bool)
    mean = np.count_nonzero(labels) / n_cells
    _, part, stats, _ = cv2.connectedComponentsWithStats(not_grain.astype(np.uint8), connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] > LARGE * mean
    large[0] = False
    result: np.ndarray = large[part]
    return result


def set_aside(cells: np.ndarray, body: np.ndarray) -> np.ndarray | None:
    """Take the cells that are mostly `body` out of the cells, which are numbered anew in place.

    Parameters
    ----------
    cells : ndarray of int32, shape (rows, columns)
        1 ... k, 0 for neither; afterwards 1 ... n for those that are left.
    body : ndarray of bool, shape (rows, columns)

    Returns
    -------
    ndarray of int32 or None
        Cells that were taken out, 1 ... m, 0 elsewhere; None where there are none.
    """
    n = int(cells.max(initial=0)) + 1
    blocks = [slice(first, first + BLOCK_ROWS) for first in range(0, len(cells), BLOCK_ROWS)]
    area, covered = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for rows in blocks:
        area += np.bincount(cells[rows].ravel(), minlength=n)
        covered += np.bincount(cells[rows][body[rows]], minlength=n)
    is_body = covered > MOSTLY * area
    is_body[0] = False
    if not is_body.any():
        return None
    is_grain = ~is_body
    is_grain[0] = False
    grain, number = (np.where(kind, np.cumsum(kind), 0).astype(np.int32) for kind in (is_grain, is_body))
    bodies = np.empty_like(cells)
    for rows in blocks:
        bodies[rows] = number[cells[rows]]
        cells[rows] = grain[cells[rows]]
    return bodies
