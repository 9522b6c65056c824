"""A comparison in words: its headline, and the paragraph for a paper."""

import re
from collections.abc import Sequence

from grainstats.infer.comparison.groups import GroupComparison, VerdictComparison
from grainstats.run.report.page import fill_template
from grainstats.run.report.wording import ROUTES, shown_unit
from grainstats.share.catalogue import field_of

_NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()
SIGNIFICANT = 0.05  #: level of Holm's adjusted p below which a difference is said to be there
ANOVA = re.compile(r"Welch's ANOVA on (log )?sample summaries, (F\(.*\) = [\d.]+); pairs by Games-Howell")


def descriptor_title(descriptor: str) -> str:
    """``"astm_g"`` -> ``"ASTM grain size number"``, ``"prop:jc_kA/cm2"`` -> ``"jc"``."""
    return group_title(descriptor) if descriptor.startswith("prop:") else field_of(descriptor).en


def level_name(level: str, by: str = "") -> str:
    """A group's name in tables and legends: ``"AI-designed"``, ``"≤ 612 °C"``."""
    kind, _, name = by.rpartition(":")
    unit = shown_unit(name.rpartition("_")[2]) if kind else ""  # words and pure numbers have none
    return ROUTES.get(level) or f"{level} {unit}".strip()


def group_title(by: str) -> str:
    """What the groups are made by: ``"param:anneal_temperature_degC"`` -> ``"anneal temperature"``."""
    kind, _, name = by.rpartition(":")
    return (name.rpartition("_")[0] if kind and "_" in name else name).replace("_", " ")


def samples_of(level: str, by: str, count: int = 2) -> str:
    """``"AI-designed samples"``, ``"samples of anneal temperature ≤ 612 °C"``."""
    samples = "sample" if count == 1 else "samples"
    if level in ROUTES:
        return f"{ROUTES[level]} {samples}"
    return f"{samples} of {group_title(by)} {level_name(level, by)}"


def interval_words(c: GroupComparison) -> str:
    """``"1.08–1.60"``; differences may be negative and are kept apart by "to"."""
    if c.ci_low is None or c.ci_high is None:
        return "–"
    if c.scale == "ratio":
        return f"{c.ci_low:.2f}–{c.ci_high:.2f}"
    return f"{c.ci_low:.3g} to {c.ci_high:.3g}".replace("-", "−")


def paragraph(comparisons: Sequence[GroupComparison], verdicts: VerdictComparison | None) -> str:
    """The whole paragraph; effects that survive Holm first, the others after them."""
    if not comparisons:
        return "Nothing was compared."
    largest = max(comparisons, key=lambda c: sum(c.n_samples))
    ordered = sorted(comparisons, key=lambda c: 1.0 if c.p_holm is None else c.p_holm)
    tested = [c for c in ordered if c.p_value is not None]
    untested: dict[str, list[GroupComparison]] = {}
    for c in ordered:
        if c.p_value is None and c.estimate is not None and c.interval_from == "none":
            untested.setdefault(c.reason, []).append(c)
    open_ = [c for c in ordered if c.p_holm is not None and c.p_holm >= SIGNIFICANT]
    said = [*open_, *(c for these in untested.values() for c in these)]
    anova = {c.descriptor: ANOVA.fullmatch(c.model) for c in tested}
    text = fill_template(
        "compare_words.txt.j2",
        largest=largest,
        numbers=_NUMBERS,
        two=len(largest.levels) == 2,
        family=len(tested),
        alone=[c for c in ordered if c not in said],
        open=open_,
        untested=untested,
        common_reason=ordered[0].reason if not tested and len({c.reason for c in ordered}) == 1 else "",
        anova=any(anova.values()),
        levels=largest.levels,
        by=largest.groups,
        several=[(c, found[2] if (found := anova[c.descriptor]) else c.model) for c in tested],
        without_test=[c for c in ordered if c not in tested],
        missing=dict.fromkeys(
            c.reason for c in ordered if c.interval_from == "images of these specimens only"
        ),
        v=verdicts,
        by_verdict=lambda v, k: dict(zip(v.verdicts, v.counts[k], strict=True)),
        samples_of=samples_of,
        interval_words=interval_words,
        level_name=level_name,
        descriptor_title=descriptor_title,
    )
    return " ".join(text.split())


def headline(comparisons: Sequence[GroupComparison], by: str) -> str:
    """What came out, in one sentence: the surest difference, or that none was detected."""
    sure = [c for c in comparisons if c.p_holm is not None and c.p_holm < SIGNIFICANT]
    text = fill_template(
        "compare_headline.txt.j2",
        tested=sum(c.p_value is not None for c in comparisons),
        sure=len(sure),
        first=min(sure, key=lambda c: c.p_holm or 0.0, default=None),
        by=by,
        descriptor_title=descriptor_title,
        interval_words=interval_words,
        samples_of=samples_of,
    )
    return " ".join(text.split())
