"""The comparison in words: a paragraph that a results section could start from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from grainstats.infer.comparison.groups import GroupComparison, VerdictComparison
from grainstats.run.report.loop_charts import unit_words
from grainstats.run.report.wording import counted, number

NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
LEVEL_NAMES = {"ai": "AI-designed", "researcher": "researcher-designed"}
NAMES = {
    "intercept_cv": "coefficient of variation of the intercepts",
    "equivalent_diameter_cv": "coefficient of variation of the grain diameters",
    "equivalent_diameter_mean_nm": "mean grain diameter",
    "equivalent_diameter_median_nm": "median grain diameter",
    "equivalent_diameter_area_weighted_mean_nm": "area-weighted mean grain diameter",
    "triple_junctions_per_um2": "density of triple junctions",
    "surface_density_per_um": "boundary area per volume",
}
UNIT_SUFFIXES = ("_per_um2", "_per_um", "_um2", "_nm2", "_nm", "_um", "_deg", "_px")


def spelled(number: int) -> str:
    """Number as a word up to twelve."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def plain_name(descriptor: str) -> str:
    """``"intercept_mean_nm"`` -> ``"mean intercept"``, ``"prop:jc_kA/cm2"`` -> ``"jc"``."""
    if descriptor in NAMES:
        return NAMES[descriptor]
    if descriptor.startswith("prop:"):
        return group_title(descriptor)
    name = descriptor
    for suffix in UNIT_SUFFIXES:
        if name.endswith(suffix):
            name = name[: -len(suffix)]
            break
    words = name.replace("_", " ").replace(" cv", " coefficient of variation")
    for statistic in ("area weighted mean", "mean", "median"):
        if words.endswith(f" {statistic}"):
            return (
                f"{statistic.replace('area weighted', 'area-weighted')} {words.removesuffix(f' {statistic}')}"
            )
    return words


def signed(value: float, digits: int = 2) -> str:
    """A number with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "−")


def level_name(level: str, by: str = "") -> str:
    """A group's name in tables and legends: ``"AI-designed"``, ``"≤ 612 °C"``."""
    return LEVEL_NAMES.get(level) or f"{level} {_unit_of(by)}".strip()


def group_title(by: str) -> str:
    """What the groups are made by: ``"param:anneal_temperature_degC"`` -> ``"anneal temperature"``."""
    kind, _, name = by.rpartition(":")
    return (name.rpartition("_")[0] if kind and "_" in name else name).replace("_", " ")


def _unit_of(by: str) -> str:
    """Unit of the column that makes the groups; empty for words and pure numbers."""
    kind, _, name = by.rpartition(":")
    unit = name.rpartition("_")[2] if kind else ""
    return "" if unit in ("category", "1") else unit_words(unit)


def members(count: int, level: str, by: str) -> str:
    """``"six AI-designed samples"``, ``"four samples of anneal temperature ≤ 612 °C"``."""
    samples = "sample" if count == 1 else "samples"
    if level in LEVEL_NAMES:
        return f"{spelled(count)} {LEVEL_NAMES[level]} {samples}"
    return f"{spelled(count)} {samples} of {group_title(by)} {level_name(level, by)}"


def units(unit: str) -> str:
    """Unit of a value in a sentence, with its space; empty for pure numbers."""
    return "" if unit == "1" else f" {unit_words(unit)}"


def p_words(p: float | None) -> str:
    """``"p = .031"``, ``"p < .001"``."""
    if p is None:
        return "no p"
    if p < 0.001:
        return "p < .001"
    text = f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
    return f"p = {text.removeprefix('0')}" if p < 1 else "p = 1"


def sentence(c: GroupComparison, family: int) -> str:
    """One descriptor, two groups, with an interval: effect first, then its interval, then the tests."""
    name = plain_name(c.descriptor)
    if c.estimate is None:
        return f"For the {name}: {c.reason or 'no comparison'}."
    of, other = (level_name(level, c.groups) for level in (c.levels[1], c.levels[0]))
    if c.scale == "ratio":
        effect = f"the {name} of the {of} samples was {c.estimate:.2f} times that of the {other} ones"
    else:
        difference = f"{c.estimate:+.3g}{units(c.unit)}".replace("-", "−")
        effect = f"the {name} of the {of} samples differed by {difference} from the {other} ones"
    if c.interval_from == "images of these specimens only":
        return f"In these specimens only, {effect} (95 % CI over images {interval_words(c)})."
    return f"{effect[0].upper()}{effect[1:]} ({_evidence(c, family)})."


def _evidence(c: GroupComparison, family: int) -> str:
    parts = [f"95 % CI {interval_words(c)}"]
    if c.p_welch is not None:
        parts.append(
            f"Welch's t on {'log ' if c.scale == 'ratio' else ''}sample summaries, {p_words(c.p_welch)}"
        )
    else:
        parts.append(f"{c.model}, {p_words(c.p_value)}")
    if family > 1:
        parts.append(f"Holm over {family} descriptors, {p_words(c.p_holm)}")
    if c.p_permutation is not None:
        kind = "exact permutation" if c.permutation_exact else "permutation"
        parts.append(f"{kind}, {p_words(c.p_permutation)}")
    if c.hedges_g is not None:
        parts.append(f"Hedges g = {signed(c.hedges_g)}")
    return "; ".join(parts)


def undecided_sentence(comparisons: Sequence[GroupComparison], family: int) -> str:
    """All descriptors without a detected difference, with what remains possible."""
    joined = enumerated(
        [
            f"{plain_name(c.descriptor)} ({effect_words(c)}, 95 % CI {interval_words(c)}, "
            f"{p_words(c.p_value)})"
            for c in comparisons
        ]
    )
    held = f" after Holm's adjustment over {family} descriptors" if family > 1 else ""
    found = f"No difference was detected{held} in {joined}"
    return f"{found}; this is not evidence of equality: what the intervals span remains possible."


def untested_sentence(comparisons: Sequence[GroupComparison]) -> str:
    """All descriptors that have an effect but, for one reason, neither interval nor p."""
    joined = enumerated([f"{plain_name(c.descriptor)} ({effect_words(c)})" for c in comparisons])
    return f"Nothing can be said of chance in {joined}: {comparisons[0].reason.removeprefix('no p: ')}."


def effect_words(c: GroupComparison) -> str:
    """``"ratio 1.24"``, ``"difference −0.013"``."""
    if c.estimate is None:
        return "–"
    return (
        f"ratio {c.estimate:.2f}" if c.scale == "ratio" else f"difference {c.estimate:.3g}".replace("-", "−")
    )


def enumerated(parts: Sequence[str]) -> str:
    """``"a, b and c"``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def interval_words(c: GroupComparison) -> str:
    """``"1.08–1.60"``; differences may be negative and are kept apart by "to"."""
    if c.ci_low is None or c.ci_high is None:
        return "–"
    if c.scale == "ratio":
        return f"{c.ci_low:.2f}–{c.ci_high:.2f}"
    return f"{c.ci_low:.3g} to {c.ci_high:.3g}".replace("-", "−")


def design_sentence(c: GroupComparison) -> str:
    """How many samples, images and grains were compared."""
    listed = enumerated(
        [
            f"{members(n, level, c.groups)} ({counted(images, 'micrograph')}, {counted(grains, 'grain')})"
            for level, n, images, grains in zip(c.levels, c.n_samples, c.n_images, c.n_grains, strict=True)
        ]
    )
    return f"{listed[0].upper()}{listed[1:]} were compared, one summary per sample and descriptor."


ANOVA = re.compile(r"Welch's ANOVA on (log )?sample summaries, (F\(.*\) = [\d.]+); pairs by Games-Howell")


def several_sentences(comparisons: Sequence[GroupComparison]) -> list[str]:
    """All descriptors, more than two groups: how they were tested once, then each of them."""
    tested = [c for c in comparisons if c.p_value is not None]
    if not tested and len({c.reason for c in comparisons}) == 1:
        return [f"Nothing was tested: {comparisons[0].reason.removeprefix('no p: ')}."]
    said = []
    if any(ANOVA.fullmatch(c.model) for c in tested):
        levels = ", ".join(level_name(level, tested[0].groups) for level in tested[0].levels)
        said.append(
            f"Means are given in the order {levels}; they were tested by Welch's ANOVA on the (log) sample "
            "summaries, with Holm's adjustment over the descriptors, and pair by pair after Games and Howell."
        )
    said += [several_sentence(c) for c in tested]
    return said + [f"For the {plain_name(c.descriptor)}: {c.reason}." for c in comparisons if c not in tested]


def several_sentence(c: GroupComparison) -> str:
    """One descriptor, more than two groups."""
    means = ", ".join("–" if v is None else number(v) for v in c.centres)
    verdict = "differed" if c.p_holm is not None and c.p_holm < 0.05 else "did not detectably differ"
    anova = ANOVA.fullmatch(c.model)
    tests = f"{anova[2] if anova else c.model}, {p_words(c.p_value)}, Holm {p_words(c.p_holm)}"
    return f"The {plain_name(c.descriptor)} {verdict} between the groups ({means}{units(c.unit)}; {tests})."


def verdict_sentence(v: VerdictComparison) -> str:
    """Verdict counts per group and Fisher's exact test."""
    groups = []
    for level, counts in zip(v.levels, v.counts, strict=True):
        said = [f"{n} {verdict}" for n, verdict in zip(counts, v.verdicts, strict=True) if n]
        groups.append(f"{', '.join(said) or 'none judged'} among the {level_name(level, v.groups)} samples")
    test = (
        f"Fisher's exact test over decided samples, {p_words(v.p_value)}"
        if v.p_value is not None
        else "no test"
    )
    caution = f" ({v.reason})" if v.reason else ""
    return f"Boundary networks were judged {'; '.join(groups)}: {test}{caution}."


def _two_group_sentences(ordered: Sequence[GroupComparison], family: int) -> list[str]:
    """What differs one by one, what was not detected together, what was not tested once for each reason."""
    untested: dict[str, list[GroupComparison]] = {}
    alone, open_ = [], []
    for c in ordered:
        if c.p_holm is not None and c.p_holm >= 0.05:
            open_.append(c)
        elif c.p_value is None and c.estimate is not None and c.interval_from == "none":
            untested.setdefault(c.reason, []).append(c)
        else:
            alone.append(sentence(c, family))
    undecided = [undecided_sentence(open_, family)] if open_ else []
    return [*alone, *undecided, *map(untested_sentence, untested.values())]


def paragraph(comparisons: Sequence[GroupComparison], verdicts: VerdictComparison | None) -> str:
    """The whole paragraph; effects that survive Holm first, the others after them."""
    if not comparisons:
        return "Nothing was compared."
    family = sum(c.p_value is not None for c in comparisons)
    largest = max(comparisons, key=lambda c: sum(c.n_samples))
    ordered = sorted(comparisons, key=lambda c: 1.0 if c.p_holm is None else c.p_holm)
    if len(largest.levels) > 2:
        parts = [design_sentence(largest), *several_sentences(ordered)]
    else:
        parts = [design_sentence(largest), *_two_group_sentences(ordered, family)]
    without = [c.reason for c in comparisons if c.interval_from == "images of these specimens only"]
    parts += [f"There is {reason}." for reason in dict.fromkeys(without)]
    if verdicts is not None:
        parts.append(verdict_sentence(verdicts))
    return " ".join(parts)
