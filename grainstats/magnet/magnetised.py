"""A fully magnetised stack: from a current density, from a reading of a probe, or from J_c(B)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from grainstats.magnet.axis import axis_field_per_j
from grainstats.magnet.cells import Cells
from grainstats.magnet.energy import stored_energy
from grainstats.magnet.jc_laws import CurrentLaw, Table
from grainstats.magnet.self_field import SelfField, extrapolate, grids, settle
from grainstats.magnet.stack import Stack, above_zero


@dataclass(frozen=True, eq=False, kw_only=True)
class Magnetised:
    """Current and field of a stack.

    Attributes
    ----------
    cells : Cells
    j_cells : ndarray, shape (n_discs, n_z, n_r)
        A/m².
    j_A_per_m2 : float
        Current density; with J_c(B) its mean over the superconductor's volume.
    b_T : ndarray, shape (n,)
        On the axis.
    b_probe_T : float
        What the probe reads.
    error_estimate : float
        Of `b_probe_T`, as a share of it: 0 for a uniform current (closed form), else what extrapolating the
        grid changed.
    energy_J : float
        Stored in the field, in the limit of small cells.
    warnings : tuple of str
    """

    cells: Cells
    j_cells: np.ndarray
    j_A_per_m2: float
    b_T: np.ndarray
    b_probe_T: float
    error_estimate: float
    energy_J: float
    warnings: tuple[str, ...] = field(default=())


def carrying(stack: Stack, z_mm: np.ndarray, probe_mm: float, j_A_per_m2: float) -> Magnetised:
    """Uniform current density: closed form.

    Parameters
    ----------
    stack : Stack
    z_mm : ndarray
        Heights on the axis.
    probe_mm : float
    j_A_per_m2 : float

    Raises
    ------
    InputError
        A current density that is not above 0.
    """
    j = above_zero("current density", j_A_per_m2, "A/m²")
    coarse, fine, _ = grids(stack)
    at_probe = j * float(axis_field_per_j(stack, probe_mm))
    on_axis = j * axis_field_per_j(stack, z_mm)
    flows = [np.full(cells.shape, j) for cells in (coarse, fine)]
    energy = _energy(stored_energy(coarse, flows[0]), stored_energy(fine, flows[1]))
    return Magnetised(
        cells=fine,
        j_cells=flows[1],
        j_A_per_m2=j,
        b_T=on_axis,
        b_probe_T=at_probe,
        error_estimate=0.0,
        energy_J=energy,
    )


def reading(stack: Stack, z_mm: np.ndarray, probe_mm: float, field_T: float) -> Magnetised:
    """The uniform current density that makes a probe read `field_T`.

    Raises
    ------
    InputError
        A field that is not above 0.
    """
    at_probe = float(axis_field_per_j(stack, probe_mm))
    return carrying(stack, z_mm, probe_mm, above_zero("field", field_T, "T") / at_probe)


def in_own_field(stack: Stack, z_mm: np.ndarray, probe_mm: float, law: CurrentLaw) -> Magnetised:
    """The current density is critical everywhere in the field that it makes itself.

    Raises
    ------
    InputError
        The iteration does not come to rest.
    """
    states = [settle(cells, law) for cells in grids(stack)]
    heights = np.append(z_mm, probe_mm)
    fields = [state.cells.axis_field(state.j, heights) for state in states]
    value, error = extrapolate(*fields)
    mean, _ = extrapolate(*(np.array(state.mean_j) for state in states))
    fine = states[-1]
    return Magnetised(
        cells=fine.cells,
        j_cells=fine.j,
        j_A_per_m2=float(mean),
        b_T=value[:-1],
        b_probe_T=float(value[-1]),
        error_estimate=float(error[-1] / abs(value[-1])),
        energy_J=_energy(*(stored_energy(state.cells, state.j) for state in states[1:])),
        warnings=_outside_table(law, fine),
    )


def _energy(coarse: float, fine: float) -> float:
    """In the limit of small cells: the error of loops for cells falls with their area."""
    return fine + (fine - coarse) / 3


def _outside_table(law: CurrentLaw, state: SelfField) -> tuple[str, ...]:
    """What a table could not say."""
    if not isinstance(law, Table):
        return ()
    found = []
    if state.b_max_T > law.b_T[-1]:
        found.append(
            f"the field in the magnet reaches {state.b_max_T:.3g} T, the table ends at {law.b_T[-1]:g} T; "
            "its last value was kept beyond, so that the field is too high"
        )
    if law.rises:
        found.append("the table's current density rises with the field somewhere; check its rows")
    return tuple(found)
