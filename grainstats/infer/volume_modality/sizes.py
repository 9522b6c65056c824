"""Grain sizes of a volume, as a verdict needs them, beside made structures of one or two populations."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from typing import Self

import numpy as np

from grainstats.infer.modality.distribution import binned, kish
from grainstats.infer.modality.judge import SMALLEST_SHARE
from grainstats.infer.modality.modes import Modes, best_of, fit_from
from grainstats.infer.modality.null_library import fewest, line_at, probability_at
from grainstats.measure.volume import VolumeMeasurement

_GRID = np.linspace(-3.0, 3.0, 151)  #: log diameter over its median
SURFACE = 2  #: by number few coarse grains drown in the skewness of the fine ones; by volume few grains count
SD_BOUNDS = (0.08, 0.38)  #: of log diameter in one of two; with .45 a broad one hides ratios of 4
_STARTS = (0.3, 0.5, 0.7, 0.85, 0.95)  #: shares of the surface that the fine population begins with
SWEEPS = 40  #: of expectation and maximisation
APART = 1.7  #: ratio of the two modes, for the fit to count at all
MORE_PARAMETERS = 3  #: of two normals than of one
MOST_COARSE = 0.5  #: of the number of grains; else the fine one is only the tail of small cells
SHIFTS = range(-4, 5)  #: steps of `_GRID`; the median of a sample is not that of its structure


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
        """Share of the surface of grains by log diameter over `centre`, on `_GRID`, shape (151,)."""
        mass = binned(np.log(self.diameter) - self.centre, self.surface_weight, _GRID)
        return np.asarray(mass / mass.sum())

    def only(self, chosen: np.ndarray) -> Self:
        """With the chosen ones of the whole grains, a mask of shape (n,)."""
        return replace(
            self, diameter=self.diameter[chosen], weight=self.weight[chosen], block=self.block[chosen]
        )

    @classmethod
    def of(cls, measured: VolumeMeasurement) -> Self:
        """Sizes of a measured volume, in nanometres."""
        table = measured.grains
        frame = table["touches_frame"].to_numpy(bool)
        size = table["equivalent_diameter_nm"].to_numpy(float)
        return cls(size[~frame], table["weight"].to_numpy(float)[~frame], size[frame], measured.block[~frame])


def modes_of(sizes: VolumeSizes, limit: float) -> Modes:
    """Geometric mean diameters by number, and shares of the volume, of the grains below and above a limit.

    One where either side is empty.
    """
    parts = [p for p in (sizes.diameter <= limit, sizes.diameter > limit) if p.any()]
    log, volume = np.log(sizes.diameter), sizes.weight * sizes.diameter**3
    return Modes(
        tuple(float(np.exp(np.average(log[p], weights=sizes.weight[p]))) for p in parts),
        tuple(float(volume[p].sum() / volume.sum()) for p in parts),
    )


def coarse_limits(samples: Sequence[VolumeSizes]) -> list[float]:
    """Diameter above which a grain is more likely of the coarse population; infinity where there is none.

    Two normals by surface of grains (weighted EM from several starts, the best kept).  Those whose modes are
    nearer than `APART`, of which one holds less than `SMALLEST_SHARE` of the volume, or whose coarse
    grains are more than `MOST_COARSE` of all, are not two populations.  Nor are those that describe the sizes
    no better than one normal, however broad, by Schwarz's criterion.
    """
    mass = np.stack([s.on_grid() for s in samples])
    mean, n_eff = mass @ _GRID, np.array([s.n_eff for s in samples])
    variance = np.maximum(mass @ _GRID**2 - mean**2, SD_BOUNDS[0] ** 2)
    one = -0.5 * (np.log(2 * np.pi * variance) + 1) + MORE_PARAMETERS / 2 * np.log(n_eff) / n_eff
    bounds = np.array([SD_BOUNDS])
    likelihood, centre, sd, share = best_of(
        (fit_from(mass, _GRID, q, start=(0.95, 0.02), sd_bounds=bounds, sweeps=SWEEPS) for q in _STARTS),
        lambda found: np.where(_counts(*found[1:]), found[0], -np.inf),
    )
    return [
        float(np.exp(s.centre + _limit(c, w, p))) if two > least else np.inf
        for s, two, least, c, w, p in zip(samples, likelihood, one, centre, sd, share, strict=True)
    ]


def _moment_share(centre: np.ndarray, sd: np.ndarray, share: np.ndarray, power: int) -> np.ndarray:
    """Shares by surface turned into those by number (0) or volume (3) of log-normals, shape (n, 2)."""
    step = power - SURFACE
    moment = share * np.exp(step * centre + 0.5 * (step * sd) ** 2)
    return np.asarray(moment / moment.sum(axis=1, keepdims=True))


def _limit(centre: np.ndarray, sd: np.ndarray, share: np.ndarray) -> float:
    """Log diameter between two centres where a surface is as likely of either; each of shape (2,)."""
    log = np.linspace(centre[0], centre[1], 400)[:, None]
    density = np.log(share / sd) - 0.5 * ((log - centre) / sd) ** 2
    return float(log[np.argmax(density[:, 1] > density[:, 0]), 0])


def _counts(centre: np.ndarray, sd: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Are these two populations at all?"""
    apart = centre[:, 1] - centre[:, 0] >= np.log(APART)
    enough = _moment_share(centre, sd, share, 3).min(axis=1) >= SMALLEST_SHARE
    few = _moment_share(centre, sd, share, 0)[:, 1] <= MOST_COARSE
    return np.asarray(apart & enough & few)


@dataclass(frozen=True, eq=False)
class NullTable:
    """Quantiles in made structures, the power of the verdict, and how sizes are distributed in them."""

    n_interior: np.ndarray  #: shape (a,)
    levels: np.ndarray  #: shape (b,): descending probabilities
    #: shape (a, b): `likeness` exceeded with that probability in the worst structure of one population: upper
    #: limits (95 %) of these values
    one: np.ndarray
    two: np.ndarray  #: shape (a, b): `likeness` that the worst pairs of populations fall below so often
    power: np.ndarray  #: shape (a,)
    #: like_one, like_two: shapes (c, 151) and (d, 151): log of the share of the surface on `_GRID`, a
    #: row a structure of one population or of two
    like_one: np.ndarray
    like_two: np.ndarray

    def as_if(self, n: int) -> float:
        """Grains that a sample of `n` is judged as: no more than the table knows."""
        return float(min(n, self.n_interior[-1]))

    def p_value(self, likeness: float, n: int) -> float:
        """Share of the worst structure of one population with a larger value; never below the last level."""
        return self._share(likeness, self.one, n)

    def pair_p_value(self, likeness: float, n: int) -> float:
        """Share of the worst pairs of populations with a smaller value; never below the last level."""
        return self._share(-likeness, -self.two, n)

    def power_at(self, n: int) -> float:
        return float(np.interp(np.log(n), np.log(self.n_interior), self.power))

    def likeness(self, samples: Sequence[VolumeSizes]) -> np.ndarray:
        """Log-likelihood of sizes in the likest structure of two populations over the likest of one.

        Shape (samples,).  Grains count by surface, `VolumeSizes.n_eff` of them but for `as_if`.
        """
        mass = np.stack([s.on_grid() for s in samples])
        best = [
            np.max([mass @ np.roll(known, shift, axis=1).T for shift in SHIFTS], axis=(0, 2))
            for known in (self.like_two, self.like_one)
        ]
        counted = [s.n_eff * self.as_if(s.n_interior) / s.n_interior for s in samples]
        return np.array(counted) * (best[0] - best[1])

    def grains_to_exclude_pairs(self, per_grain: float, level: float) -> int | None:
        """Interior grains of so much likeness each that exclude pairs; None beyond the table."""
        return fewest(self.n_interior, lambda n: self.pair_p_value(per_grain * n, n) < level)

    def _share(self, value: float, table: np.ndarray, n: int) -> float:
        """Probability at which a value passes the quantiles of a table, which are made to ascend."""
        line = np.maximum.accumulate(line_at(n, self.n_interior, table))
        return probability_at(value, line + 1e-9 * np.arange(len(line)), self.levels)


@lru_cache(maxsize=1)
def load_null() -> NullTable:
    """The table shipped with the package, made by ``calibration/volume_null.py``."""
    source = files("grainstats.infer.volume_modality").joinpath("null_volumes.npz")
    with source.open("rb") as stream, np.load(stream) as stored:
        kept = {name: stored[name].astype(float) for name in stored}
    return NullTable(**{**kept, "power": np.maximum.accumulate(kept["power"])})
