"""Grain sizes of a volume, as a verdict needs them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from grainstats.infer.modality.distribution import binned, kish
from grainstats.measure.volume import VolumeMeasurement

GRID = np.linspace(-3.0, 3.0, 151)  #: log diameter over its median
SURFACE = 2  #: by number few coarse grains drown in the skewness of the fine ones; by volume few grains count


@dataclass(frozen=True, eq=False)
class VolumeSizes:
    """Equivalent sphere diameters of one sample, in any unit."""

    diameter: np.ndarray  #: shape (n,): of the grains seen whole
    weight: np.ndarray  #: shape (n,): of Miles and Lantuejoul
    cut_diameter: np.ndarray  #: shape (m,): of the visible parts of the grains that the frame cuts
    #: int, shape (n,): block of the volume, some grains wide, that holds a whole grain; empty: unknown
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
        """`kish` of `surface_weight`."""
        return kish(self.surface_weight)

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
        mass = binned(np.log(self.diameter) - self.centre, self.surface_weight, GRID)
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
