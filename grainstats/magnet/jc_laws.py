"""How the critical current density falls with the field: Kim, exponential, or a measured table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grainstats.magnet.stack import above_zero
from segment.errors import InputError

#: critical current density, A/m², at a flux density >= 0 in tesla
CurrentLaw = Callable[[np.ndarray], np.ndarray]

MOST_JC = 1e14  #: A/m², above the depairing current of any superconductor
LOW_FIELD = 0.1  #: of the largest field in the magnet: a table should begin below; judgement


def current_density(name: str, j_A_per_m2: float) -> float:
    """The value, or an `InputError` that names it: not positive, or more than any superconductor carries."""
    if above_zero(name, j_A_per_m2, "A/m²") <= MOST_JC:
        return j_A_per_m2
    raise InputError(
        name,
        f"{j_A_per_m2:.3g} A/m² is more than any superconductor carries",
        "Check the units (1 A/cm² is 1e4 A/m²), the sizes and where the probe is",
    )


@dataclass(frozen=True)
class _Falling:
    """A law of a current density without field and a field at which so much less is left."""

    j0: float
    b0: float
    name: ClassVar[str]

    def __post_init__(self) -> None:
        current_density(f"J0 of {self.name}", self.j0)
        above_zero(f"B0 of {self.name}", self.b0, "T")


class Kim(_Falling):
    """j0 / (1 + B / b0) (Kim, Hempstead & Strnad, Physical Review Letters 9 (1962) 306).

    `j0` is in A/m², without field; at `b0` tesla half of it is left.

    Examples
    --------
    >>> float(Kim(4e8, 1.0)(1.0))
    200000000.0
    """

    name = "Kim's law"

    def __call__(self, b_T: np.ndarray) -> np.ndarray:
        return np.asarray(self.j0 / (1 + b_T / self.b0))


class Exponential(_Falling):
    """j0 exp(-B / b0) (Fietz et al., Physical Review 136 (1964) A335).

    `j0` is in A/m², without field; at `b0` tesla 1/e of it is left.
    """

    name = "the exponential law"

    def __call__(self, b_T: np.ndarray) -> np.ndarray:
        return np.asarray(self.j0 * np.exp(-b_T / self.b0))


@dataclass(frozen=True)
class Table:
    """Measured values; between them log J is linear in B, outside them the nearest value holds.

    Raises
    ------
    InputError
        Fewer than two rows, fields that do not ascend, currents that are not positive.
    """

    b_T: tuple[float, ...]  #: ascending, >= 0
    j_A_per_m2: tuple[float, ...]  #: above 0
    source: str = "J_c table"  #: for error messages

    def __post_init__(self) -> None:
        b, j = np.asarray(self.b_T, float), np.asarray(self.j_A_per_m2, float)
        if b.size < 2 or b.size != j.size:
            raise InputError(self.source, f"{b.size} rows of field and current", "Give two rows or more")
        if not (np.isfinite(b).all() and np.isfinite(j).all()):
            raise InputError(self.source, "a value is missing or not finite", "Fill or drop that row")
        if b[0] < 0:
            raise InputError(self.source, f"a field of {b[0]:g} T is negative", "Give the field's magnitude")
        if not (np.diff(b) > 0).all():
            at = int(np.argmin(np.diff(b) > 0)) + 1
            raise InputError(
                self.source,
                f"the field does not rise from {b[at - 1]:g} T to {b[at]:g} T in row {at + 1}",
                "Sort the rows by field, each field once",
            )
        if not (j > 0).all():
            at = int(np.argmin(j > 0))
            raise InputError(
                self.source,
                f"the current density at {b[at]:g} T is {j[at]:g}, not above 0",
                "Leave out fields in which nothing flows",
            )

    def __call__(self, b_T: np.ndarray) -> np.ndarray:
        return np.exp(np.interp(b_T, self.b_T, np.log(self.j_A_per_m2)))

    def warnings(self, b_max_T: float) -> tuple[str, ...]:
        """What is doubtful in a magnet whose field reaches `b_max_T`."""
        found = []
        if b_max_T > self.b_T[-1]:
            found.append(
                f"the field in the magnet reaches {b_max_T:.3g} T, the table ends at {self.b_T[-1]:g} T; "
                "its last value was kept beyond, so that the field is too high"
            )
        if self.b_T[0] > LOW_FIELD * b_max_T:
            found.append(
                f"the table begins at {self.b_T[0]:g} T; its first value was kept below, where more "
                "current flows, so that the field is too low"
            )
        if (np.diff(self.j_A_per_m2) > 0).any():
            found.append("the table's current density rises with the field somewhere; check its rows")
        return tuple(found)
