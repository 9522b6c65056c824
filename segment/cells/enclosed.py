"""Small closed outlines inside a grain, such as rings of pits, that are no grains of their own."""

from __future__ import annotations

import cv2
import numpy as np

from segment.label_edges import pairs_beside

SMALL = 0.1  #: of the typical area (`typical_area`), below which a cell with one neighbour is a part of it
ROUNDS = 3  #: rings within rings


def typical_area(area: np.ndarray) -> float:
    """Area that halves the total: cells as large as this, or larger, cover half of it; 0 without any.

    Parameters
    ----------
    area : ndarray, shape (n,)

    Examples
    --------
    >>> typical_area(np.array([100, 100, 1, 1, 1, 1]))
    100.0
    """
    ordered = np.sort(area)
    total = np.cumsum(ordered)
    return float(ordered[np.searchsorted(total, total[-1] / 2)]) if ordered.size and total[-1] else 0.0


def merge_enclosed(labels: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Join small cells that touch one grain only, and no frame, to that grain.

    In a section three grains meet at a point: a cell within a single grain is the outline of a pit, a
    particle or a stain.  Island grains exist, hence the limit in size.

    Parameters
    ----------
    labels : ndarray of int32, shape (rows, columns)
        1 ... n, 0 for none; changed in place.
    valid : ndarray of bool, optional
        A cell at the edge of what is valid is cut, and stays.

    Returns
    -------
    ndarray of int32
        `labels`, numbered anew in the order of their first pixels.

    Examples
    --------
    >>> labels = np.ones((40, 40), np.int32)
    >>> labels[:, 20:] = 2
    >>> labels[8:12, 8:12] = 3
    >>> np.unique(merge_enclosed(labels)).tolist()
    [1, 2]
    """
    from segment.cells.watershed import number_cells

    for _ in range(ROUNDS):
        n = int(labels.max(initial=0))
        into = _only_neighbours(labels, valid, n)
        area = np.bincount(labels.ravel(), minlength=n + 1)
        small = (into > 0) & (area < SMALL * typical_area(area[1:]))
        if not small.any():
            break
        group = np.where(small, into, np.arange(n + 1)).astype(np.int32)
        group = np.where(small & small[group] & (group > np.arange(n + 1)), np.arange(n + 1), group)
        labels = number_cells(labels, group[group].astype(np.int32))
    return labels


def _only_neighbours(labels: np.ndarray, valid: np.ndarray | None, n: int) -> np.ndarray:
    """By label, the one cell that it touches; 0 where there are none or more, or it is cut by the frame."""
    pairs = pairs_beside(labels)
    pairs = pairs[(pairs > 0).all(axis=1)]
    low, high = np.full(n + 1, n + 1), np.zeros(n + 1, np.int64)
    for here, there in (pairs.T, pairs.T[::-1]):
        np.minimum.at(low, here, there)
        np.maximum.at(high, here, there)
    only = np.where(low == high, high, 0)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        only[edge] = 0
    if valid is not None and not valid.all():
        only[labels[cv2.erode(valid.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0]] = 0
    only[0] = 0
    return only
