"""A fully magnetised stack: from a current density, or from J_c(B)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grainstats.magnet.axis import axis_field_per_j
from grainstats.magnet.cells import Cells
from grainstats.magnet.energy import stored_energy
from grainstats.magnet.hoop_stress import hoop_stress_MPa
from grainstats.magnet.jc_laws import CurrentLaw, Table
from grainstats.magnet.self_field import extrapolate, grids, settle
from grainstats.magnet.stack import Stack


@dataclass(frozen=True, eq=False, kw_only=True)
class Magnetised:
    """Current and field of a stack.

    Attributes
    ----------
    cells : Cells
    j_cells : ndarray of shape (n_discs, n_z, n_r)
        A/m².
    j_A_per_m2 : float
        Current density; with J_c(B) its mean over the superconductor's volume.
    b_T : ndarray of shape (n,)
        On the axis.
    b_probe_T : float
        What the probe reads.
    error_estimate : float
        Of `b_probe_T`, as a share of it: 0 for a uniform current (closed form), else what extrapolating the
        grid changed.
    energy_J, hoop_stress_MPa : float
        Stored in the field, and the largest hoop stress; in the limit of small cells.
    warnings : tuple of str
    """

    cells: Cells
    j_cells: np.ndarray
    j_A_per_m2: float
    b_T: np.ndarray
    b_probe_T: float
    error_estimate: float
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
