"""Is the boundary network of one sample uniform or bimodal, or are there not enough grains to say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from grainstats.infer.modality.astm_classes import ALA_SHARE, delta_g, duplex_class, largest_grain_g
from grainstats.infer.modality.coarse_grains import (
    FEWEST_COARSE,
    CoarseGrains,
    below,
    coarse_grains,
    is_population,
    outlier_diameter,
)
from grainstats.infer.modality.distribution import SizeDistribution, pooled_distribution
from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.modes import Modes, one_mode, two_modes, with_intervals
from grainstats.infer.modality.null_library import LEVELS, PAIR_RATIO, PAIR_SHARE, NullLibrary, load_library
from grainstats.infer.modality.shape_network import load_network, shape_scores
from grainstats.infer.modality.verdict import ModalityVerdict, Null, Verdict

LEVEL = 0.05  #: of false alarms and of undetected pairs: the customary 5 %
FEWEST_GRAINS = 80  # where the libraries begin
SMALLEST_RATIO = 2.0  # of the modes in the plane: what a ratio of 2.5 of the grains themselves comes to
SMALLEST_SHARE = ALA_SHARE  # of the area; less are isolated coarse grains (E930), not a population
ENOUGH_POWER = 0.8  # of what `more_grains` aims at
ENOUGH_FIELDS = 3  # fewer say so: what one field shows need not hold for the specimen


@dataclass(frozen=True)
class Decision:
    """A verdict with its reason, before it is dressed with modes and standards.

    `isolated`: coarse grains that are too few, or in too few fields, for a population; `excluded_ratio`: of
    "uniform", as in `ModalityVerdict`.
    """

    verdict: Verdict
    reason: str
    p_value: float | None
    p_values: dict[str, float]
    power: float | None
    more_grains: int | None
    isolated: CoarseGrains | None = None
    excluded_ratio: float | None = None


Sample = Sequence[ImageGrains]


def judge_modality(images: Sample, *, null: Null = "section", seed: int = 0) -> ModalityVerdict:
    """Judge one sample; its images are pooled.

    Parameters
    ----------
    images : sequence of ImageGrains
        Each of a field of its own: pictures of one field count once.
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
    n_grains = sum(g.n_grains for g in images)
    if n_interior == 0:
        return ModalityVerdict(
            verdict="indeterminate",
            reason="no grain lies wholly inside an image",
            n_images=len(images),
            n_grains=n_grains,
            n_interior=0,
            null=null,
            seed=seed,
        )
    distribution = pooled_distribution(images)
    ((decision, modes),) = decide([images], null)
    if decision.verdict != "bimodal" and (decision.p_value is None or decision.p_value >= LEVEL):
        modes = one_mode(distribution)
    elif decision.verdict == "bimodal" and modes.ratio is None:  # two populations beside isolated grains
        (modes,) = two_modes([distribution])
    modes = with_intervals(modes, images, np.random.default_rng(seed))
    sizes = np.concatenate([np.concatenate([g.diameter_nm, g.frame_diameter_nm]) for g in images])
    isolated = decision.isolated
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
        n_grains=n_grains,
        n_interior=n_interior,
        n_eff=distribution.n_eff,
        more_grains=decision.more_grains,
        null=null,
        astm_e1181=duplex_class(distribution, modes if decision.verdict == "bimodal" else None),
        delta_g=delta_g(modes.ratio),
        ala_g=largest_grain_g(sizes),
        seed=seed,
        isolated_grains=isolated.n_grains if isolated else 0,
        isolated_share=isolated.area_share if isolated else 0.0,
        isolated_largest_nm=isolated.largest_nm if isolated else None,
        excluded_ratio=decision.excluded_ratio,
    )


def decide(samples: Sequence[Sample], null: Null) -> list[tuple[Decision, Modes]]:
    """The rule, for several samples at once: uniform, bimodal or indeterminate, and the fitted modes.

    Every sample needs an interior grain.  Three steps: the test on all grains; what must hold besides for two
    populations (`coarse_grains`), with the test on the rest where it does not; the words.
    """
    found = _tested(samples, null)
    return [(_decide_one(images, t, null), t.modes) for images, t in zip(samples, found, strict=True)]


@dataclass(frozen=True, eq=False)
class _Tested:
    """One sample's tests: what the rule decides on.

    `p`: against mosaics of one population; `pair_p`: against pairs of populations.
    """

    distribution: SizeDistribution
    modes: Modes
    p: float
    pair_p: float

    @property
    def shown(self) -> str:
        return f"p = {self.p:.2g}" if self.p > LEVELS[-1] else f"p <= {LEVELS[-1]:g}"

    @property
    def p_values(self) -> dict[str, float]:
        return {"shape": self.p, "pair": self.pair_p}

    @property
    def doubt(self) -> str | None:
        """What keeps two fitted modes from counting as two populations."""
        if (self.modes.ratio or 1.0) < SMALLEST_RATIO:
            return f"the modes are only a factor of {self.modes.ratio:.2f} apart"
        if min(self.modes.share) < SMALLEST_SHARE:
            return f"the smaller mode holds only {min(self.modes.share):.0%} of the area"
        return None

    @property
    def two(self) -> bool:
        return self.p < LEVEL and self.doubt is None

    @property
    def one(self) -> bool:
        return self.p >= LEVEL > self.pair_p


def _tested(samples: Sequence[Sample], null: Null) -> list[_Tested]:
    distributions = [pooled_distribution(images) for images in samples]
    library = load_library(null)
    scores = shape_scores(distributions, load_network(null))
    n = [d.n_interior for d in distributions]
    p, pair_p = (
        [read(float(value), k) for value, k in zip(scores, n, strict=True)]
        for read in (library.p_value, library.pair_p_value)
    )
    unlike = [k for k, value in enumerate(p) if value < LEVEL]  # two modes are fitted only where they matter
    modes = [one_mode(d) for d in distributions]
    for k, found in zip(unlike, two_modes([distributions[k] for k in unlike]) if unlike else [], strict=True):
        modes[k] = found
    return [_Tested(*parts) for parts in zip(distributions, modes, p, pair_p, strict=True)]


def _decide_one(images: Sample, test: _Tested, null: Null) -> Decision:
    library, n, sd = load_library(null), test.distribution.n_interior, test.distribution.sd
    if n < FEWEST_GRAINS:
        reason = f"only {n} grains lie wholly inside the frame; below {FEWEST_GRAINS} no call is made"
        return Decision("indeterminate", reason, None, {}, None, _missing(library, test))
    if not test.two:
        outliers = coarse_grains(images, outlier_diameter(test.distribution.log_size, test.distribution.mass))
        doubted = outliers.area_share >= SMALLEST_SHARE or not test.one
        if doubted and outliers.n_grains and not is_population(outliers, len(images)):
            return _too_few_coarse(images, test, outliers, null)
        return _one_population(images, test, outliers, library)
    fine, coarse_mode = test.modes.diameter_nm
    coarse = coarse_grains(images, float(np.sqrt(fine * coarse_mode)))
    if not is_population(coarse, len(images)):
        return _too_few_coarse(images, test, coarse, null)
    at = " and ".join(f"{d:.3g}" for d in test.modes.diameter_nm)
    reason = (
        f"two populations ({test.shown}): modes at {at} nm, ratio {test.modes.ratio:.2f}; "
        f"{coarse.n_grains} coarse grains{_in_fields(coarse, images)}"
    )
    return Decision("bimodal", reason, test.p, test.p_values, library.power_at(n, sd), 0)


def _too_few_coarse(images: Sample, test: _Tested, coarse: CoarseGrains, null: Null) -> Decision:
    """Coarse grains that are no population, and the verdict on the rest."""
    rest = below(images, coarse.above_nm)
    inner = Decision("indeterminate", "nothing else is seen", None, {}, None, None)
    if any(g.n_interior for g in rest):
        ((inner, _),) = decide([rest], null)
    named = _named(coarse, images)
    if inner.verdict == "bimodal" or coarse.area_share < SMALLEST_SHARE:
        reason = inner.reason
        if inner.isolated and reason.endswith(named_too := f"; besides, {_named(inner.isolated, rest)}"):
            reason = reason.removesuffix(named_too)
            coarse = coarse_grains(images, inner.isolated.above_nm)
        return replace(inner, reason=f"{reason}; besides, {_named(coarse, images)}", isolated=coarse)
    few = (
        "in one field only"
        if coarse.n_grains >= FEWEST_COARSE
        else f"fewer than {FEWEST_COARSE} are no population"
    )
    reason = f"{named}: {few}; {_more_fields(images)}. The rest: {inner.reason}"
    return replace(
        inner, verdict="indeterminate", reason=reason, more_grains=None, isolated=coarse, excluded_ratio=None
    )


def _one_population(images: Sample, test: _Tested, coarse: CoarseGrains, library: NullLibrary) -> Decision:
    """No two populations: is it enough for "uniform"?"""
    n = test.distribution.n_interior
    power = library.power_at(n, test.distribution.sd)
    isolated = coarse if coarse.n_grains else None

    def undecided(why: str, more: int | None) -> Decision:
        return Decision("indeterminate", why, test.p, test.p_values, power, more, isolated)

    if test.p < LEVEL:
        return undecided(f"unlike one population ({test.shown}), but {test.doubt}", None)
    found = f"no sign of a second population ({test.shown})"
    if not test.one:
        why = (
            f"{found}, but two populations that are hard to see would look like this in {test.pair_p:.0%} of "
            f"samples of {n} grains (SD of log diameter {test.distribution.sd:.2f})"
        )
        return undecided(why, _missing(library, test))
    if coarse.area_share >= SMALLEST_SHARE:
        return undecided(f"{found}, but {_named(coarse, images)}; {_more_fields(images)}", None)
    reason = (
        f"no second population of {SMALLEST_SHARE:.0%} of the area or more shows in {_these_fields(images)} "
        f"({test.shown}); two populations {PAIR_RATIO:.1f} times or more apart in the plane, each on "
        f"{PAIR_SHARE:.0%} of the area or more, are excluded (p < {LEVEL:g}), closer or smaller ones are not"
    )
    if len(images) < ENOUGH_FIELDS:
        reason += f"; {_so_few(images)} of a specimen cannot speak for all of it"
    if isolated:
        reason += f"; {_named(coarse, images)}"
    return Decision("uniform", reason, test.p, test.p_values, power, 0, isolated, PAIR_RATIO)


def _named(coarse: CoarseGrains, images: Sample) -> str:
    grains = (
        "1 isolated coarse grain holds"
        if coarse.n_grains == 1
        else f"{coarse.n_grains} isolated coarse grains hold"
    )
    return (
        f"{grains} {coarse.area_share:.1%} of the area (ALA, ASTM E930; largest {coarse.largest_nm:.3g} nm)"
        f"{_in_fields(coarse, images)}"
    )


def _in_fields(coarse: CoarseGrains, images: Sample) -> str:
    return f" in {coarse.n_fields} of {len(images)} fields" if len(images) > 1 else ""


def _these_fields(images: Sample) -> str:
    return "this field" if len(images) == 1 else f"these {len(images)} fields"


def _so_few(images: Sample) -> str:
    return "one field" if len(images) == 1 else f"{len(images)} fields"


def _more_fields(images: Sample) -> str:
    wanted = max(ENOUGH_FIELDS - len(images), 1)
    at_least = "at least " if len(images) < ENOUGH_FIELDS else ""
    return f"take {at_least}{wanted} more field{'s' if wanted > 1 else ''}"


def _missing(library: NullLibrary, test: _Tested) -> int | None:
    """Interior grains missing for a decision about a sample that spreads so widely."""
    target = library.grains_for_power(ENOUGH_POWER, test.distribution.sd)
    more = None if target is None else target - test.distribution.n_interior
    return more if more is None or more > 0 else None
