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

PICTURE_PX = 460  #: longer side: two fit beside each other on the page


@dataclass(frozen=True, eq=False)
class ComparisonReport:
    """All that the report and ``--json`` say."""

    source: str  #: database, without folders and credentials
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
        counts = ("n_samples", "n_images", "n_grains")
        most = [max(self.comparisons, key=lambda c: c.n_samples[i]) for i in range(len(self.levels))]
        return [
            {"level": level} | {name: getattr(c, name)[i] for name in counts}
            for i, (level, c) in enumerate(zip(self.levels, most, strict=True))
        ]


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
        pictures=_pictures(report.overlays),
        interval_words=interval_words,
        plain_name=plain_name,
        sure=SURE,
        two=len(report.levels) == 2,
        level_name=partial(level_name, by=report.by),
        title=group_title(report.by),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")


def _pictures(overlays: Sequence[Overlay]) -> dict[str, list[dict[str, Any]]]:
    """By group: its overlays, small, with their scale bars."""
    from PIL import Image

    groups: dict[str, list[dict[str, Any]]] = {}
    for o in overlays:
        with Image.open(o.path, formats=("PNG", "JPEG")) as picture:
            url, (width, height) = jpeg_uri(picture, PICTURE_PX), picture.size
        bar = scale_bar(o.width_nm) if o.width_nm is not None and o.width_nm > 0 else None
        shown = {"overlay": o, "url": url, "width": width, "height": height, "bar": bar}
        groups.setdefault(o.level, []).append(shown)
    return groups
