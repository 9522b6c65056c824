"""Do groups of samples differ? One value per sample and descriptor, an effect with its interval, an honest p.

Grains of one image and images of one sample are not independent: tests that count them find differences in
most comparisons where there are none.  So every test here takes one summary per sample.

Two groups: Welch's t on the logarithm of the summaries, and from four samples a group the exact permutation
beside it. More groups: Welch's ANOVA with Games-Howell intervals. Covariates or a block: a linear model with
small-sample degrees of freedom (`adjusted`). A group of a single sample enters no test, and of two groups
there is no p then. Holm over descriptors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations

import numpy as np
import pandas as pd

from grainstats.infer.comparison.adjusted import FLAT_VARIANCE, adjusted
from grainstats.infer.comparison.groupings import (
    GroupedValues,
    bare_word,
    default_descriptors,
    group_column,
    grouped_values,
    held_column,
    ordered_levels,
)
from grainstats.infer.comparison.result import Contrast, GroupComparison, VerdictComparison
from grainstats.infer.comparison.tests import (
    cliffs_delta,
    fisher_exact,
    hedges_g,
    holm,
    joint_permutation,
    permutation,
    specimen_interval,
    studentized_pair,
    welch,
    welch_anova,
)
from segment.errors import InputError

__all__ = ["Contrast", "GroupComparison", "VerdictComparison", "compare_groups", "compare_verdicts"]

VERDICTS = ("uniform", "bimodal", "indeterminate")
PERMUTATION_FROM = 4  #: samples a group: at three against three the smallest exact two-sided p is .10
NO_SCATTER = "the samples of a group do not vary at all"
MANY_GROUPS = 4  #: up to here Welch's ANOVA keeps its level with two samples in every group
FEW_GRAINS = 50  #: of a sample, below which its value is pointed at: a mean of so many is known to some 15 %


def compare_groups(
    samples: pd.DataFrame,
    by: str,
    descriptors: Sequence[str] | None = None,
    covariates: Sequence[str] = (),
    *,
    block: str | None = None,
    reference: str | None = None,
    bins: int | None = None,
    images: pd.DataFrame | None = None,
    units: Mapping[str, str] | None = None,
    seed: int = 0,
) -> list[GroupComparison]:
    """Compare every descriptor between the groups of one column, in the order of the descriptors.

    `samples` has a row per sample: ``sample_id``, `by`, the descriptors, the covariates, optionally
    ``n_images`` and ``n_grains``. `by` is a column of words, of at most six distinct numbers, or of numbers
    cut into `bins` at its quantiles.  All `descriptors` (None: every numeric column that is a measurement)
    make one family for Holm's adjustment: naming the few that matter before looking buys power.
    `covariates` are held constant by regression, numbers linearly, words as categories; the levels of
    `block` share a random intercept.  `reference` is the level in the denominator; None: "researcher" where
    there is one, else the first. `images` has a row per image, for the interval of single specimens; `units`
    are those of descriptors, else told by the name's suffix; `seed` is that of sampled permutations.

    `InputError`: unknown or unusable columns, twice the same sample.
    """
    held = [*covariates, *([block] if block else [])]
    _check(samples, [*(descriptors or ()), *held])
    label = group_column(samples, by, bins)
    levels = ordered_levels(label, reference)
    samples = samples.assign(**{name: held_column(samples[name]) for name in held})
    names = list(descriptors) if descriptors is not None else default_descriptors(samples, [by, *held])
    copies = _copies(samples, names)
    gathered = [grouped_values(samples, label, levels, name, held, copies) for name in names]
    results = [
        _compare_one(
            data, _description(data, by, (units or {}).get(data.name) or _unit(data.name)), covariates, block,
            images, seed,
        )
        for data in gathered
    ]  # fmt: skip
    adjusted = holm(np.array([np.nan if r.p_value is None else r.p_value for r in results], float))
    results = [
        replace(r, p_holm=float(p)) if np.isfinite(p) else r for r, p in zip(results, adjusted, strict=True)
    ]
    return _with_joint_permutation(results, gathered, seed)


def _with_joint_permutation(
    results: list[GroupComparison], gathered: list[GroupedValues], seed: int
) -> list[GroupComparison]:
    """Fill `p_joint` where all descriptors that are tested share their samples: whole samples move then.

    One that lacks a sample stands in the family all the same: without it others are charged too little.
    """
    chosen = [i for i, r in enumerate(results) if r.p_value is not None]
    ids = {tuple(gathered[i].rows["sample_id"]) for i in chosen}
    if len(ids) != 1 or any(results[i].p_permutation is None for i in chosen):
        return results
    values = np.stack([np.concatenate(gathered[i].groups) for i in chosen])
    adjusted = joint_permutation(values, gathered[chosen[0]].groups[0].size, seed=seed)
    filled = dict(zip(chosen, adjusted, strict=True))
    return [replace(r, p_joint=float(filled[i])) if i in filled else r for i, r in enumerate(results)]


def compare_verdicts(
    samples: pd.DataFrame, by: str, *, reference: str | None = None, bins: int | None = None
) -> VerdictComparison:
    """Count the verdicts per group and test them exactly; `samples` has ``sample_id``, `by` and ``verdict``.

    `by`, `reference` and `bins` as in `compare_groups`.
    """
    _check(samples, ["verdict"])
    label = group_column(samples, by, bins)
    levels = ordered_levels(label, reference)
    given = samples["verdict"].astype("string").str.strip().str.lower()
    table = np.array([[int(((label == level) & (given == v)).sum()) for v in VERDICTS] for level in levels])
    p_value = fisher_exact(table[:, :2])
    decided, missing = int(table[:, :2].sum()), int(label.notna().sum() - table.sum())
    reason = []
    if p_value is None and not decided:
        reason.append("no p: no sample has a decided verdict")
    elif p_value is None:
        reason.append("no p: all decided samples agree, or only one group has any")
    if open_ := int(table[:, 2].sum()):
        are = "sample is" if open_ == 1 else "samples are"
        reason.append(f"{open_} indeterminate {are} left out of the test")
    if missing:
        reason.append("1 sample has no verdict" if missing == 1 else f"{missing} samples have no verdict")
    counts = tuple(tuple(int(c) for c in row) for row in table)
    return VerdictComparison(by, levels, VERDICTS, counts, p_value, fisher_exact(table), "; ".join(reason))


def _check(samples: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [c for c in ("sample_id", *columns) if c not in samples.columns]
    if missing:
        known = ", ".join(str(c) for c in samples.columns)
        raise InputError("samples", f"no column {', '.join(missing)}", f"There are: {known}")
    if samples.columns.has_duplicates:
        several = ", ".join(map(str, samples.columns[samples.columns.duplicated()]))
        raise InputError("samples", f"several columns {several}", "Give every column a name of its own")
    ids = samples["sample_id"].map(bare_word, na_action="ignore")
    if nameless := int(ids.isna().sum()):
        raise InputError("samples", f"rows without a sample_id: {nameless}", "Name every sample")
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise InputError(
            "samples", f"several rows for {', '.join(map(str, twice))}", "Give one summary per sample"
        )


def _compare_one(
    data: GroupedValues, base: GroupComparison, covariates: Sequence[str], block: str | None,
    images: pd.DataFrame | None, seed: int,
) -> GroupComparison:  # fmt: skip
    if data.name in (base.groups, *covariates, block):
        return replace(base, reason="no p: it makes the groups, or is held constant itself")
    data, left_out = _several_samples_each(data)
    base = replace(base, notes=(*base.notes, *left_out))
    sizes, spreads = [g.size for g in data.groups], [float(g.var()) if g.size else 0.0 for g in data.groups]
    if min(sizes) == 0:
        empty = ", ".join(level for level, n in zip(data.levels, sizes, strict=True) if n == 0)
        return replace(base, reason=f"no p and no effect: no sample of {empty} has a value")
    if min(sizes) == 1:
        return _single_specimens(data, base, images)
    if not _scatter_is_known(spreads, covariates, block):
        return replace(base, reason=f"no p: {NO_SCATTER}, so chance cannot be judged")
    if covariates or block:
        return adjusted(data, base, covariates, block)
    found = _two_groups(data, base, seed) if len(base.levels) == 2 else _several_groups(data, base)
    return found if found.p_value is None else replace(found, notes=(*found.notes, *_too_sure(data)))


def _scatter_is_known(spreads: Sequence[float], covariates: Sequence[str], block: str | None) -> bool:
    """Whether a test finds the scatter that it needs; a model that leaves none says so itself."""
    flat = [spread <= FLAT_VARIANCE for spread in spreads]
    if block:
        return True  # one scatter for all groups
    if covariates:
        return all(flat) or not any(flat)
    return not any(flat) or (len(flat) == 2 and not all(flat))  # of two, one can be judged by exchange


def _several_samples_each(data: GroupedValues) -> tuple[GroupedValues, list[str]]:
    """The groups of two samples or more, where these are two or more of several; what was left out."""
    several = tuple(level for level, g in zip(data.levels, data.groups, strict=True) if g.size > 1)
    if not 2 <= len(several) < len(data.levels):
        return data, []
    inside = np.isin(data.label, several)
    out = ", ".join(level for level in data.levels if level not in several)
    note = f"left out of the test, with a single sample or none: {out}"
    kept = replace(data, rows=data.rows[inside], y=data.y[inside], label=data.label[inside], levels=several)
    return kept, [note]


def _description(data: GroupedValues, by: str, unit: str) -> GroupComparison:
    """Everything that needs no model: design, centres, effect sizes."""
    groups = data.groups
    notes = (*data.notes, *_cautions(data))
    base = GroupComparison(
        descriptor=data.name, unit=unit, groups=by, levels=data.levels,
        n_samples=tuple(g.size for g in groups),
        n_images=_sum(data, "n_images"), n_grains=_sum(data, "n_grains"),
        centres=tuple(data.back(g.mean()) if g.size else None for g in groups),
        scale=data.scale, notes=notes,
    )  # fmt: skip
    if len(groups) > 2 or min(g.size for g in groups) == 0:
        return base
    first, second = groups
    contrast = Contrast(data.levels[1], data.levels[0], data.back(second.mean() - first.mean()))
    effects = {"hedges_g": hedges_g(first, second), "cliffs_delta": cliffs_delta(first, second)}
    return base.told_by([contrast], "none", **effects)


def _cautions(data: GroupedValues) -> list[str]:
    """What a reader must know of the samples that entered."""
    found = []
    if "n_grains" in data.rows:
        grains = pd.to_numeric(data.rows["n_grains"], errors="coerce")
        few = data.rows["sample_id"][grains < FEW_GRAINS]
        if len(few):
            which = ", ".join(map(str, few))
            found.append(
                f"fewer than {FEW_GRAINS} grains stand behind {which}; each counts as much as others"
            )
    for level, values in zip(data.levels, data.groups, strict=True):
        if values.size > 1 and values.var() <= FLAT_VARIANCE:
            found.append(f"all samples of {level} have one value: are they copies of each other?")
    return found


def _copies(samples: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """A note on samples with the same numbers throughout, three fractions or more among them."""
    values = samples[list(dict.fromkeys(names))].apply(pd.to_numeric, errors="coerce")
    alike: dict[bytes, list[str]] = {}
    for sample, row in zip(samples["sample_id"], values.to_numpy(float), strict=True):
        if (np.isfinite(row) & (row != np.round(row))).sum() >= 3:
            alike.setdefault(row.tobytes(), []).append(str(sample))
    return [
        f"samples {' and '.join(ids)} have the same numbers throughout: are they one?"
        for ids in alike.values()
        if len(ids) > 1
    ]


def _too_sure(data: GroupedValues) -> list[str]:
    """A note where Welch's degrees of freedom are too many: two samples beside larger or many groups."""
    sizes = [g.size for g in data.groups if g.size > 1]
    pairs = [level for level, g in zip(data.levels, data.groups, strict=True) if g.size == 2]
    if not pairs or len(sizes) < 2 or (max(sizes) == 2 and len(sizes) <= MANY_GROUPS):
        return []
    return [
        f"only two samples in {', '.join(pairs)}: p and interval are too sure, up to one test in eight errs "
        "where one in twenty should"
    ]


def _sum(data: GroupedValues, column: str) -> tuple[int, ...]:
    if column not in data.rows:
        return tuple(0 for _ in data.levels)
    counts = pd.to_numeric(data.rows[column], errors="coerce").fillna(0).to_numpy()
    return tuple(int(counts[data.label == level].sum()) for level in data.levels)


def _two_groups(data: GroupedValues, base: GroupComparison, seed: int) -> GroupComparison:
    first, second = data.groups
    if min(first.var(), second.var()) <= FLAT_VARIANCE:
        return _one_flat(data, base, seed)
    found = welch(first, second)
    low, high = (data.back(float(end)) for end in found.interval())
    p_value, df = float(found.p_value), float(found.df)
    contrast = replace(base.contrasts[0], ci_low=low, ci_high=high, df=df, p_value=p_value)
    model = f"Welch's t on {data.summaries}, {df:.1f} degrees of freedom"
    result = base.told_by([contrast], p_value=p_value, p_welch=p_value, model=model)
    if min(first.size, second.size) < PERMUTATION_FROM:
        note = (
            f"no permutation test below {PERMUTATION_FROM} samples a group: its smallest p would be too large"
        )
        return replace(result, notes=(*result.notes, note))
    return replace(result, **asdict(permutation(*data.groups, seed=seed)))


def _one_flat(data: GroupedValues, base: GroupComparison, seed: int) -> GroupComparison:
    """Two groups, one of which does not vary: the scatter of the other says nothing of it, exchange does."""
    if min(g.size for g in data.groups) < PERMUTATION_FROM:
        remedy = f"{PERMUTATION_FROM} samples in each group allow a permutation test"
        return replace(base, reason=f"no p: {NO_SCATTER}; {remedy}")
    found = permutation(*data.groups, seed=seed)
    model = f"permutation of Welch's t on {data.summaries}, since {NO_SCATTER}"
    return replace(base, p_value=found.p_permutation, model=model, **asdict(found))


def _several_groups(data: GroupedValues, base: GroupComparison) -> GroupComparison:
    found, groups = welch_anova(data.groups), list(zip(data.levels, data.groups, strict=True))
    contrasts = [
        _games_howell(data, *other, *reference, len(groups)) for reference, other in combinations(groups, 2)
    ]
    f_words = f"F({found.df_between:g}, {found.df_within:.1f}) = {found.statistic:.2f}"
    model = f"Welch's ANOVA on {data.summaries}, {f_words}; pairs by Games-Howell"
    return base.told_by(contrasts, p_value=found.p_value, p_welch=found.p_value, model=model)


def _games_howell(
    data: GroupedValues, level: str, values: np.ndarray, reference: str, baseline: np.ndarray, k: int
) -> Contrast:
    """One pair, interval and p simultaneous over all pairs (Games & Howell 1976)."""
    pair = welch(baseline, values)
    df, error, difference = float(pair.df), float(pair.standard_error), float(pair.difference)
    half, p_value = studentized_pair(k, df, abs(difference) / error)
    low, high = data.back(difference - half * error), data.back(difference + half * error)
    return Contrast(level, reference, data.back(difference), low, high, df, p_value)


def _single_specimens(
    data: GroupedValues, base: GroupComparison, images: pd.DataFrame | None
) -> GroupComparison:
    alone = [level for level, g in zip(data.levels, data.groups, strict=True) if g.size == 1]
    listed = " and ".join(filter(None, (", ".join(alone[:-1]), alone[-1])))
    have = "has a single sample" if len(alone) == 1 else "have a single sample each"
    reason = (
        f"no p: {listed} {have}, so the spread between samples is unknown; "
        "more images or grains cannot replace a second sample"
    )
    if len(data.levels) > 2:
        return replace(base, reason=reason)
    difference = float(data.groups[1].mean() - data.groups[0].mean())
    interval = None if images is None else specimen_interval(difference, _image_values(data, images))
    if interval is None:
        return replace(base, reason=reason + "; no interval either: it needs two images of every specimen")
    low, high = (data.back(end) for end in interval)
    contrast = replace(base.contrasts[0], ci_low=low, ci_high=high)
    model = "scatter of images; these specimens only"
    return base.told_by([contrast], "images of these specimens only", model=model, reason=reason)


def _image_values(data: GroupedValues, images: pd.DataFrame) -> list[list[np.ndarray]]:
    if data.name not in images.columns:
        return [[np.empty(0)], [np.empty(0)]]
    value = pd.to_numeric(images[data.name], errors="coerce").astype(float)
    usable = np.isfinite(value) & ((value > 0) | (data.scale == "difference"))
    value = np.log(value.where(usable)) if data.scale == "ratio" else value.where(usable)
    by_sample = {sample: part.dropna().to_numpy() for sample, part in value.groupby(images["sample_id"])}
    ids = data.rows["sample_id"].to_numpy()
    return [[by_sample.get(s, np.empty(0)) for s in ids[data.label == level]] for level in data.levels]


def _unit(name: str) -> str:
    if name.startswith(("param:", "prop:")):
        return name.rpartition("_")[2] if "_" in name else "1"
    for suffix, unit in (
        ("_per_um2", "1/um2"), ("_per_um", "1/um"), ("_um2", "um2"), ("_nm2", "nm2"), ("_nm", "nm"),
        ("_um", "um"), ("_px", "px"), ("_deg", "deg"),
    ):  # fmt: skip
        if name.endswith(suffix):
            return unit
    return "1"
