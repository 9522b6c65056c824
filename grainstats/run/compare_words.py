"""The comparison in words: a paragraph that a results section could start from."""

from __future__ import annotations

from collections.abc import Sequence

from grainstats.infer.compare import GroupComparison, VerdictComparison

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
    """``"intercept_mean_nm"`` -> ``"mean intercept"``."""
    if descriptor in NAMES:
        return NAMES[descriptor]
    name = descriptor
    for suffix in UNIT_SUFFIXES:
        if name.endswith(suffix):
            name = name[: -len(suffix)]
            break
    words = name.replace("prop:", "").replace("_", " ").replace(" cv", " coefficient of variation")
    for statistic in ("area weighted mean", "mean", "median"):
        if words.endswith(f" {statistic}"):
            return (
                f"{statistic.replace('area weighted', 'area-weighted')} {words.removesuffix(f' {statistic}')}"
            )
    return words


def signed(value: float, digits: int = 2) -> str:
    """A number with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "−")


def level_name(level: str) -> str:
    """A group's name in a sentence."""
    return LEVEL_NAMES.get(level, level)


def p_words(p: float | None) -> str:
    """``"p = .031"``, ``"p < .001"``."""
    if p is None:
        return "no p"
    if p < 0.001:
        return "p < .001"
    text = f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
    return f"p = {text.removeprefix('0')}" if p < 1 else "p = 1"


def sentence(c: GroupComparison, family: int) -> str:
    """One descriptor, two groups: effect first, then its interval, then the tests."""
    name = plain_name(c.descriptor)
    if c.estimate is None:
        return f"For the {name}: {c.reason or 'no comparison'}."
    of, other = level_name(c.levels[1]), level_name(c.levels[0])
    if c.scale == "ratio":
        effect = f"the {name} of the {of} samples was {c.estimate:.2f} times that of the {other} ones"
    else:
        effect = (
            f"the {name} of the {of} samples differed by {c.estimate:+.3g} {c.unit} from the {other} ones"
        )
    if c.interval_from == "images of these specimens only":
        return f"In these specimens only, {effect} (95 % CI over images {interval_words(c)})."
    if c.p_value is None:
        why = c.reason if "single sample" not in c.reason else "without an interval"
        return f"{effect[0].upper()}{effect[1:]} ({why})."
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
    listed = [
        f"{plain_name(c.descriptor)} ({c.scale} {signed(c.estimate or 0)}, "
        f"95 % CI {interval_words(c)}, {p_words(c.p_value)})"
        for c in comparisons
    ]
    joined = listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
    held = f" after Holm's adjustment over {family} descriptors" if family > 1 else ""
    found = f"No difference was detected{held} in {joined}"
    return f"{found}; this is not evidence of equality: what the intervals span remains possible."


def interval_words(c: GroupComparison) -> str:
    """``"1.08–1.60"``; differences may be negative and are kept apart by "to"."""
    if c.ci_low is None or c.ci_high is None:
        return "–"
    if c.scale == "ratio":
        return f"{c.ci_low:.2f}–{c.ci_high:.2f}"
    return f"{c.ci_low:.3g} to {c.ci_high:.3g}".replace("-", "−")


def design_sentence(c: GroupComparison) -> str:
    """How many samples, images and grains were compared."""
    groups = [
        f"{spelled(n)} {level_name(level)} {'sample' if n == 1 else 'samples'} "
        f"({images} micrographs, {grains} grains)"
        for level, n, images, grains in zip(c.levels, c.n_samples, c.n_images, c.n_grains, strict=True)
    ]
    listed = f"{', '.join(groups[:-1])} and {groups[-1]}"
    return f"{listed[0].upper()}{listed[1:]} were compared, one summary per sample and descriptor."


def several_sentence(c: GroupComparison) -> str:
    """One descriptor, more than two groups."""
    name = plain_name(c.descriptor)
    if c.p_value is None:
        return f"For the {name}: {c.reason}."
    unit = "" if c.unit == "1" else f" {c.unit}"
    means = ", ".join(
        f"{level_name(level)} {centre:.3g}{unit}"
        for level, centre in zip(c.levels, c.centres, strict=True)
        if centre is not None
    )
    verdict = "differed" if c.p_holm is not None and c.p_holm < 0.05 else "did not detectably differ"
    tests = f"{c.model}; {p_words(c.p_value)}, Holm {p_words(c.p_holm)}"
    return f"The {name} {verdict} between the groups ({means}; {tests})."


def verdict_sentence(v: VerdictComparison) -> str:
    """Verdict counts per group and Fisher's exact test."""
    groups = []
    for level, counts in zip(v.levels, v.counts, strict=True):
        said = [f"{n} {verdict}" for n, verdict in zip(counts, v.verdicts, strict=True) if n]
        groups.append(f"{', '.join(said) or 'none judged'} among the {level_name(level)} samples")
    test = (
        f"Fisher's exact test over decided samples, {p_words(v.p_value)}"
        if v.p_value is not None
        else "no test"
    )
    caution = f" ({v.reason})" if v.reason else ""
    return f"Boundary networks were judged {'; '.join(groups)}: {test}{caution}."


def paragraph(comparisons: Sequence[GroupComparison], verdicts: VerdictComparison | None) -> str:
    """The whole paragraph; effects that survive Holm first, the others after them."""
    if not comparisons:
        return "Nothing was compared."
    family = sum(c.p_value is not None for c in comparisons)
    largest = max(comparisons, key=lambda c: sum(c.n_samples))
    ordered = sorted(comparisons, key=lambda c: 1.0 if c.p_holm is None else c.p_holm)
    if len(largest.levels) > 2:
        parts = [design_sentence(largest), *map(several_sentence, ordered)]
    else:
        open_ = [c for c in ordered if c.p_holm is not None and c.p_holm >= 0.05]
        parts = [design_sentence(largest), *(sentence(c, family) for c in ordered if c not in open_)]
        parts += [undecided_sentence(open_, family)] if open_ else []
    without = [c.reason for c in comparisons if c.interval_from == "images of these specimens only"]
    parts += [f"There is {reason}." for reason in dict.fromkeys(without)]
    if verdicts is not None:
        parts.append(verdict_sentence(verdicts))
    return " ".join(parts)
