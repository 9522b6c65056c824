"""From the current density of a magnet to its trapped field, and back."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grainstats.magnet.creep import Creep
from grainstats.magnet.current_sheets import axis_field_per_j
from grainstats.magnet.field_map import FieldMap, field_map, field_map_of_cells
from grainstats.magnet.jc_laws import CurrentLaw, Exponential, Kim, Table, current_density
from grainstats.magnet.jc_table import read_jc_table
from grainstats.magnet.magnetised import Magnetised, carrying, in_own_field, magnetic_moment
from grainstats.magnet.stack import Stack, above_zero
from segment.errors import InputError

AXIS_POINTS = 81  #: of the profile on the axis, faces and probe not counted
DECAY_HOURS = 24.0  #: until when the decay is listed, unless said
DOUBTFUL_T = 20.0
"""Above what has been trapped, 17.6 T (Durrell et al., Superconductor Science and Technology 27 (2014)
082001)."""
DOUBTFUL_MM = 0.5  #: diameter; smaller discs are sizes in metres or centimetres, or films; judgement
Z_ORIGIN = "mid-plane of the stack, upwards along the axis"


@dataclass(frozen=True, eq=False, kw_only=True)
class Magnet(Magnetised):
    """A magnetised stack, with what its field does and how it decays; see `Magnetised` for the rest.

    Attributes
    ----------
    stack : Stack
    z_mm : ndarray of shape (n,)
        Of `b_T`, above the mid-plane of the stack.
    probe_mm : float
        Where the probe is on the axis.
    decay : tuple of (hours, share)
        What is left of the field after magnetising; empty without a creep rate.
    hours_to_lose : float or None
        Until the share asked for is lost; None where none was.
    moment_A_m2, magnetisation_A_per_m : float
    strength_MPa : float or None
        Tensile strength given by the user.
    inputs : dict
        What was asked, with every default filled in.
    """

    stack: Stack
    z_mm: np.ndarray
    probe_mm: float
    decay: tuple[tuple[float, float], ...]
    hours_to_lose: float | None
    moment_A_m2: float
    magnetisation_A_per_m: float
    strength_MPa: float | None
    inputs: dict[str, Any]

    def field_map(self, r_mm: np.ndarray, z_mm: np.ndarray) -> FieldMap:
        """Flux density on a grid of distances from the axis and heights above the mid-plane, millimetres."""
        if np.ptp(self.j_cells) == 0:
            return field_map(self.stack, self.j_A_per_m2, r_mm, z_mm)
        return field_map_of_cells(self.cells, self.j_cells, r_mm, z_mm)

    def as_dict(self) -> dict[str, Any]:
        """The document of ``grainstats magnet --json``."""
        lose = self.hours_to_lose
        return {
            "b_axis_T": [
                {"z_mm": float(z), "b_T": float(b)} for z, b in zip(self.z_mm, self.b_T, strict=True)
            ],
            "b_probe_T": self.b_probe_T,
            "j_A_per_m2": self.j_A_per_m2,
            "decay": [{"hours": hours, "share": share} for hours, share in self.decay],
            "error_estimate": self.error_estimate,
            "hours_to_lose": lose if lose is None or math.isfinite(lose) else None,
            "moment_A_m2": self.moment_A_m2,
            "magnetisation_A_per_m": self.magnetisation_A_per_m,
            "energy_J": self.energy_J,
            "hoop_stress_MPa": self.hoop_stress_MPa,
            "inputs": self.inputs,
            "warnings": list(self.warnings),
        }


def magnet(
    diameter_mm: float,
    thickness_mm: float,
    *,
    bore_mm: float = 0.0,
    stack: int = 1,
    gap_mm: float = 0.0,
    jc: float | None = None,
    jc_table: Table | str | Path | None = None,
    kim: tuple[float, float] | None = None,
    exponential: tuple[float, float] | None = None,
    field_T: float | None = None,
    probe: str | float = "middle",
    creep_rate: float | None = None,
    t0_s: float | None = None,
    mu: float | None = None,
    hours: float | None = None,
    lose: float | None = None,
    strength_MPa: float | None = None,
) -> Magnet:
    """Trapped field of one or several stacked discs or rings, fully magnetised along their axis.

    Exactly one of `jc`, `jc_table`, `kim`, `exponential` and `field_T` says what the magnet carries.

    Parameters
    ----------
    diameter_mm, thickness_mm : float
        Of one disc.
    bore_mm : float
        Inner diameter of a ring.
    stack : int
        Number of equal discs.
    gap_mm : float
        Between neighbouring discs.
    jc : float, optional
        Uniform current density, A/m².
    jc_table : Table or path, optional
        Measured J_c(B); see `read_jc_table`.
    kim : (float, float), optional
        J0 in A/m² and B0 in tesla of J0 / (1 + B/B0).
    exponential : (float, float), optional
        J0 in A/m² and B0 in tesla of J0 exp(-B/B0).
    field_T : float, optional
        Field that the probe reads; the uniform current density that makes it is computed.
    probe : {"middle", "top"} or float
        Mid-plane of the stack, centre of its top face, or a height in mm above the mid-plane, on the axis.
    creep_rate : float, optional
        S, the share lost per unit of ln(t / t0); it needs `t0_s`.
    t0_s : float, optional
        Seconds from magnetising to the first reading.
    mu : float, optional
        Exponent of interpolated creep; None: logarithmic.
    hours : float, optional
        Until when the decay is listed; None: 24.
    lose : float, optional
        Share of the field whose loss is to be timed.
    strength_MPa : float, optional
        Tensile strength that the hoop stress is compared with.

    Returns
    -------
    Magnet

    Raises
    ------
    InputError
        A size, current or time that cannot be; none or several sources of the current; a creep rate without
        t0.

    Examples
    --------
    >>> state = magnet(30, 6, stack=2, field_T=2.0)
    >>> print(f"{state.j_A_per_m2:.3g} A/m2")
    1.61e+08 A/m2
    """
    shape = Stack(diameter_mm, thickness_mm, bore_mm, stack, gap_mm)
    height = shape.probe_mm(probe)
    sources = {"jc": jc, "jc_table": jc_table, "kim": kim, "exponential": exponential, "field": field_T}
    name = _one_source(sources)
    if strength_MPa is not None:
        above_zero("strength", strength_MPa, "MPa")
    creep = _creep(creep_rate, t0_s, mu, {"hours": hours, "lose": lose})
    until = DECAY_HOURS if hours is None else float(hours)
    decay = () if creep is None else tuple((t, creep.share(t)) for t in creep.times(until))
    z_mm = _axis_points(shape, height)
    state = _magnetise(shape, z_mm, height, name, sources[name])
    moment = magnetic_moment(state.cells, state.j_cells)
    return Magnet(
        **vars(state)
        | {
            "warnings": (
                *state.warnings,
                *_warnings(float(state.b_T.max()), shape.diameter_mm, state.hoop_stress_MPa, strength_MPa),
            )
        },
        stack=shape,
        z_mm=z_mm,
        probe_mm=height,
        decay=decay,
        hours_to_lose=None if creep is None or lose is None else creep.hours_to_lose(lose),
        moment_A_m2=moment,
        magnetisation_A_per_m=moment / shape.volume_m3,
        strength_MPa=strength_MPa,
        inputs={
            "diameter_mm": float(diameter_mm),
            "thickness_mm": float(thickness_mm),
            "bore_mm": float(bore_mm),
            "stack": int(stack),
            "gap_mm": float(gap_mm),
            "source": name,
            "source_value": _source_value(sources[name]),
            "probe": probe,
            "probe_z_mm": height,
            "z_origin": Z_ORIGIN,
            "creep_rate": creep_rate,
            "t0_s": t0_s,
            "mu": mu,
            "hours": until if creep is not None else None,
            "lose": lose,
            "strength_MPa": strength_MPa,
        },
    )


def _one_source(sources: dict[str, Any]) -> str:
    given = [name for name, value in sources.items() if value is not None]
    if len(given) != 1:
        reason = (
            "nothing says what the magnet carries" if not given else f"{' and '.join(given)} are both given"
        )
        raise InputError(
            "current density",
            reason,
            "Give one of --jc, --jc-table, --kim, --exponential, --field (in Python jc, ..., field_T)",
        )
    return given[0]


def _magnetise(stack: Stack, heights: np.ndarray, probe_mm: float, name: str, value: Any) -> Magnetised:
    """The state that the one source of the current leads to."""
    if name == "jc":
        return carrying(stack, heights, probe_mm, current_density("current density", value))
    if name == "field":
        per_j = max(float(axis_field_per_j(stack, probe_mm)), np.finfo(float).tiny)
        j = above_zero("field", value, "T") / per_j
        return carrying(stack, heights, probe_mm, current_density("current density for that field", j))
    return in_own_field(stack, heights, probe_mm, _law(name, value))


def _law(name: str, value: Any) -> CurrentLaw:
    if name == "jc_table":
        return value if isinstance(value, Table) else read_jc_table(value)
    if len(value) != 2:
        raise InputError(name, f"{len(value)} values", "Give two: J0 in A/m² and B0 in T")
    return Kim(*value) if name == "kim" else Exponential(*value)


def _axis_points(stack: Stack, probe_mm: float) -> np.ndarray:
    """Heights from a diameter below the stack to a diameter above; faces, middle and probe among them."""
    end = stack.height_mm / 2 + stack.diameter_mm
    even = np.linspace(-end, end, AXIS_POINTS)
    return np.unique(np.round(np.concatenate([even, np.ravel(stack.faces_mm()), [0.0, probe_mm]]), 9))


def _creep(rate: float | None, t0_s: float | None, mu: float | None, others: dict[str, Any]) -> Creep | None:
    """The law of decay; None where no creep is asked for.

    `InputError`: a part of it without the rate, or the rate without t0.
    """
    if rate is None:
        extra = [name for name, value in {"t0": t0_s, "mu": mu, **others}.items() if value is not None]
        if extra:
            raise InputError(extra[0], "no creep rate is given", "Give --creep-rate (creep_rate in Python)")
        return None
    if t0_s is None:
        raise InputError(
            "creep rate",
            "S has no meaning without t0, the time of the first reading after magnetising",
            "Give t0 in seconds",
        )
    return Creep(rate, t0_s, mu)


def _source_value(value: Any) -> Any:
    """As it is written in `inputs`."""
    if isinstance(value, Table):
        return value.source
    if isinstance(value, str | Path):
        return str(value)
    return [float(v) for v in value] if isinstance(value, tuple | list) else float(value)


def _warnings(largest_T: float, diameter_mm: float, stress: float, strength: float | None) -> Iterator[str]:
    if largest_T > DOUBTFUL_T:
        told = "is more than has ever been trapped, some 17.6 T: check the units"
        yield f"{largest_T:.3g} T on the axis {told}"
    if diameter_mm < DOUBTFUL_MM:
        yield f"a diameter of {diameter_mm:g} mm is small for a magnet: sizes are in millimetres"
    if strength is not None and stress > strength:
        above = f"is above the strength, {strength:.3g} MPa: the disc would crack"
        yield f"the hoop stress, {stress:.3g} MPa, {above}"
