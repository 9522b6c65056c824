"""Statistics of intercepts that the frame cuts: which are unbiased, and why.

*Mean.*  Line length over the number of intercepts, an intercept cut by the frame counting one half for each
cut end (ASTM E112).  Boundaries cross a line with one intensity everywhere, so this ratio has the right
expectation in any window, however small; the mean of whole intercepts alone is too small, because long ones
are cut more often.

*Distribution.*  Seen from an end that lies in the window, an intercept is a fresh draw of the number-weighted
distribution, followed until its other end or the frame: ordinary right censoring that does not depend on the
length.  The Kaplan-Meier estimate over all seen ends (a whole intercept twice, once from each end; one cut
once appears once, censored; one cut twice says nothing) is therefore free of the length bias of cut
intercepts.  Applying Kaplan-Meier to all pieces alike would not be.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class ChordDistribution:
    """Number-weighted distribution of intercept length."""

    length: np.ndarray  #: shape (n,): ascending
    mass: np.ndarray  #: shape (n,): probability of each, sum 1

    def quantile(self, share: float) -> float:
        """Length below which `share` of the intercepts lie."""
        if self.length.size == 0:
            return float("nan")
        return float(np.interp(share, np.cumsum(self.mass) - self.mass / 2, self.length))

    @cached_property
    def moments(self) -> tuple[float, float]:
        """Mean, and mean of the square."""
        if not self.length.size:
            return float("nan"), float("nan")
        return float(np.sum(self.mass * self.length)), float(np.sum(self.mass * self.length**2))

    @property
    def mean(self) -> float:
        return self.moments[0]

    @property
    def cv(self) -> float:
        mean, square = self.moments
        return float(np.sqrt(max(square / mean**2 - 1, 0))) if self.length.size else mean

    @property
    def length_weighted_mean(self) -> float:
        """Mean intercept at a random point of the grains: second moment over first."""
        mean, square = self.moments
        return square / mean


def n_cuts(censored: np.ndarray) -> np.ndarray:
    """Ends at the frame, 0, 1 or 2, from the names none, one and both."""
    return np.where(censored == "none", 0, np.where(censored == "one", 1, 2))


def intercept_count(cuts: np.ndarray) -> np.ndarray:
    """What each piece counts by E112: 1 whole, 1/2 with one end cut, 0 with both cut."""
    return 1.0 - cuts / 2.0


def kaplan_meier(length: np.ndarray, cuts: np.ndarray, weight: np.ndarray | None = None) -> ChordDistribution:
    """Kaplan-Meier over intercept ends; the longest is taken as whole (Efron).

    `weight`: e.g. the block multiplicities of a jackknife; all of shape (n,).
    """
    from grainstats.measure.kernels import product_limit

    w = (2.0 - cuts) * (1.0 if weight is None else weight)
    if np.any(length[1:] < length[:-1]):
        order = np.argsort(length, kind="stable")
        length, w, cuts = length[order], w[order], cuts[order]
    found, mass = product_limit(length, w, cuts == 0)
    return ChordDistribution(found, mass / max(float(mass.sum()), 1e-300))


def chords_of(intercepts: pd.DataFrame, unit: str = "nm") -> ChordDistribution:
    """Intercepts of all maps together (`intercept_table`), what the frame cuts taken as at least so long."""
    length = intercepts[f"length_{unit}"].to_numpy(float)
    return kaplan_meier(length, n_cuts(intercepts["censored"].to_numpy()))
