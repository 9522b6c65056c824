"""What a comparison says: a row per descriptor, a contrast per pair of groups, a table of verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

ContrastScale = Literal["ratio", "difference"]
IntervalFrom = Literal["samples", "images of these specimens only", "none"]


@dataclass(frozen=True)
class Contrast:
    """One group against another."""

    level: str
    reference: str
    #: estimate, ci_low, ci_high: ratio level / reference of geometric means, or difference of means; 95 %
    estimate: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    df: float | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class GroupComparison:
    """Does one descriptor differ between groups of samples? One value per sample, never grains or images."""

    descriptor: str
    unit: str
    groups: str  #: column of the samples table that makes the groups
    levels: tuple[str, ...]  #: the reference (denominator) first; all other tuples run along it
    #: n_samples, n_images, n_grains: per group, of the samples that entered; images and grains are what
    #: stands behind them, not replicates
    n_samples: tuple[int, ...]
    n_images: tuple[int, ...]
    n_grains: tuple[int, ...]
    centres: tuple[float | None, ...]  #: geometric (ratio) or arithmetic (difference) mean per group
    scale: ContrastScale  #: ratio of geometric means, or difference where a value is zero or negative
    #: estimate, ci_low, ci_high: of the only contrast of two groups; None with more (see `contrasts`)
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    interval_from: IntervalFrom = "none"  #: images where a group has a single sample
    contrasts: tuple[Contrast, ...] = ()
    #: hedges_g, cliffs_delta: two groups only, on one value per sample; description, not tests
    hedges_g: float | None = None
    cliffs_delta: float | None = None
    p_value: float | None = None  #: of the model named in `model`; this one enters Holm's adjustment
    p_welch: float | None = None  #: Welch's t (two groups) or Welch's ANOVA (more), without covariates
    #: p_permutation: of Welch's t over the rearrangements, of two groups of 4 samples or more; how many
    #: these are, and whether all were gone over (else sampled)
    p_permutation: float | None = None
    arrangements: int | None = None
    permutation_exact: bool | None = None
    p_holm: float | None = None  #: `p_value` adjusted over all descriptors of the comparison
    #: permutation p adjusted over all descriptors together (Westfall & Young), where each has all samples; it
    #: takes into account that descriptors of the same grains are correlated
    p_joint: float | None = None
    model: str = "none"  #: in words, with degrees of freedom
    reason: str = ""  #: why there is no p, or no interval; empty where there is
    notes: tuple[str, ...] = ()  #: samples left out, the scale taken, and other things a reader must know

    def told_by(
        self, contrasts: Sequence[Contrast], interval_from: IntervalFrom = "samples", **facts: Any
    ) -> Self:
        """With these contrasts and facts; the only contrast of two groups also is the estimate."""
        if len(self.levels) == 2:
            (one,) = contrasts
            facts |= {"estimate": one.estimate, "ci_low": one.ci_low, "ci_high": one.ci_high}
        return replace(self, contrasts=tuple(contrasts), interval_from=interval_from, **facts)


@dataclass(frozen=True)
class VerdictComparison:
    """How often each verdict was given in each group."""

    groups: str
    levels: tuple[str, ...]
    verdicts: tuple[str, ...]  #: ``("uniform", "bimodal", "indeterminate")``
    counts: tuple[tuple[int, ...], ...]  #: one row per level
    #: Fisher's exact test (Freeman-Halton) over samples with a decision, uniform against bimodal: an
    #: indeterminate sample says how many grains were imaged, not what the material is
    p_value: float | None
    p_all: float | None  #: the same with the indeterminate samples as a third outcome
    reason: str  #: why there is no p, or a caution; empty otherwise
