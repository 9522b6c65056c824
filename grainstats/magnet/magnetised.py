"""A fully magnetised stack, from a current density or from J_c(B): its moment, energy and hoop stress.

The field pulls the disc outwards: J B_z in a unit of volume, along the radius.  The disc is taken as elastic
and isotropic in plane stress, free at its rim and its bore, with the force averaged over its thickness, and
its equilibrium is integrated in closed form from the force on each ring.  For a long cylinder of uniform J
the largest hoop stress, at its centre, is B0² / mu0 (7 + 5 nu) / 24.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from grainstats.magnet.cells import Cells
from grainstats.magnet.current_sheets import axis_field_per_j, loop_mutual_inductance
from grainstats.magnet.jc_laws import CurrentLaw, Table
from grainstats.magnet.self_field import extrapolate, grids, settle
from grainstats.magnet.stack import Stack

_NEAR = 20  #: edges apart from which rectangles act as points, to 1e-6
FLATTEST = 1e-6  #: edge over edge: flatter rectangles are lines
POISSON = 0.3  #: ratio of a brittle ceramic, assumed; the largest hoop stress changes by 1 % in .02 of it


@dataclass(frozen=True, eq=False, kw_only=True)
class Magnetised:
    """Current and field of a stack."""

    cells: Cells
    j_cells: np.ndarray  #: A/m², shape (n_discs, n_z, n_r)
    j_A_per_m2: float  #: current density; with J_c(B) its mean over the superconductor's volume
    b_T: np.ndarray  #: on the axis, shape (n,)
    b_probe_T: float  #: what the probe reads
    #: of `b_probe_T`, as a share: 0 for a uniform current (closed form), else what extrapolating changed
    error_estimate: float
    #: energy_J, hoop_stress_MPa: stored in the field, and the largest one; in the limit of small cells
    energy_J: float
    hoop_stress_MPa: float
    warnings: tuple[str, ...] = ()


def carrying(stack: Stack, z_mm: np.ndarray, probe_mm: float, j_A_per_m2: float) -> Magnetised:
    """Uniform current density: closed form at the heights `z_mm` on the axis and at the probe."""
    coarse, fine = ((cells, np.full(cells.shape, j_A_per_m2)) for cells in grids(stack)[:2])
    return Magnetised(
        cells=fine[0],
        j_cells=fine[1],
        j_A_per_m2=j_A_per_m2,
        b_T=j_A_per_m2 * axis_field_per_j(stack, z_mm),
        b_probe_T=j_A_per_m2 * float(axis_field_per_j(stack, probe_mm)),
        error_estimate=0.0,
        energy_J=_limit(stored_energy(*coarse), stored_energy(*fine)),
        hoop_stress_MPa=_limit(hoop_stress_MPa(*coarse), hoop_stress_MPa(*fine)),
    )


def in_own_field(stack: Stack, z_mm: np.ndarray, probe_mm: float, law: CurrentLaw) -> Magnetised:
    """The current density is critical everywhere in the field that it makes itself.

    `InputError`: the iteration does not come to rest.
    """
    states = [(cells, *settle(cells, law)) for cells in grids(stack)]
    heights = np.append(z_mm, probe_mm)
    value, error = extrapolate(*(cells.axis_field(j, heights) for cells, j, _ in states))
    mean, _ = extrapolate(*(np.array(cells.mean(j)) for cells, j, _ in states))
    fine, j_fine, b_fine = states[-1]
    return Magnetised(
        cells=fine,
        j_cells=j_fine,
        j_A_per_m2=float(mean),
        b_T=value[:-1],
        b_probe_T=float(value[-1]),
        error_estimate=float(error[-1] / abs(value[-1])),
        energy_J=_limit(*(stored_energy(cells, j) for cells, j, _ in states[1:])),
        hoop_stress_MPa=_limit(*(hoop_stress_MPa(cells, j) for cells, j, _ in states[1:])),
        warnings=law.warnings(float(b_fine.max())) if isinstance(law, Table) else (),
    )


def _limit(coarse: float, fine: float) -> float:
    """Of small cells: the errors of energy and stress fall with the cells' area."""
    return fine + (fine - coarse) / 3


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
    near = far < _NEAR * size
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
