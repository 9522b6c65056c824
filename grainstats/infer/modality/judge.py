"""Is the boundary network of one sample uniform or bimodal, or are there not enough grains to say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grainstats.infer.modality.astm_classes import ALA_SHARE, delta_g, duplex_class, largest_grain_g
from grainstats.infer.modality.distribution import SizeDistribution, pooled_distribution
from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.modes import Modes, one_mode, two_modes, with_intervals
from grainstats.infer.modality.null_library import LEVELS, NullLibrary, load_library
from grainstats.infer.modality.shape_network import load_networks
from grainstats.infer.modality.statistics import STATISTICS, statistics_of
from grainstats.infer.modality.verdict import ModalityVerdict, Null, Verdict

LEVEL = 0.05
FEWEST_GRAINS: dict[Null, int] = {"section": 80, "columnar": 100}  # where the libraries begin
FEWEST_UNIFORM = 200  # interior grains: in fewer, all of the few coarse grains of a specimen may be missed
SMALLEST_RATIO = 2.0  # of the modes in the plane: what a ratio of 2.5 of the grains themselves comes to
SURE_LEVEL = 0.01
NEAR_RATIO = 1.5  # modes nearer than this are one population, whatever its shape
SMALLEST_SHARE = ALA_SHARE  # of the area; less are isolated coarse grains (E930), not a population
ENOUGH_POWER = 0.8
DECIDING = "shape"  # the other statistics stand beside it


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
    ((decision, modes),) = decide([distribution], null)
    if decision.p_value is None or decision.p_value >= LEVEL or decision.verdict == "uniform":
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


def decide(distributions: Sequence[SizeDistribution], null: Null) -> list[tuple[Decision, Modes]]:
    """The rule, for several samples at once: uniform, bimodal or indeterminate, and the two fitted modes."""
    library = load_library(null)
    values = statistics_of(distributions, load_networks(null))
    modes = two_modes(distributions)
    return [
        (_decide_one(d, m, _p_values(d, v, library), library, FEWEST_GRAINS[null]), m)
        for d, v, m in zip(distributions, values, modes, strict=True)
    ]


def _decide_one(
    distribution: SizeDistribution,
    modes: Modes,
    p_values: dict[str, float],
    library: NullLibrary,
    fewest: int,
) -> Decision:
    n = distribution.n_interior
    target = _grains_for_uniform(library)
    missing = max(target - n, 0) if target is not None else None
    if n < fewest:
        reason = f"only {n} interior grains; below {fewest} no call is made"
        return Decision("indeterminate", reason, None, {}, None, missing)
    p, power = p_values[DECIDING], library.power_at(n)
    doubt = _why_not_two(modes)
    shown = f"p = {p:.2g}" if p > LEVELS[-1] else f"p <= {LEVELS[-1]:g}"
    if p < LEVEL and doubt is None:
        at = " and ".join(f"{d:.3g}" for d in modes.diameter_nm)
        reason = f"two populations ({shown}): modes at {at} nm, ratio {modes.ratio:.2f}"
        return Decision("bimodal", reason, p, p_values, power, 0)
    if p < SURE_LEVEL and (modes.ratio or 1.0) >= NEAR_RATIO:
        reason = f"not one population ({shown}), but {doubt}"
        return Decision("indeterminate", reason, p, p_values, power, None)
    found = f"no sign of a second population ({shown})" if p >= LEVEL else f"{shown}, but {doubt}"
    if power < ENOUGH_POWER:
        reason = f"{found}; {n} interior grains have a power of only {power:.2f}"
        return Decision("indeterminate", reason, p, p_values, power, missing)
    if n < FEWEST_UNIFORM:
        reason = f"{found}; {n} interior grains may have missed all of a few coarse ones"
        return Decision("indeterminate", reason, p, p_values, power, missing)
    if distribution.sd > library.broad_sd and library.power_at(n, broad=True) < ENOUGH_POWER:
        needed = library.grains_for_power(ENOUGH_POWER, broad=True)
        reason = f"{found}; {_as_wide_as_two(distribution, library)}"
        more = None if needed is None else needed - n
        return Decision("indeterminate", reason, p, p_values, power, more)
    reason = f"{found}; power {power:.2f} for a size ratio of 3"
    return Decision("uniform", reason, p, p_values, power, 0)


def _grains_for_uniform(library: NullLibrary) -> int | None:
    """Interior grains from which a sample may be called uniform; None beyond the library."""
    target = library.grains_for_power(ENOUGH_POWER)
    return None if target is None else max(target, FEWEST_UNIFORM)


def _as_wide_as_two(distribution: SizeDistribution, library: NullLibrary) -> str:
    power = library.power_at(distribution.n_interior, broad=True)
    return (
        f"but two broad populations spread as widely (SD of log diameter {distribution.sd:.2f}), and "
        f"{distribution.n_interior} interior grains have a power of only {power:.2f} against them"
    )


def _why_not_two(modes: Modes) -> str | None:
    """What keeps two fitted modes from counting as two populations."""
    if (modes.ratio or 1.0) < SMALLEST_RATIO:
        return f"the modes are only {modes.ratio:.2f} apart"
    if min(modes.share) < SMALLEST_SHARE:
        return f"the smaller mode holds only {min(modes.share):.0%} of the area"
    return None


def _p_values(distribution: SizeDistribution, values: np.ndarray, library: NullLibrary) -> dict[str, float]:
    return {
        name: library.p_value(name, float(value), distribution.n_interior)
        for name, value in zip(STATISTICS, values, strict=True)
    }


def _without_grains(images: Sequence[ImageGrains], null: Null, seed: int) -> ModalityVerdict:
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
        more_grains=_grains_for_uniform(load_library(null)),
        null=null,
        stability=None,
        astm_e1181="not determined",
        delta_g=None,
        ala_g=None,
        seed=seed,
    )
