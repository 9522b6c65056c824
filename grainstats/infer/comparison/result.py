"""What a comparison says: a row per descriptor, a contrast per pair of groups, a table of verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Scale = Literal["ratio", "difference"]
IntervalFrom = Literal["samples", "images of these specimens only", "none"]


@dataclass(frozen=True)
class Contrast:
    """One group against another.

    Attributes
    ----------
    level, reference : str
    estimate, ci_low, ci_high : float or None
        Ratio level / reference of geometric means, or difference of means, with its 95 % interval.
    df, p_value : float or None
    """

    level: str
    reference: str
    estimate: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    df: float | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class GroupComparison:
    """Does one descriptor differ between groups of samples? One value per sample, never grains or images.

    Attributes
    ----------
    descriptor, unit : str
    groups : str
        Column of the samples table that makes the groups.
    levels : tuple of str
        The reference (denominator) first. All other tuples run along it.
    n_samples, n_images, n_grains : tuple of int
        Per group, of the samples that entered; images and grains are what stands behind them, not replicates.
    centres : tuple of float or None
        Geometric (ratio) or arithmetic (difference) mean per group.
    scale : {"ratio", "difference"}
        Of the estimate: ratio of geometric means, or difference where a value is zero or negative.
    estimate, ci_low, ci_high : float or None
        Of the only contrast with two groups; None with more (see `contrasts`).
    interval_from : str
        ``"samples"``, or ``"images of these specimens only"`` where a group has a single sample.
    contrasts : tuple of Contrast
    hedges_g, cliffs_delta : float or None
        Two groups only, on one value per sample; description, not tests.
    p_value : float or None
        Of the model named in `model`; this one enters Holm's adjustment.
    p_welch : float or None
        Welch's t (two groups) or Welch's ANOVA (more), without covariates.
    p_permutation : float or None
        Of Welch's t over the rearrangements, from 4 samples a group, two groups.
    arrangements : int or None
    permutation_exact : bool or None
        All arrangements enumerated; False: sampled.
    p_holm : float or None
        `p_value` adjusted over all descriptors of the comparison.
    p_joint : float or None
        Permutation p adjusted over all descriptors together (Westfall & Young), where each has all samples;
        it takes into account that descriptors of the same grains are correlated.
    model : str
        In words, with degrees of freedom.
    reason : str
        Why there is no p, or no interval; empty where there is.
    notes : tuple of str
        Samples left out, the scale taken, and other things a reader must know.
    """

    descriptor: str
    unit: str
    groups: str
    levels: tuple[str, ...]
    n_samples: tuple[int, ...]
    n_images: tuple[int, ...]
    n_grains: tuple[int, ...]
    centres: tuple[float | None, ...]
    scale: Scale
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    interval_from: IntervalFrom = "none"
    contrasts: tuple[Contrast, ...] = ()
    hedges_g: float | None = None
    cliffs_delta: float | None = None
    p_value: float | None = None
    p_welch: float | None = None
    p_permutation: float | None = None
    arrangements: int | None = None
    permutation_exact: bool | None = None
    p_holm: float | None = None
    p_joint: float | None = None
    model: str = "none"
    reason: str = ""
    notes: tuple[str, ...] = ()

    def told_by(
        self, contrasts: Sequence[Contrast], interval_from: IntervalFrom = "samples", **facts: Any
    ) -> GroupComparison:
        """With these contrasts and facts; the only contrast of two groups also is the estimate."""
        if len(self.levels) == 2:
            (one,) = contrasts
            facts |= {"estimate": one.estimate, "ci_low": one.ci_low, "ci_high": one.ci_high}
        return replace(self, contrasts=tuple(contrasts), interval_from=interval_from, **facts)


@dataclass(frozen=True)
class VerdictComparison:
    """How often each verdict was given in each group.

    Attributes
    ----------
    groups : str
    levels : tuple of str
    verdicts : tuple of str
        ``("uniform", "bimodal", "indeterminate")``.
    counts : tuple of tuple of int
        One row per level.
    p_value : float or None
        Fisher's exact test (Freeman-Halton) over samples with a decision, uniform against bimodal: an
        indeterminate sample says how many grains were imaged, not what the material is.
    p_all : float or None
        The same with the indeterminate samples as a third outcome.
    reason : str
        Why there is no p, or a caution; empty otherwise.
    """

    groups: str
    levels: tuple[str, ...]
    verdicts: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    p_value: float | None
    p_all: float | None
    reason: str
