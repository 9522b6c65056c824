"""Is the boundary network of one sample uniform or bimodal, or are there not enough grains to say?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grainstats.infer.modality.coarse_grains import (
    ALA_SHARE,
    FEWEST_COARSE,
    CoarseGrains,
    below,
    coarse_grains,
    delta_g,
    duplex_class,
    is_population,
    largest_grain_g,
    outlier_diameter,
)
from grainstats.infer.modality.distribution import SizeDistribution, distribution_of
from grainstats.infer.modality.fields import unlike_fields
from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.modes import Modes, one_mode, two_modes, with_intervals
from grainstats.infer.modality.null_library import (
    KNOWN_FIELDS,
    NULL_LEVELS,
    PAIR_RATIO,
    PAIR_SHARE,
    load_library,
    p_in_words,
)
from grainstats.infer.modality.shape_network import MOST_GRAINS, load_network, shape_scores
from grainstats.infer.modality.verdict import ModalityVerdict, Verdict, in_sentences
from segment.choices import Null

LEVEL = 0.05  #: of false alarms and of undetected pairs: the customary 5 %
FEWEST_GRAINS = 80  # where the libraries begin
SMALLEST_RATIO = 2.0  # of the modes in the plane: what a ratio of 2.5 of the grains themselves comes to
SMALLEST_SHARE = ALA_SHARE  # of the area; less are isolated coarse grains (E930), not a population
ENOUGH_POWER = 0.8  # of what `more_grains` aims at
FEWEST_PER_FIELD = 10  # whole grains, of many fields: with fewer, one population passes for two too often
ENOUGH_PER_FIELD = 64  # whole grains, of many fields: with fewer the frame cuts .4 of the area or more
ENOUGH_FIELDS = 3  # fewer say so: what one field shows need not hold for the specimen
#: SD of log diameter below that of any mosaic of one population, those of hard cores too: nothing of the null
#: is like it, and two populations never are (windows of ``calibration/outside_table.py``)
NARROWEST = {"section": 0.19, "columnar": 0.075}

SampleGrains = Sequence[ImageGrains]


@dataclass(frozen=True, eq=False)
class Decision:
    """A verdict with its reason, and what it was made on.

    `judged` are the images whose grains decided, without isolated coarse ones that were set apart, `modes`
    the fitted modes of these; `isolated`: coarse grains that are no population; `beside`: `decide` names
    them at the end of the reason.  The other fields are those of `ModalityVerdict`.
    """

    verdict: Verdict
    reason: str
    modes: Modes
    judged: SampleGrains
    p_values: dict[str, float] = field(default_factory=dict)
    power: float | None = None
    more_grains: int | None = None
    isolated: CoarseGrains | None = None
    beside: bool = False
    excluded_ratio: float | None = None

    @property
    def p_value(self) -> float | None:
        return self.p_values.get("shape")


def judge_modality(images: SampleGrains, *, null: Null = "section", seed: int = 0) -> ModalityVerdict:
    """Judge one sample by the grains of all its images.

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
    counts: dict[str, Any] = {
        "n_images": len(images),
        "n_grains": sum(g.n_grains for g in images),
        "n_interior": n_interior,
        "null": null,
        "seed": seed,
    }
    if n_interior == 0:
        return ModalityVerdict(
            verdict="indeterminate", reason="no grain lies wholly inside an image", **counts
        )
    (found,) = decide([images], null)
    modes = with_intervals(found.modes, found.judged, np.random.default_rng(seed))
    distribution, isolated = distribution_of(images), found.isolated
    return ModalityVerdict(
        verdict=found.verdict,
        reason=found.reason,
        p_value=found.p_value,
        p_values=found.p_values,
        modes_nm=modes.diameter_nm,
        modes_ci_nm=modes.ci_nm,
        mode_fractions=modes.share,
        mode_ratio=modes.ratio,
        power=found.power,
        n_eff=distribution.n_eff,
        more_grains=found.more_grains,
        astm_e1181=_class_of(found, distribution, modes),
        delta_g=delta_g(modes.ratio),
        ala_g=largest_grain_g(np.concatenate([g.every_diameter_nm for g in images])),
        isolated_grains=isolated.n_grains if isolated else 0,
        isolated_share=isolated.area_share if isolated else 0.0,
        isolated_largest_nm=isolated.largest_nm if isolated else None,
        excluded_ratio=found.excluded_ratio,
        **counts,
    )


def _class_of(found: Decision, distribution: SizeDistribution, modes: Modes) -> str:
    """ASTM E1181's class; none where no call is made on so few grains."""
    if found.p_value is None:
        return "not determined"
    return duplex_class(distribution, modes if found.verdict == "bimodal" else None)


def decide(samples: Sequence[SampleGrains], null: Null) -> list[Decision]:
    """The rule, for several samples at once: uniform, bimodal or indeterminate.

    Every sample needs an interior grain.  Three steps: the test on all grains; what must hold besides for two
    populations (`coarse_grains`), with the test on the rest where it does not; the words.
    """
    found = [_decide_one(images, test) for images, test in zip(samples, _tested(samples, null), strict=True)]
    return [
        replace(d, reason=in_sentences(d.reason, *_said_besides(d, images)))
        for d, images in zip(found, samples, strict=True)
    ]


def _said_besides(d: Decision, images: SampleGrains) -> Iterator[str]:
    """Clauses on coarse grains that were set apart and on fields that differ."""
    if d.isolated and d.beside:
        yield f"besides, {_named(d.isolated, images)}"
    if d.p_values and d.verdict != "bimodal" and (unlike := unlike_fields(images)):
        yield unlike


@dataclass(frozen=True, eq=False)
class _Tested:
    """One sample's tests: what the rule decides on.

    `p`: against mosaics of one population; `pair_p`: against pairs of populations.
    """

    distribution: SizeDistribution
    modes: Modes
    p: float
    pair_p: float
    null: Null

    @property
    def n(self) -> int:
        return self.distribution.n_interior

    @property
    def shown(self) -> str:
        return p_in_words(self.p, NULL_LEVELS[-1])

    @property
    def p_values(self) -> dict[str, float]:
        return {"shape": self.p, "pair": self.pair_p}

    @property
    def power(self) -> float:
        return load_library(self.null).power_at(self.n, self.distribution.sd)

    @property
    def missing(self) -> int | None:
        """Interior grains missing for a power of `ENOUGH_POWER` in a sample that spreads so widely."""
        target = load_library(self.null).grains_for_power(ENOUGH_POWER, self.distribution.sd)
        return None if target is None or target <= self.n else target - self.n

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


def _tested(samples: Sequence[SampleGrains], null: Null) -> list[_Tested]:
    distributions = [distribution_of(images) for images in samples]
    library = load_library(null)
    scores = shape_scores(distributions, load_network(null))
    p, pair_p = [], []
    for value, d in zip(scores.tolist(), distributions, strict=True):
        # not because one grain is nearly all
        narrow = d.sd < NARROWEST[null] and d.n_eff > FEWEST_GRAINS / 2
        p.append(1.0 if narrow else library.p_value(value, d.sd, d.n_interior, d.per_field))
        pair_p.append(NULL_LEVELS[-1] if narrow else library.pair_p_value(value, d.sd, d.n_interior))
    unlike = [d for d, value in zip(distributions, p, strict=True) if value < LEVEL]
    fitted = iter(two_modes(unlike) if unlike else ())  # only where they matter
    modes = [next(fitted) if v < LEVEL else one_mode(d) for d, v in zip(distributions, p, strict=True)]
    return [_Tested(*parts, null) for parts in zip(distributions, modes, p, pair_p, strict=True)]


def _decide_one(images: SampleGrains, test: _Tested) -> Decision:
    if test.n < FEWEST_GRAINS:
        lie = "grain lies" if test.n == 1 else "grains lie"
        reason = f"only {test.n} {lie} wholly inside the frame; below {FEWEST_GRAINS} no call is made"
        modes = one_mode(test.distribution)
        return Decision("indeterminate", reason, modes, images, more_grains=test.missing)
    if len(images) > KNOWN_FIELDS and test.distribution.per_field < FEWEST_PER_FIELD:
        reason = (
            f"{len(images)} fields hold {test.n} whole grains: no call is made where the frame cuts nearly "
            "all of them. Take larger fields"
        )
        return Decision("indeterminate", reason, one_mode(test.distribution), images)
    if not test.two:
        outliers = coarse_grains(images, outlier_diameter(test.distribution.log_size, test.distribution.mass))
        doubted = outliers.area_share >= SMALLEST_SHARE or not test.one
        if doubted and outliers.n_grains and not is_population(outliers, len(images)):
            return _too_few_coarse(images, test, outliers)
        return _one_population(images, test, outliers)
    fine, coarse_mode = test.modes.diameter_nm
    coarse = coarse_grains(images, float(np.sqrt(fine * coarse_mode)))
    if not is_population(coarse, len(images)):
        return _too_few_coarse(images, test, coarse)
    reason = (
        f"two populations ({test.shown}): modes at {_said(images[0].unit, fine, coarse_mode)}, ratio "
        f"{test.modes.ratio:.2f}; {coarse.n_grains} coarse grains{_in_fields(coarse, images)}"
    )
    return Decision("bimodal", reason, test.modes, images, test.p_values, test.power, 0)


def _too_few_coarse(images: SampleGrains, test: _Tested, coarse: CoarseGrains) -> Decision:
    """Coarse grains that are no population, and the verdict on the rest."""
    rest = below(images, coarse.above_nm)
    inner = Decision("indeterminate", "nothing else is seen", one_mode(test.distribution), images)
    if any(g.n_interior for g in rest):
        inner = _decide_one(rest, *_tested([rest], test.null))
    if inner.verdict == "bimodal" or coarse.area_share < SMALLEST_SHARE:
        if inner.isolated and inner.beside:
            coarse = coarse_grains(images, inner.isolated.above_nm)
        return replace(inner, isolated=coarse, beside=True)
    few = f"fewer than {FEWEST_COARSE} are no population"
    if coarse.n_grains >= FEWEST_COARSE:
        few = "in one field only" if coarse.n_fields == 1 else "nearly all in one field"
    return replace(
        inner,
        verdict="indeterminate",
        reason=in_sentences(
            f"{_named(coarse, images)}: {few}", _more_fields(images), f"the rest: {inner.reason}"
        ),
        more_grains=None,
        isolated=coarse,
        beside=False,
        excluded_ratio=None,
    )


def _one_population(images: SampleGrains, test: _Tested, coarse: CoarseGrains) -> Decision:
    """No two populations: is it enough for "uniform"?"""
    isolated = coarse if coarse.n_grains else None

    def undecided(why: str, more: int | None = None) -> Decision:
        return Decision("indeterminate", why, test.modes, images, test.p_values, test.power, more, isolated)

    if test.p < LEVEL:
        return undecided(f"unlike one population ({test.shown}), but {test.doubt}")
    found = f"no sign of a second population ({test.shown})"
    if not test.one:
        why = (
            f"{found}, but two populations that are hard to see would look like this in {test.pair_p:.0%} of "
            f"samples of {min(test.n, MOST_GRAINS)} grains"
        )
        if len(images) > KNOWN_FIELDS and test.distribution.per_field < ENOUGH_PER_FIELD:
            why += (
                f". The frame cuts much of what fields of {test.distribution.per_field:.0f} whole grains "
                "show: take larger fields"
            )
        return undecided(why, test.missing)
    if coarse.area_share >= SMALLEST_SHARE:
        return undecided(in_sentences(f"{found}, but {_named(coarse, images)}", _more_fields(images)))
    these = "this field" if len(images) == 1 else f"these {len(images)} fields"
    reason = (
        f"no second population of {SMALLEST_SHARE:.0%} of the area or more shows in {these} "
        f"({test.shown}). Two populations {PAIR_RATIO:.1f} times or more apart in the plane, each on "
        f"{PAIR_SHARE:.0%} of the area or more, are excluded (p < {LEVEL:g}). Closer or smaller ones are not"
    )
    if len(images) < ENOUGH_FIELDS:
        fields = "One field" if len(images) == 1 else f"{len(images)} fields"
        reason += f". {fields} of a specimen cannot speak for all of it"
    return Decision(
        "uniform", reason, test.modes, images, test.p_values, test.power, 0, isolated, True, PAIR_RATIO
    )


def _named(coarse: CoarseGrains, images: SampleGrains) -> str:
    grains = "grain holds" if coarse.n_grains == 1 else "grains hold"
    share = f"{coarse.area_share:.1%}" if coarse.area_share >= 0.0005 else "less than 0.1%"
    many = coarse.n_grains >= FEWEST_COARSE and coarse.area_share > ALA_SHARE
    isolated, ala = ("", "") if many else ("isolated ", "ALA, ASTM E930; ")
    return (
        f"{coarse.n_grains} {isolated}coarse {grains} {share} of the area ({ala}"
        f"largest {_said(images[0].unit, coarse.largest_nm)}){_in_fields(coarse, images)}"
    )


def _said(unit: str, *lengths: float) -> str:
    """Lengths in words: in µm where one has 1000 nm or more."""
    if unit == "nm" and max(lengths) >= 1000:
        unit, lengths = "µm", tuple(length / 1000 for length in lengths)
    return f"{' and '.join(f'{length:.3g}' for length in lengths)} {unit}"


def _in_fields(coarse: CoarseGrains, images: SampleGrains) -> str:
    return f" in {coarse.n_fields} of {len(images)} fields" if len(images) > 1 else ""


def _more_fields(images: SampleGrains) -> str:
    wanted = max(ENOUGH_FIELDS - len(images), 1)
    at_least = "at least " if len(images) < ENOUGH_FIELDS else ""
    return f"take {at_least}{wanted} more field{'s' if wanted > 1 else ''}"
