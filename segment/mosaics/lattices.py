"""Lattices of equal grains, whose network has known answers."""

from __future__ import annotations

import numpy as np

from segment.mosaics.laguerre import Mosaic

DISORDER = 1e-7  #: of the pitch: corners at which four and more cells meet become triple points of no size


def square_labels(rows: int, columns: int, edge_px: int) -> np.ndarray:
    """Labels 1 ... rows times columns of square grains; int32, shape (rows, columns) times `edge_px`.

    Examples
    --------
    >>> square_labels(2, 2, 1).tolist()
    [[1, 2], [3, 4]]
    """
    number = np.arange(1, rows * columns + 1, dtype=np.int32).reshape(rows, columns)
    return np.kron(number, np.ones((edge_px, edge_px), np.int32))


def hexagon_mosaic(rows: int, columns: int, pitch_px: float) -> Mosaic:
    """Regular hexagons whose centres lie `pitch_px` apart along each row; the window cuts the outermost.

    Examples
    --------
    >>> hexagon_mosaic(4, 4, 20.0).grain_map().n_grains > 16
    True
    """
    r, q = np.mgrid[-3 : rows + 4, -3 : columns + 4]
    centres = np.column_stack([(r * np.sqrt(3) / 2).ravel(), (q + (r % 2) / 2).ravel()]) * pitch_px
    centres += DISORDER * pitch_px * np.random.default_rng(0).random(centres.shape)
    shape = (round(rows * np.sqrt(3) / 2 * pitch_px), round(columns * pitch_px))
    return Mosaic(centres, np.zeros(len(centres)), shape, np.zeros(len(centres), int))
