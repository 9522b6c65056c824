"""Moment, magnetisation and stored energy of a magnet."""

from __future__ import annotations

import numpy as np

from grainstats.magnet.axis import MU_0
from grainstats.magnet.cells import Cells
from grainstats.magnet.current_sheets import loop_mutual_inductance

#: geometric mean distance of a rectangle from itself over the sum of its edges (Grover 1946)
SECTION = 0.2235


def magnetic_moment(cells: Cells, j: np.ndarray) -> float:
    """A m²: the sum of current times enclosed area; exact for what the cells carry."""
    per_j = np.pi / 3 * (cells.r_edges[1:] ** 3 - cells.r_edges[:-1] ** 3) * cells.dz
    return float((j * per_j).sum())


def stored_energy(cells: Cells, j: np.ndarray) -> float:
    """Joule: half the sum over pairs of cells of both currents times their mutual inductance.

    Cells act as loops at their middle, and on themselves as rings of rectangular section.
    """
    current = j * cells.dr * cells.dz
    height = cells.disc_offsets[:, None] + cells.steps * cells.dz
    own = np.abs(height) < 1e-6 * cells.dz
    apart = np.where(own, cells.dz, height)[:, None, None, :]
    mutual = loop_mutual_inductance(cells.radius[:, None, None], cells.radius[None, :, None], apart)
    there, here = np.nonzero(own)
    level = loop_mutual_inductance(cells.radius[:, None], cells.radius + np.eye(cells.n_r) * cells.dr, 0.0)
    mean_distance = SECTION * (cells.dr + cells.dz)
    np.fill_diagonal(level, MU_0 * cells.radius * (np.log(8 * cells.radius / mean_distance) - 2))
    mutual[there, :, :, here] = level
    return float((current * cells.act(cells.transform(mutual), current)).sum() / 2)
