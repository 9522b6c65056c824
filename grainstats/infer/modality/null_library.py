"""What the statistics look like on mosaics of one population with as many grains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from grainstats.infer.modality.statistics import STATISTICS
from grainstats.infer.modality.verdict import Null

LEVELS = np.array(
    [0.9, 0.75, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.075, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01, 0.005]
)


@dataclass(frozen=True, eq=False)
class NullLibrary:
    """Upper quantiles of each statistic under one null, and the power of the decision.

    Attributes
    ----------
    n_interior : ndarray, shape (a,)
        Interior grains, ascending.
    quantiles : dict of str to ndarray, shape (a, len(LEVELS))
        The statistic's value exceeded with probability LEVELS by the worst sigma of the worst family of null
        mosaics.
    power : ndarray, shape (a,)
        Share of mosaics with R = 3, coarse volume .3 to .6 that are called bimodal.
    power_broad : ndarray, shape (a,)
        The same where each population is broad (sigma .3 to .4).
    broad_sd : float
        SD of log diameter that 19 of 20 such broad pairs exceed.
    """

    n_interior: np.ndarray
    quantiles: dict[str, np.ndarray]
    power: np.ndarray
    power_broad: np.ndarray
    broad_sd: float

    def p_value(self, statistic: str, value: float, n_interior: int) -> float:
        """Share of null mosaics of this size with a larger value; never below the last level."""
        place = np.interp(np.log(n_interior), np.log(self.n_interior), np.arange(len(self.n_interior)))
        low = min(int(place), len(self.n_interior) - 2)
        part = place - low
        table = self.quantiles[statistic]
        line = (1 - part) * table[low] + part * table[low + 1]
        return float(np.exp(np.interp(value, line, np.log(LEVELS), left=0.0)))

    def power_at(self, n_interior: int, *, broad: bool = False) -> float:
        """Interpolated in the logarithm of the grain count."""
        curve = self.power_broad if broad else self.power
        return float(np.interp(np.log(n_interior), np.log(self.n_interior), curve))

    def grains_for_power(self, wanted: float = 0.8, *, broad: bool = False) -> int | None:
        """Interior grains at which the power reaches `wanted`; None beyond the library."""
        for n in np.unique(np.geomspace(self.n_interior[0], self.n_interior[-1], 200).astype(int)):
            if self.power_at(int(n), broad=broad) >= wanted:
                return int(n)
        return None


@lru_cache(maxsize=2)
def load_library(null: Null) -> NullLibrary:
    """The library shipped with the package (built by ``calibration/build_null_library.py``).

    The ranges of the two networks meet between two whole numbers of grains, so that no sample is read from
    quantiles of both.
    """
    source = files("grainstats.infer.modality").joinpath(f"null_{null}.npz")
    with source.open("rb") as stream, np.load(stream) as stored:

        def joined(name: str) -> np.ndarray:
            return np.concatenate([stored[f"{size}_{name}"] for size in ("small", "large")]).astype(float)

        quantiles = {name: joined(f"q_{name}") for name in STATISTICS}
        power, broad = (np.maximum.accumulate(joined(name)) for name in ("power", "power_broad"))
        return NullLibrary(joined("n_interior"), quantiles, power, broad, float(stored["broad_sd"]))
