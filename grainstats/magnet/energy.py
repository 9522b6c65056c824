"""Moment, magnetisation and stored energy of a magnet."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from grainstats.magnet.cells import Cells
from grainstats.magnet.current_sheets import loop_mutual_inductance

NEAR = 20  #: edges apart from which rectangles act as points, to 1e-6
FLATTEST = 1e-6  #: edge over edge: flatter rectangles are lines


def magnetic_moment(cells: Cells, j: np.ndarray) -> float:
    """A m²: the sum of current times enclosed area; exact for what the cells carry."""
    per_j = np.pi / 3 * (cells.r_edges[1:] ** 3 - cells.r_edges[:-1] ** 3) * cells.dz
    return float((j * per_j).sum())


def stored_energy(cells: Cells, j: np.ndarray) -> float:
    """Joule: half the sum over pairs of cells of both currents times their mutual inductance.

    Cells act as loops at their middle, as far apart as their sections are in the geometric mean.
    """
    current = j * cells.dr * cells.dz
    beside = np.arange(cells.n_r)
    over = cells.disc_offsets[:, None, None] + cells.steps * cells.dz
    apart = mean_distance(beside[:, None] * cells.dr, over, cells.dr, cells.dz)[
        :, np.abs(beside[:, None] - beside)
    ]
    mutual = loop_mutual_inductance(cells.radius[:, None, None], cells.radius[:, None], apart)
    return float((current * cells.act(cells.transform(mutual), current)).sum() / 2)


def mean_distance(beside: ArrayLike, over: ArrayLike, width: float, height: float) -> np.ndarray:
    """Geometric mean distance of two equal upright rectangles whose middles lie `beside` and `over` apart.

    All in one unit (Grover, Inductance Calculations, 1946, chapter 3).

    >>> print(f"{mean_distance(0, 0, 1, 1):.4f} {mean_distance(0, 1, 1, 1):.4f}")
    0.4470 1.0065
    """
    x, y = np.broadcast_arrays(np.asarray(beside, float), np.asarray(over, float))
    far = np.array(np.hypot(x, y))
    size = max(width, height)
    near = far < NEAR * size
    edges = max(width / size, FLATTEST), max(height / size, FLATTEST)
    total = sum(
        a * b * _fourth_integral(x[near] / size + k * edges[0], y[near] / size + m * edges[1])
        for k, a in ((-1, 1), (0, -2), (1, 1))
        for m, b in ((-1, 1), (0, -2), (1, 1))
    )
    far[near] = size * np.exp(total / (edges[0] * edges[1]) ** 2)
    return far


def _fourth_integral(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of the logarithm of the distance, twice over x and twice over y."""
    x, y = np.abs(x), np.abs(y)
    square = x**2 + y**2
    log = np.log(np.where(square > 0, square, 1.0))
    turned = x**2 * np.arctan2(y, x) + y**2 * np.arctan2(x, y)
    return np.asarray((6 * x**2 * y**2 - x**4 - y**4) * log / 48 + x * y * turned / 6 - 25 / 48 * x**2 * y**2)
