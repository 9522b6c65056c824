"""The comparison as one self-contained HTML file: works when mailed, loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from grainstats._version import __version__
from grainstats.infer.comparison.groups import GroupComparison, VerdictComparison
from grainstats.run.report.compare_charts import distribution_plot, forest_plot
from grainstats.run.report.compare_input import Overlay, SampleSizes
from grainstats.run.report.compare_words import (
    SURE,
    group_title,
    headline,
    interval_words,
    level_name,
    paragraph,
    plain_name,
)
from grainstats.run.report.grain_maps import scale_bar
from grainstats.run.report.page import jpeg_uri, render_page
from grainstats.run.report.wording import number, p_words, signed, unit_words

PICTURE_PX = 460


@dataclass(frozen=True, eq=False)
class ComparisonReport:
    """All that the report and ``--json`` say.

    Attributes
    ----------
    source : str
        Database, without folders and credentials.
    by : str
    comparisons : tuple of GroupComparison
    verdicts : VerdictComparison or None
    notes : tuple of str
    sizes : tuple of SampleSizes
    overlays : tuple of Overlay
    """

    source: str
    by: str
    comparisons: tuple[GroupComparison, ...]
    verdicts: VerdictComparison | None
    notes: tuple[str, ...]
    sizes: tuple[SampleSizes, ...] = ()
    overlays: tuple[Overlay, ...] = ()

    @property
    def levels(self) -> tuple[str, ...]:
        return self.comparisons[0].levels

    @property
    def common_notes(self) -> tuple[str, ...]:
        """What holds for every descriptor, to be said once."""
        if len(self.comparisons) < 2:
            return ()
        first = self.comparisons[0]
        said = [s for s in (first.reason, *first.notes) if s]
        return tuple(s for s in said if all(s in (c.reason, *c.notes) for c in self.comparisons))

    def document(self) -> dict[str, Any]:
        """The ``--json`` document."""
        return {
            "by": self.by,
            "levels": list(self.levels),
            "design": self.design(),
            "comparisons": [asdict(c) for c in self.comparisons],
            "verdicts": asdict(self.verdicts) if self.verdicts else None,
            "paragraph": paragraph(self.comparisons, self.verdicts),
            "notes": list(self.notes),
            "database": self.source,
            "code_version": __version__,
        }

    def design(self) -> list[dict[str, Any]]:
        """Samples, images and grains per group: the largest number any descriptor rests on."""
        rows = []
        for i, level in enumerate(self.levels):
            most = max(self.comparisons, key=lambda c: c.n_samples[i])
            counts = {
                "n_samples": most.n_samples[i],
                "n_images": most.n_images[i],
                "n_grains": most.n_grains[i],
            }
            rows.append({"level": level, **counts})
        return rows


def write_comparison_report(report: ComparisonReport, out: Path) -> None:
    """Write the HTML file; folders are made."""
    page = render_page(
        "compare.html.j2",
        report=report,
        design=report.design(),
        headline=headline(report.comparisons, report.by),
        words=paragraph(report.comparisons, report.verdicts),
        forest=forest_plot(report.comparisons),
        distribution=distribution_plot(report.sizes, report.levels, report.by),
        pictures=_pictures(report.overlays, report.levels),
        rows=[_row(c, report.common_notes) for c in report.comparisons],
        two=len(report.levels) == 2,
        level_name=partial(level_name, by=report.by),
        title=group_title(report.by),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")


def _row(c: GroupComparison, known: tuple[str, ...]) -> dict[str, Any]:
    """One descriptor's cells, as text."""
    return {
        "name": plain_name(c.descriptor),
        "unit": "" if c.unit == "1" else unit_words(c.unit),
        "n": " / ".join(f"{s}·{i}·{g}" for s, i, g in zip(c.n_samples, c.n_images, c.n_grains, strict=True)),
        "centres": ["–" if v is None else number(v) for v in c.centres],
        "effect": _effect(c),
        "interval": interval_words(c),
        "g": signed(c.hedges_g),
        "delta": signed(c.cliffs_delta),
        "p": _p(c.p_value),
        "permutation": _p(c.p_permutation),
        "holm": _p(c.p_holm),
        "joint": _p(c.p_joint),
        "sure": c.p_holm is not None and c.p_holm < SURE,
        "model": c.model,
        "said": "; ".join(s for s in (c.reason, *c.notes) if s and s not in known),
        "pairs": [_pair(c, index) for index in range(len(c.contrasts))] if len(c.levels) > 2 else [],
    }


def _pair(c: GroupComparison, index: int) -> str:
    pair = c.contrasts[index]
    sign = "/" if c.scale == "ratio" else "−"
    names = f" {sign} ".join(level_name(level, c.groups) for level in (pair.level, pair.reference))
    if pair.estimate is None or pair.ci_low is None or pair.ci_high is None:
        return f"{names}: –"
    found = f"{pair.estimate:.3g} ({pair.ci_low:.3g} – {pair.ci_high:.3g})"
    return f"{names}: {found}, {p_words(pair.p_value)}"


def _effect(c: GroupComparison) -> str:
    if c.estimate is None:
        return "–"
    return f"× {c.estimate:.2f}" if c.scale == "ratio" else f"{c.estimate:+.3g}"


def _p(value: float | None) -> str:
    return "–" if value is None else p_words(value).removeprefix("p = ").removeprefix("p ")


def _pictures(overlays: Sequence[Overlay], levels: Sequence[str]) -> list[dict[str, Any]]:
    """Overlays group by group, as data URLs."""
    groups = []
    for index, level in enumerate(levels):
        own = [o for o in overlays if o.level == level]
        shown = [_shown(o) for o in own]
        groups.append({"level": level, "index": index, "shown": shown})
    return groups if any(g["shown"] for g in groups) else []


def _shown(o: Overlay) -> dict[str, Any]:
    """The overlay, small, with its scale bar."""
    from PIL import Image

    with Image.open(o.path, formats=("PNG", "JPEG")) as picture:
        url, (width, height) = jpeg_uri(picture, PICTURE_PX), picture.size
    bar = None if o.width_nm is None or not o.width_nm > 0 else scale_bar(o.width_nm)
    return {
        "sample": o.sample_id,
        "n_grains": o.n_grains,
        "url": url,
        "width": width,
        "height": height,
        "bar": bar,
    }
