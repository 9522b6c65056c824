"""Uniform, bimodal, or not enough grains to say: the verdict on the grain size of a volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from grainstats.infer.modality.verdict import Verdict
from grainstats.infer.volume_modality.sizes import VolumeSizes
from grainstats.infer.volume_modality.two_normals import SMALLEST_SHARE, TwoPopulations, fit_populations
from grainstats.measure.volume import VolumeMeasurement

LEVEL = 0.05  #: of the test
FEWEST_GRAINS = 30  #: interior grains, where the table of the null begins
FEWEST_UNIFORM = 200  #: in fewer, all of a few coarse grains may be missed, as in the plane
FEWEST_COARSE = 5  #: grains that make a population, those included whose visible part alone is coarse
FEWEST_WHOLE = 2  #: of them seen whole
SMALLEST_RATIO = 2.0  #: of the modes, as in the plane
ENOUGH_POWER = 0.8  #: to call a volume uniform; the usual convention (Cohen 1988)
STANDS_OUT = 7.0  #: `VolumeSizes.largest_out` of a grain that is none of the rest; the null's reach 5.5
LARGE_AT_FRAME = 1.3  #: times the largest whole grain: a cut grain that no whole one stands for
REPEATS = 60  #: of the bootstrap of the modes


@dataclass(frozen=True)
class VolumeVerdict:
    """Is the grain size of one volume one population or two?

    Attributes
    ----------
    verdict : {"uniform", "bimodal", "indeterminate"}
    reason : str
        What decided, or what was missing.
    p_value : float or None
        Against mosaics of one population; None where no test was made.
    modes_nm : tuple of float
        Geometric mean diameter (by number) of each population, ascending; one or two.
    modes_ci_nm : tuple of (float, float)
        95 % intervals; empty where none can be given.
    mode_fractions : tuple of float
        Of the volume of the grains.
    mode_ratio : float or None
    power : float or None
        Share of mosaics with so many grains that are called bimodal, at a size ratio of 3 and a coarse volume
        of .3 to .6.
    n_interior : int
    n_eff : float
        Kish effective number under the weights.
    more_grains : int or None
        Interior grains missing for a decision; 0 when decided; None when more would not decide.
    seed : int
    """

    verdict: Verdict
    reason: str
    p_value: float | None
    modes_nm: tuple[float, ...]
    modes_ci_nm: tuple[tuple[float, float], ...]
    mode_fractions: tuple[float, ...]
    mode_ratio: float | None
    power: float | None
    n_interior: int
    n_eff: float
    more_grains: int | None
    seed: int


@dataclass(frozen=True, eq=False)
class NullTable:
    """Upper quantiles of the statistic in mosaics of one population, and the power of the verdict.

    Attributes
    ----------
    n_interior : ndarray, shape (a,)
    levels : ndarray, shape (b,)
        Descending probabilities.
    quantiles : ndarray, shape (a, b)
        Value exceeded with that probability in the worst family of mosaics.
    power : ndarray, shape (a,)
    narrow : ndarray, shape (a,)
        `VolumeSizes.spread` below which 5 % of the mosaics of two populations would be called uniform, in the
        worst family.
    """

    n_interior: np.ndarray
    levels: np.ndarray
    quantiles: np.ndarray
    power: np.ndarray
    narrow: np.ndarray

    def p_value(self, statistic: float, n: int) -> float:
        """Share of null mosaics with a larger value; never below the last level."""
        log = np.log(self.n_interior)
        line = np.array([np.interp(np.log(n), log, column) for column in self.quantiles.T])
        line = np.maximum.accumulate(line) + 1e-9 * np.arange(len(line))
        return float(np.exp(np.interp(statistic, line, np.log(self.levels), left=0.0)))

    def power_at(self, n: int) -> float:
        return self._at(n, self.power)

    def narrow_at(self, n: int) -> float:
        return self._at(n, self.narrow)

    def _at(self, n: int, column: np.ndarray) -> float:
        return float(np.interp(np.log(n), np.log(self.n_interior), column))

    def grains_to_call_uniform(self, spread: float = np.inf) -> int | None:
        """Interior grains at which power, or so small a spread, allows `uniform`; None beyond the table."""
        for n in np.unique(np.geomspace(self.n_interior[0], self.n_interior[-1], 200).astype(int)):
            if self.power_at(int(n)) >= ENOUGH_POWER or spread < self.narrow_at(int(n)):
                return max(int(n), FEWEST_UNIFORM)
        return None


@lru_cache(maxsize=1)
def load_null() -> NullTable:
    """The table shipped with the package, made by ``calibration/volume_null.py``."""
    source = files("grainstats.infer.volume_modality").joinpath("null_volumes.npz")
    with source.open("rb") as stream, np.load(stream) as stored:
        kept = {name: stored[name].astype(float) for name in stored}
    return NullTable(**{**kept, "power": np.maximum.accumulate(kept["power"])})


@dataclass(frozen=True)
class Modes:
    """Geometric mean diameters by number, and shares of the volume, of one or two populations."""

    diameter: tuple[float, ...]
    share: tuple[float, ...]
    n_coarse: int = 0
    n_coarse_whole: int = 0

    @property
    def ratio(self) -> float | None:
        return self.diameter[1] / self.diameter[0] if len(self.diameter) == 2 else None

    @classmethod
    def of(cls, sizes: VolumeSizes, limit: float) -> Modes:
        """Of the grains below and above a limit; one where either side is empty."""
        parts = [p for p in (sizes.diameter <= limit, sizes.diameter > limit) if p.any()]
        whole = int((sizes.diameter > limit).sum()) if len(parts) == 2 else 0
        log, volume = np.log(sizes.diameter), sizes.weight * sizes.diameter**3
        return cls(
            tuple(float(np.exp(np.average(log[p], weights=sizes.weight[p]))) for p in parts),
            tuple(float(volume[p].sum() / volume.sum()) for p in parts),
            whole + int((sizes.cut_diameter > limit).sum()),
            whole,
        )


@dataclass(frozen=True)
class Decision:
    """A verdict with its reason, before it is dressed with modes."""

    verdict: Verdict
    reason: str
    p_value: float | None
    power: float | None
    more_grains: int | None
    modes: Modes


def decide(samples: Sequence[VolumeSizes]) -> list[Decision]:
    """The rule, for several samples at once."""
    table = load_null()
    enough = [s for s in samples if s.n_interior >= FEWEST_GRAINS]
    fits = iter(fit_populations(enough) if enough else [])
    return [
        _too_few(s, table) if s.n_interior < FEWEST_GRAINS else _decide_one(s, next(fits), table)
        for s in samples
    ]


def _too_few(sizes: VolumeSizes, table: NullTable) -> Decision:
    n = sizes.n_interior
    reason = f"only {n} interior grains; below {FEWEST_GRAINS} no call is made"
    target = table.grains_to_call_uniform()
    one = Modes.of(sizes, np.inf) if n else Modes((), ())
    return Decision("indeterminate", reason, None, None, None if target is None else target - n, one)


def _decide_one(sizes: VolumeSizes, fit: TwoPopulations, table: NullTable) -> Decision:
    n = sizes.n_interior
    p, power = table.p_value(fit.statistic, n), table.power_at(n)
    target = table.grains_to_call_uniform(sizes.spread)
    missing = None if target is None else max(target - n, 0)
    shown = f"p = {p:.2g}" if p > table.levels[-1] else f"p <= {table.levels[-1]:g}"
    one, two = Modes.of(sizes, np.inf), Modes.of(sizes, fit.limit)
    if p < LEVEL:
        doubt = _why_not_two(two)
        if doubt is not None:
            return Decision(
                "indeterminate", f"not one population ({shown}), but {doubt}", p, power, None, one
            )
        at = " and ".join(f"{d:.3g}" for d in two.diameter)
        reason = f"two populations ({shown}): modes at {at} nm, ratio {two.ratio:.2f}"
        return Decision("bimodal", reason, p, power, 0, two)
    found = f"no sign of a second population ({shown})"
    alone = large_alone(sizes)
    if alone is not None:
        return Decision("indeterminate", f"{found}, but {alone}", p, power, missing or None, one)
    if n < FEWEST_UNIFORM:
        reason = f"{found}; {n} interior grains may have missed all of a few coarse ones"
        return Decision("indeterminate", reason, p, power, missing, one)
    if power >= ENOUGH_POWER:
        return Decision("uniform", f"{found}; power {power:.2f} for a size ratio of 3", p, power, 0, one)
    if sizes.spread < table.narrow_at(n):
        reason = f"{found}; sizes lie closer together than those of two populations of a ratio of 3"
        return Decision("uniform", reason, p, power, 0, one)
    reason = f"{found}; {n} interior grains of such a spread have a power of only {power:.2f}"
    return Decision("indeterminate", reason, p, power, missing, one)


def large_alone(sizes: VolumeSizes) -> str | None:
    """A large grain that makes no population but might belong to one."""
    if sizes.cut_diameter.size and sizes.cut_diameter.max() > LARGE_AT_FRAME * sizes.diameter.max():
        return "the frame cuts grains larger than any seen whole"
    return "one grain is far larger than all others" if sizes.largest_out > STANDS_OUT else None


def _why_not_two(modes: Modes) -> str | None:
    """What keeps a fit from counting as two populations."""
    if modes.ratio is None or modes.ratio < SMALLEST_RATIO:
        return f"the modes are only {modes.ratio or 1:.2f} apart"
    if modes.n_coarse < FEWEST_COARSE or modes.n_coarse_whole < FEWEST_WHOLE:
        return (
            f"of {modes.n_coarse} coarse grains {modes.n_coarse_whole} are seen whole; a population needs "
            f"{FEWEST_COARSE} and {FEWEST_WHOLE}"
        )
    if min(modes.share) < SMALLEST_SHARE:
        return f"the smaller mode holds only {min(modes.share):.0%} of the volume"
    return None


def judge_volume(measured: VolumeMeasurement, *, seed: int = 0) -> VolumeVerdict:
    """Judge the grain sizes of one measured volume.

    Parameters
    ----------
    measured : VolumeMeasurement
    seed : int
        Of the bootstrap of the modes' intervals; the verdict itself uses no random number.
    """
    sizes = VolumeSizes.of(measured)
    if sizes.n_interior == 0:
        return no_verdict("no grain lies wholly inside the volume", len(measured.grains), seed)
    (decision,) = decide([sizes])
    modes = decision.modes
    return VolumeVerdict(
        verdict=decision.verdict,
        reason=decision.reason,
        p_value=decision.p_value,
        modes_nm=modes.diameter,
        modes_ci_nm=_intervals(sizes, modes, np.random.default_rng(seed)),
        mode_fractions=modes.share,
        mode_ratio=modes.ratio,
        power=decision.power,
        n_interior=sizes.n_interior,
        n_eff=sizes.n_eff,
        more_grains=decision.more_grains,
        seed=seed,
    )


def no_verdict(reason: str, n_grains: int, seed: int) -> VolumeVerdict:
    """Of a volume in which no grain is seen whole, or none was looked for."""
    missing = load_null().grains_to_call_uniform() if n_grains else None
    return VolumeVerdict("indeterminate", reason, None, (), (), (), None, None, 0, 0.0, missing, seed)


def _intervals(sizes: VolumeSizes, modes: Modes, rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    """Percentile intervals of the modes by resampling grains."""
    n = sizes.n_interior
    if n < FEWEST_GRAINS:
        return ()
    drawn = []
    for _ in range(REPEATS):
        k = rng.integers(n, size=n)
        drawn.append(replace(sizes, diameter=sizes.diameter[k], weight=sizes.weight[k]))
    if modes.ratio is None:
        limits = [np.inf] * REPEATS
    else:
        limits = [f.limit for f in fit_populations(drawn)]
    again = [Modes.of(d, limit).diameter for d, limit in zip(drawn, limits, strict=True)]
    low, high = np.quantile([m for m in again if len(m) == len(modes.diameter)], [0.025, 0.975], axis=0)
    return tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))


def volume_modality_json(verdict: VolumeVerdict) -> dict[str, Any]:
    """The verdict as the `modality` object of `--json`, with the names that `grainstats measure` uses."""
    return {
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "p_value": verdict.p_value,
        "modes_nm": list(verdict.modes_nm),
        "modes_ci_nm": [list(ci) for ci in verdict.modes_ci_nm],
        "mode_fractions": list(verdict.mode_fractions),
        "mode_ratio": verdict.mode_ratio,
        "power": verdict.power,
        "n_interior": verdict.n_interior,
        "n_eff": verdict.n_eff,
        "more_grains": verdict.more_grains,
        "null": "volume",
        "stability": None,
        "seed": verdict.seed,
    }
