"""Pores and second phases: which are cells of their own, so that their outline stays a boundary.

A boundary runs through a small particle, which therefore just has no grain.  Where a body is as large as a
small grain the grains end at its outline: it is cut as a cell like any other, and then set aside.
"""

from __future__ import annotations

import cv2
import numpy as np

LARGE = 0.1  #: of the mean cell's area, from which a body is a cell of its own
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


def set_aside(cells: np.ndarray, body: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Divide cells into grains and those that are mostly `body`.

    Parameters
    ----------
    cells : ndarray of int32, shape (rows, columns)
        1 ... k, 0 for neither.
    body : ndarray of bool, shape (rows, columns)

    Returns
    -------
    grains : ndarray of int32
        1 ... n, 0 elsewhere.
    bodies : ndarray of int32 or None
        1 ... m, 0 elsewhere; None where there are none.
    """
    n = int(cells.max(initial=0)) + 1
    area, covered = np.bincount(cells.ravel(), minlength=n), np.bincount(cells[body], minlength=n)
    is_body = covered > MOSTLY * area
    is_body[0] = False
    if not is_body.any():
        return cells.copy(), None
    is_grain = ~is_body
    is_grain[0] = False
    grain, number = (np.where(kind, np.cumsum(kind), 0).astype(np.int32) for kind in (is_grain, is_body))
    return grain[cells], number[cells]
