"""Which points of a square or hexagonal grid are neighbours, and which are once gaps are bridged."""

from __future__ import annotations

import numpy as np

from segment.orientation.orientation_map import OrientationMap
from segment.orientation.raster import fill_gaps


def neighbour_pairs(orientation_map: OrientationMap) -> np.ndarray:
    """Flat indices of every two neighbouring points, shape (n, 2): four neighbours a point, or six."""
    rows, columns = orientation_map.shape
    index = np.arange(rows * columns).reshape(rows, columns)
    pairs = [pairs_along(index, 1), pairs_along(index, 0)]
    if orientation_map.grid == "hexagonal":
        pairs.append(_diagonal(index, orientation_map.first_row_shifted))
    return np.concatenate(pairs)


def pairs_across_gaps(pairs: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Every two points that count and are neighbours, or are parted by a narrow gap only, shape (m, 2).

    `pairs`, shape (n, 2), are flat indices of neighbours.  `counts`, of two or three dimensions, marks points
    with an orientation to be trusted: each of the others stands for the nearest of them.

    >>> counts = np.array([[True, False, True]])
    >>> pairs_across_gaps(np.array([[0, 1], [1, 2]]), counts).tolist()
    [[0, 2]]
    """
    number = np.arange(1, counts.size + 1).reshape(counts.shape)
    nearest, _ = fill_gaps(np.where(counts, number, 0))
    met = nearest.ravel()[pairs]
    return np.asarray(met[(met > 0).all(axis=1) & (met[:, 0] != met[:, 1])] - 1)


def pairs_along(index: np.ndarray, axis: int) -> np.ndarray:
    """Every two neighbours along an axis of an array of indices, shape (n, 2)."""
    n = index.shape[axis]
    return _pairs(index.take(range(n - 1), axis), index.take(range(1, n), axis))


def _pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.stack([first.ravel(), second.ravel()], axis=1)


def _diagonal(index: np.ndarray, first_row_shifted: bool) -> np.ndarray:
    """The second neighbour in the next row: a shifted row's lies to the right, another's to the left."""
    shifted = np.arange(len(index) - 1) % 2 == (0 if first_row_shifted else 1)
    right = _pairs(index[:-1][shifted, :-1], index[1:][shifted, 1:])
    left = _pairs(index[:-1][~shifted, 1:], index[1:][~shifted, :-1])
    return np.concatenate([right, left])
