"""What the verdict on a volume is held against: made structures of one population and of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from grainstats.infer.modality.null_library import fewest, level_of, line_at
from grainstats.infer.volume_modality.sizes import VolumeSizes

SHIFTS = range(-4, 5)  #: steps of `sizes.GRID`; the median of a sample is not that of its structure


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
    #: like_one, like_two: shapes (c, 151) and (d, 151): log of the share of the surface on `sizes.GRID`, a
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
        return level_of(value, line + 1e-9 * np.arange(len(line)), self.levels)


@lru_cache(maxsize=1)
def load_null() -> NullTable:
    """The table shipped with the package, made by ``calibration/volume_null.py``."""
    source = files("grainstats.infer.volume_modality").joinpath("null_volumes.npz")
    with source.open("rb") as stream, np.load(stream) as stored:
        kept = {name: stored[name].astype(float) for name in stored}
    return NullTable(**{**kept, "power": np.maximum.accumulate(kept["power"])})
