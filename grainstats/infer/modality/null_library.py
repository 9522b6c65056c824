"""What the statistic looks like on mosaics of one and of two populations with as many grains."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from segment.choices import Null

#: probabilities whose quantiles are stored; dense around the 5 % that decide
NULL_LEVELS = np.array(
    [0.9, 0.75, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.075, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01, 0.005]
)
PAIR_RATIO = 2.5  # of the mean sizes of two populations in the plane, which "uniform" excludes
PAIR_SHARE = 0.1  # of the area that either holds at least
CLOSEST_RATIO = 2.0  #: of the pairs that set the quantiles: those named are excluded the more surely
#: what the SD of log diameter counts beside the statistic against two populations, which spread: the largest
#: of 3, 4, 6, 8 and 12 at which no pairs are called uniform more often than by the statistic and by the SD,
#: each by itself (windows of ``calibration/outside_table.py``, seeds 11 to 13)
SPREAD_WEIGHT = 3.0
KNOWN_FIELDS = 5  #: of a sample, above which very small fields get no call; no quantile is made of more
SEVERAL = 1.5  #: whole grains of a sample over those about a whole grain: above, several fields show them


@dataclass(frozen=True, eq=False)
class NullLibrary:
    """Quantiles of the statistic under one null, and the power of the decision."""

    n_interior: np.ndarray  #: shape (a,): ascending
    #: shape (a, levels): values exceeded with the probability `NULL_LEVELS` by the worst spread of any family
    #: of uniform mosaics
    one: np.ndarray
    #: shape (a, levels): values, with `SPREAD_WEIGHT` times the SD of log diameter, that the worst pairs
    #: of populations (`CLOSEST_RATIO`, `PAIR_SHARE`) fall below with probability NULL_LEVELS
    two: np.ndarray
    #: power_n, power_sd: shapes (b,) and (c,): interior grains and SDs of log diameter that a sample shows
    power_n: np.ndarray
    power_sd: np.ndarray
    #: shape (b, c): share of pairs of three times the size and .3 to .6 of the area that are called bimodal
    power: np.ndarray
    #: shift_sd, shift_field, shift_n: shapes (2,), (d,) and (e,): SD of log diameter, whole grains a field,
    #: and in all
    shift_sd: np.ndarray
    shift_field: np.ndarray
    shift_n: np.ndarray
    #: shape (2, d, e): how much larger the statistic of one population is in so small fields than `one` says
    shift: np.ndarray

    def p_value(self, value: float, sd: float, n_interior: int, per_field: float) -> float:
        """Share of uniform mosaics of this size with a larger value; never below the last level.

        `per_field`: `SizeDistribution.per_field`.  Frames cut more of the grains of several fields than
        of one with as many, and broad sizes of one population look like two then.
        """
        if n_interior > SEVERAL * per_field:
            by_field = line_at(n_interior, self.shift_n, np.moveaxis(self.shift, 2, 0))
            by_sd = line_at(per_field, self.shift_field, by_field.T)
            value -= float(np.interp(sd, self.shift_sd, by_sd))
        return probability_at(value, line_at(n_interior, self.n_interior, self.one), NULL_LEVELS)

    def pair_p_value(self, value: float, sd: float, n_interior: int) -> float:
        """Share of pairs of populations of this size that look more uniform; never below the last level.

        By value and SD of log diameter together: two sizes side by side spread, whatever their shape.
        """
        line = line_at(n_interior, self.n_interior, self.two)
        return probability_at(-value - SPREAD_WEIGHT * sd, -line, NULL_LEVELS)

    def power_at(self, n_interior: int, sd: float) -> float:
        """Interpolated in the logarithm of the grain count and in the SD of log diameter that is seen."""
        return self._power(sd)(n_interior)

    def _power(self, sd: float) -> Callable[[int], float]:
        by_sd, log_n = [np.interp(sd, self.power_sd, line) for line in self.power], np.log(self.power_n)
        return lambda n: float(np.interp(np.log(n), log_n, by_sd))

    def grains_for_power(self, wanted: float, sd: float) -> int | None:
        """Interior grains at which the power reaches `wanted`; None beyond the library."""
        power = self._power(sd)
        return fewest(self.power_n, lambda n: power(n) >= wanted)


def line_at(n_interior: float, counts: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Row of a table, one row a count of grains, interpolated in the logarithm of the count."""
    place = np.interp(np.log(n_interior), np.log(counts), np.arange(len(counts)))
    low = min(int(place), len(counts) - 2)
    part = place - low
    return np.asarray((1 - part) * table[low] + part * table[low + 1])


def fewest(counts: np.ndarray, enough: Callable[[int], bool]) -> int | None:
    """The least number of grains within ascending `counts` that is enough; None where none is."""
    tried = np.unique(np.geomspace(counts[0], counts[-1], 200).astype(int)).tolist()
    return next((n for n in tried if enough(n)), None)


def probability_at(value: float, line: np.ndarray, levels: np.ndarray) -> float:
    """Probability at which a value passes an ascending line of quantiles, which has one for each level.

    The last level, where it is beyond all of them.
    """
    if value >= line[-1]:
        return float(levels[-1])
    return float(np.exp(np.interp(value, line, np.log(levels), left=0.0)))


def p_in_words(p: float, least: float) -> str:
    """A p of `probability_at`, whose last level says no more than "at most".

    >>> p_in_words(0.0213, 0.005), p_in_words(0.005, 0.005)
    ('p = 0.021', 'p <= 0.005')
    """
    return f"p = {p:.2g}" if p > least else f"p <= {least:g}"


@lru_cache(maxsize=2)
def load_library(null: Null) -> NullLibrary:
    """The library shipped with the package.

    Built by ``calibration/build_null_library.py``; its power by ``calibration/fit_power.py``, the shift by
    ``calibration/calibrate_small_fields.py``.
    """
    tables, folder = stored_arrays(f"null_{null}.npz"), files("grainstats.infer.modality")
    power, small = (
        json.loads(folder.joinpath(f"{name}_{null}.json").read_text(encoding="utf-8"))
        for name in ("power", "small_fields")
    )
    return NullLibrary(
        *(tables[k] for k in ("n_interior", "one", "two")),
        *(np.array(power[k], float) for k in ("n_interior", "sd", "power")),
        *(np.array(small[k], float) for k in ("sd", "per_field", "n_interior", "shift")),
    )


@lru_cache(maxsize=8)
def stored_arrays(name: str) -> dict[str, np.ndarray]:
    """The arrays of a file of this folder, as double-precision numbers."""
    source = files("grainstats.infer.modality").joinpath(name)
    with source.open("rb") as stream, np.load(stream) as stored:
        return {k: stored[k].astype(float) for k in stored.files}
