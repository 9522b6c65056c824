"""One number about an image or a sample, with its interval, its unit and how it was made."""

from dataclasses import dataclass
from typing import Self

from grainstats.measure.intervals.block_bootstrap import Estimate


@dataclass(frozen=True)
class Descriptor:
    """A named quantity."""

    name: str  #: field's name with its unit as suffix, e.g. ``"equivalent_diameter_mean_nm"``
    value: float
    #: ci_low, ci_high: 95 % interval; None where none can be given
    ci_low: float | None
    ci_high: float | None
    unit: str  #: ``"nm"``, ``"1/um"``, ``"1/um2"``, ``"1"`` ...
    method: str  #: how it was measured, with the standard or paper

    @classmethod
    def of(cls, name: str, estimate: Estimate, unit: str, method: str) -> Self:
        """A descriptor from an estimate with its interval."""
        return cls(name, estimate.value, estimate.low, estimate.high, unit, method)
