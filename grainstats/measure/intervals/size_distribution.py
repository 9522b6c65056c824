"""The distribution of grain size with the frame's censoring undone.

Every point of a window lies in a grain; one that the frame cuts is seen as at least its visible part.  The
product-limit estimator (Kaplan & Meier 1958) with the visible areas as weights turns that into shares of area
by size; beyond the largest whole grain the cut ones stay at their visible size (Efron 1967).  Interior grains
alone, however weighted, know nothing of grains as large as the window: in windows of 60 grains of two sizes
(R = 4) they make the area-weighted mean a third too small.  This estimate is right there, but 5 to 10 % too
large in windows of 200 grains: it serves to widen intervals.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SizeShares:
    """Share of area by equivalent diameter."""

    diameter: np.ndarray  #: shape (k,): ascending
    mass: np.ndarray  #: shape (k,): shares of the area; they sum to 1.  Empty where no grain is seen.

    @property
    def area_weighted_mean(self) -> float:
        return float(self.mass @ self.diameter) if self.mass.size else float("nan")

    def share_below(self, diameter: float) -> float:
        """Share of the area in grains of up to `diameter`."""
        return float(self.mass[self.diameter <= diameter].sum()) if self.mass.size else float("nan")

    def quantile(self, share: float) -> float:
        """Diameter below which `share` of the area lies."""
        if not self.mass.size:
            return float("nan")
        return float(np.interp(share, np.cumsum(self.mass) - self.mass / 2, self.diameter))

    @property
    def cv(self) -> float:
        """Standard deviation over mean by number; a grain's number is its area share over its area."""
        if not self.mass.size:
            return float("nan")
        number = self.mass / self.diameter**2
        mean = float(number @ self.diameter) / float(number.sum())
        return float(np.sqrt(max(1 / float(number.sum()) / mean**2 - 1, 0.0)))


def size_shares(diameter: np.ndarray, whole: np.ndarray, weight: np.ndarray | None = None) -> SizeShares:
    """Product-limit estimate.

    Of the diameters of visible parts, ascending, whole grains first among equals; `whole` is False for grains
    cut by the frame, `weight` e.g. the block multiplicities of a jackknife: all of shape (n,).
    """
    area = diameter**2 if weight is None else diameter**2 * weight
    seen = area > 0
    d, area, whole = diameter[seen], area[seen], whole[seen]
    if not whole.any():
        return SizeShares(d[:0], area[:0])
    at_risk = np.cumsum(area[::-1])[::-1]
    hazard = np.where(whole, np.minimum(area / at_risk, 1.0), 0.0)
    survival = np.concatenate([[1.0], np.cumprod(1 - hazard)])
    mass = survival[:-1] * hazard
    tail = np.arange(d.size) > np.flatnonzero(whole)[-1]
    if tail.any():
        mass[tail] = survival[-1] * area[tail] / area[tail].sum()
    found = mass > 0
    return SizeShares(d[found], mass[found] / mass.sum())
