"""Is the boundary network of one sample uniform or bimodal, or are there not enough grains to say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grainstats.infer.distribution import SizeDistribution, pooled_distribution
from grainstats.infer.duplex import delta_g, duplex_class, largest_grain_g
from grainstats.infer.grains import ImageGrains
from grainstats.infer.modes import Modes, one_mode, two_modes, with_intervals
from grainstats.infer.null_library import NullLibrary, load_library
from grainstats.infer.statistics import STATISTICS, statistics_of
from grainstats.infer.verdict import ModalityVerdict, Null, Verdict

LEVEL = 0.05
FEWEST_GRAINS = 100
SMALLEST_RATIO = 2.5
SMALLEST_SHARE = 0.10
ENOUGH_POWER = 0.8


@dataclass(frozen=True)
class Decision:
    """A verdict with its reason, before it is dressed with modes and standards."""

    verdict: Verdict
    reason: str
    p_value: float | None
    p_values: dict[str, float]
    power: float | None
    more_grains: int | None


def judge_modality(
    images: Sequence[ImageGrains], *, null: Null = "section", seed: int = 0
) -> ModalityVerdict:
    """Judge one sample; its images are pooled.

    Parameters
    ----------
    images : sequence of ImageGrains
    null : {"section", "columnar"}
        Uniform microstructure to compare with: plane sections of a three-dimensional mosaic, or a film whose
        grains run through its thickness.
    seed : int
        Of the bootstrap of the modes' intervals; the verdict itself uses no random number.

    Returns
    -------
    ModalityVerdict
    """
    images = [g for g in images if g.n_grains]
    n_interior = sum(g.n_interior for g in images)
    if n_interior == 0:
        return _without_grains(images, null, seed)
    distribution = pooled_distribution(images)
    modes = two_modes(distribution)
    decision = decide(distribution, modes, load_library(null))
    if decision.verdict == "uniform" or n_interior < FEWEST_GRAINS:
        modes = one_mode(distribution)
    modes = with_intervals(modes, images, np.random.default_rng(seed))
    sizes = np.concatenate([np.concatenate([g.diameter_nm, g.frame_diameter_nm]) for g in images])
    return ModalityVerdict(
        verdict=decision.verdict,
        reason=decision.reason,
        p_value=decision.p_value,
        p_values=decision.p_values,
        modes_nm=modes.diameter_nm,
        modes_ci_nm=modes.ci_nm,
        mode_fractions=modes.share,
        mode_ratio=modes.ratio,
        power=decision.power,
        n_images=len(images),
        n_grains=sum(g.n_grains for g in images),
        n_interior=n_interior,
        n_eff=distribution.n_eff,
        more_grains=decision.more_grains,
        null=null,
        stability=None,
        astm_e1181=duplex_class(distribution, modes if decision.verdict == "bimodal" else None),
        delta_g=delta_g(modes.ratio),
        ala_g=largest_grain_g(sizes),
        seed=seed,
    )


def decide(distribution: SizeDistribution, modes: Modes, library: NullLibrary) -> Decision:
    """The rule: uniform, bimodal or indeterminate."""
    n = distribution.n_interior
    target = library.grains_for_power(ENOUGH_POWER)
    missing = max(target - n, 0) if target is not None else None
    if n < FEWEST_GRAINS:
        reason = f"only {n} interior grains; below {FEWEST_GRAINS} no call is made"
        return Decision("indeterminate", reason, None, {}, None, missing)
    p_values = _p_values(distribution, library)
    p = combined_p(p_values)
    power = library.power_at(n)
    if p >= LEVEL and power >= ENOUGH_POWER:
        reason = f"no sign of a second population (p = {p:.2g}; power {power:.2f} for a size ratio of 3)"
        return Decision("uniform", reason, p, p_values, power, 0)
    if p >= LEVEL:
        reason = f"no sign of a second population, but {n} interior grains have a power of only {power:.2f}"
        return Decision("indeterminate", reason, p, p_values, power, missing)
    if (modes.ratio or 1) < SMALLEST_RATIO:
        reason = f"broader than one population (p = {p:.2g}), but the modes are only {modes.ratio:.2f} apart"
        return Decision("indeterminate", reason, p, p_values, power, None)
    if min(modes.share) < SMALLEST_SHARE:
        reason = f"a second population (p = {p:.2g}), but it holds only {min(modes.share):.0%} of the area"
        return Decision("indeterminate", reason, p, p_values, power, None)
    reason = (
        f"two populations, p = {p:.2g}: modes at {modes.diameter_nm[0]:.3g} and "
        f"{modes.diameter_nm[1]:.3g} nm, a ratio of {modes.ratio:.2f}"
    )
    return Decision("bimodal", reason, p, p_values, power, 0)


def combined_p(p_values: dict[str, float]) -> float:
    """Bonferroni over the single tests: it holds its level whatever their dependence."""
    return min(1.0, len(p_values) * min(p_values.values()))


def _p_values(distribution: SizeDistribution, library: NullLibrary) -> dict[str, float]:
    values = statistics_of([distribution])[0]
    return {
        name: library.p_value(name, float(value), distribution.n_interior, distribution.sd)
        for name, value in zip(STATISTICS, values, strict=True)
    }


def _without_grains(images: Sequence[ImageGrains], null: Null, seed: int) -> ModalityVerdict:
    target = load_library(null).grains_for_power(ENOUGH_POWER)
    return ModalityVerdict(
        verdict="indeterminate",
        reason="no grain lies wholly inside an image",
        p_value=None,
        p_values={},
        modes_nm=(),
        modes_ci_nm=(),
        mode_fractions=(),
        mode_ratio=None,
        power=None,
        n_images=len(images),
        n_grains=sum(g.n_grains for g in images),
        n_interior=0,
        n_eff=0.0,
        more_grains=target,
        null=null,
        stability=None,
        astm_e1181="not determined",
        delta_g=None,
        ala_g=None,
        seed=seed,
    )
