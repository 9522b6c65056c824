"""Grain sizes of a volume, as a verdict needs them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from grainstats.measure.volume import VolumeMeasurement

GRID = np.linspace(-3.0, 3.0, 151)  #: log diameter over its median
STEP = float(GRID[1] - GRID[0])  #: of GRID
SURFACE = 2  #: by number few coarse grains drown in the skewness of the fine ones; by volume few grains count


@dataclass(frozen=True, eq=False)
class VolumeSizes:
    """Equivalent sphere diameters of one sample, in any unit.

    Attributes
    ----------
    diameter : ndarray, shape (n,)
        Of the grains seen whole.
    weight : ndarray, shape (n,)
        Miles-Lantuejoul weights.
    cut_diameter : ndarray, shape (m,)
        Of the visible parts of the grains that the frame cuts.
    block : ndarray of int, shape (n,)
        Block of the volume, some grains wide, that holds a whole grain; empty: unknown.
    """

    diameter: np.ndarray
    weight: np.ndarray
    cut_diameter: np.ndarray
    block: np.ndarray = field(default_factory=lambda: np.empty(0, int))

    @property
    def n_interior(self) -> int:
        return len(self.diameter)

    @property
    def surface_weight(self) -> np.ndarray:
        """Weight times squared diameter, shape (n,)."""
        return np.asarray(self.weight * self.diameter**SURFACE)

    @property
    def n_eff(self) -> float:
        """Kish effective number under `surface_weight`."""
        weight = self.surface_weight
        return float(weight.sum() ** 2 / (weight**2).sum())

    @property
    def centre(self) -> float:
        """Median of the log diameter."""
        return float(np.median(np.log(self.diameter)))

    @property
    def largest_out(self) -> float:
        """How far the largest grain lies above the median, in SDs of log diameter (median to 84 %)."""
        middle, high, largest = np.quantile(np.log(self.diameter), [0.5, 0.84, 1.0])
        return float((largest - middle) / max(high - middle, 1e-9))

    def on_grid(self) -> np.ndarray:
        """Share of the surface of grains by log diameter over `centre`, on `GRID`, shape (151,)."""
        position = (np.clip(np.log(self.diameter) - self.centre, GRID[0], GRID[-1] - 1e-9) - GRID[0]) / STEP
        low = position.astype(int)
        part, n = position - low, len(GRID)
        weight = self.surface_weight
        mass = np.bincount(low, weight * (1 - part), n) + np.bincount(low + 1, weight * part, n)
        return np.asarray(mass / mass.sum())

    def only(self, chosen: np.ndarray) -> VolumeSizes:
        """With the chosen ones of the whole grains, a mask of shape (n,)."""
        return replace(
            self, diameter=self.diameter[chosen], weight=self.weight[chosen], block=self.block[chosen]
        )

    @classmethod
    def of(cls, measured: VolumeMeasurement) -> VolumeSizes:
        """Sizes of a measured volume, in nanometres."""
        table = measured.grains
        frame = table["touches_frame"].to_numpy(bool)
        size = table["equivalent_diameter_nm"].to_numpy(float)
        return cls(size[~frame], table["weight"].to_numpy(float)[~frame], size[frame], measured.block[~frame])
