"""What the statistics look like on mosaics of one population, matched in spread and grain count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from grainstats.infer.verdict import Null

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
    sd : ndarray, shape (b,)
        Area-weighted SD of log diameter, ascending.
    quantiles : dict of str to ndarray, shape (a, b, len(LEVELS))
        The statistic's value exceeded with probability LEVELS by the worst family of null mosaics.
    power : ndarray, shape (a,)
        Share of mosaics with R = 3, coarse volume .3 to .6 that are called bimodal.
    power_broad : ndarray, shape (a,)
        The same where each population is broad (sigma .3 to .4).
    broad_sd : float
        SD of log diameter that 19 of 20 such broad pairs exceed.
    """

    n_interior: np.ndarray
    sd: np.ndarray
    quantiles: dict[str, np.ndarray]
    power: np.ndarray
    power_broad: np.ndarray
    broad_sd: float

    def p_value(self, statistic: str, value: float, n_interior: int, sd: float) -> float:
        """Share of null mosaics of this size and spread with a larger value; never below the last level."""
        table = self.quantiles[statistic]
        i, u = _bracket(np.log(self.n_interior), np.log(n_interior))
        j, v = _bracket(np.log(self.sd), np.log(max(sd, 1e-6)))
        line = (1 - u) * ((1 - v) * table[i, j] + v * table[i, j + 1]) + u * (
            (1 - v) * table[i + 1, j] + v * table[i + 1, j + 1]
        )
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


def _bracket(axis: np.ndarray, value: float) -> tuple[int, float]:
    """Lower index and fraction along an ascending axis; held at its ends."""
    at = float(np.clip(value, axis[0], axis[-1]))
    low = int(np.clip(np.searchsorted(axis, at, side="right") - 1, 0, len(axis) - 2))
    return low, float((at - axis[low]) / (axis[low + 1] - axis[low]))


@lru_cache(maxsize=2)
def load_library(null: Null) -> NullLibrary:
    """The library shipped with the package (built by ``scripts/build_null_library.py``).

    The ranges of the two networks meet between two whole numbers of grains, so that no sample is read from
    quantiles of both.
    """
    source = files("grainstats.infer").joinpath(f"null_{null}.npz")
    with source.open("rb") as stream, np.load(stream) as stored:

        def joined(name: str) -> np.ndarray:
            return np.concatenate([stored[f"{size}_{name}"] for size in ("small", "large")]).astype(float)

        names = [k.removeprefix("small_q_") for k in stored if k.startswith("small_q_")]
        quantiles = {name: joined(f"q_{name}") for name in names}
        power, broad = (np.maximum.accumulate(joined(name)) for name in ("power", "power_broad"))
        return NullLibrary(
            joined("n_interior"), stored["sd"], quantiles, power, broad, float(stored["broad_sd"])
        )
