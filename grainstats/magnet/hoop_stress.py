"""Tension in a disc that its own trapped field pulls outwards.

The force on the current, J B_z in a unit of volume, acts outwards along the radius.  The disc is taken as
elastic and isotropic in plane stress, free at its rim and its bore, with the force averaged over its
thickness.  Its equilibrium is integrated in closed form from the force on each ring.  For a long cylinder of
uniform J the largest hoop stress, at its centre, is B0² / mu0 (7 + 5 nu) / 24.
"""

from __future__ import annotations

import numpy as np

from grainstats.magnet.cells import Cells

POISSON = 0.3  #: ratio of a brittle ceramic, assumed; the largest hoop stress changes by 1 % in .02 of it


def largest_hoop_stress(r_edges: np.ndarray, force: np.ndarray, poisson: float = POISSON) -> float:
    """Largest hoop stress of a disc or ring under a radial force, Pa; at its centre or its bore.

    `r_edges`, shape (n + 1,), are the edges of equal rings in metres, the bore or 0 first; `force`, shape
    (n,), acts at their middle, outwards, N/m³.
    """
    r, inner, outer = r_edges, r_edges[0], r_edges[-1]
    width = np.diff(r)
    pushed = np.concatenate([[0.0], np.cumsum(force * width)])  # integral of the force
    # integral of r times it; it is linear within a ring and so exact by Simpson's rule
    middle = (pushed[1:] + pushed[:-1]) / 2
    centre = (r[1:] + r[:-1]) / 2
    moment = np.concatenate(
        [[0.0], np.cumsum(width / 6 * (r[1:] * pushed[1:] + 4 * centre * middle + r[:-1] * pushed[:-1]))]
    )
    safe = np.where(r > 0, r, 1.0)
    lever = np.where(r > 0, moment / safe**2, 0.0)
    rim = pushed[-1] - (1 - poisson) * lever[-1]
    uniform = rim / (1 - (inner / outer) ** 2)
    bored = uniform * inner**2
    hoop = uniform - poisson * pushed - (1 - poisson) * lever + np.where(r > 0, bored / safe**2, 0.0)
    return float(hoop.max())


def hoop_stress_MPa(cells: Cells, j: np.ndarray) -> float:
    """Largest hoop stress over all discs of a stack that carries `j`, A/m², shape (n_discs, n_z, n_r)."""
    _, b_z = cells.field(j)
    force = (j * b_z).mean(axis=1)
    return max(largest_hoop_stress(cells.r_edges, disc) for disc in force) / 1e6
