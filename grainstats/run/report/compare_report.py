"""The comparison as one self-contained HTML file: works when mailed, loads nothing.

Colour and dash of a group come from the classes ``g0``, ``g1`` ...
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from grainstats.infer.comparison.groups import Contrast, GroupComparison
from grainstats.run.atomic import write_bytes
from grainstats.run.report.chart import BOTTOM, TOP, Axis, Chart, DataPoint, Line, length_axis
from grainstats.run.report.compare_input import Compared
from grainstats.run.report.compare_words import (
    SIGNIFICANT,
    descriptor_title,
    group_title,
    headline,
    interval_words,
    level_name,
    paragraph,
)
from grainstats.run.report.grain_maps import scale_bar
from grainstats.run.report.page import jpeg_uri, render_page
from grainstats.share import Database
from grainstats.share.safe_paths import picture_below
from segment.orientation import is_orientation_map

PICTURE_PX = 460  #: longer side: two fit beside each other on the page
ROW = 42  #: height of a row of the forest: its name and numbers, below them its interval
_SIDE = 12  #: margin of the forest
_NARROWEST = 0.02  #: of a kernel, decades


def write_comparison_report(
    report: Compared, out: Path, db: Database, label: pd.Series, folder: Path | None
) -> None:
    """Write the HTML file; folders are made.

    `label` is the group of each sample, indexed by sample; overlays lie below `folder`.
    """
    page = render_page(
        "compare.html.j2",
        report=report,
        design=report.design(),
        headline=headline(report.comparisons, report.by),
        words=paragraph(report.comparisons, report.verdicts),
        forest=forest_plot(report.comparisons),
        distribution=distribution_plot(sample_sizes(db, label), report.levels, report.by),
        pictures={} if folder is None else _pictures(db, label, folder),
        interval_words=interval_words,
        descriptor_title=descriptor_title,
        sure=SIGNIFICANT,
        two=len(report.levels) == 2,
        level_name=partial(level_name, by=report.by),
        title=group_title(report.by),
    )
    write_bytes(out, page.encode())


def _pictures(db: Database, label: pd.Series, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """By group: of each sample the overlay of the image with the median number of grains, of those there.

    A scale bar where nothing stands beside the map in the picture.
    """
    columns = db.micrographs().set_index("micrograph_digest")["columns"]
    analyses = db.analyses()
    analyses = analyses[analyses["analysis_id"].isin(db.sample_results()["analysis_id"])].copy()
    analyses["width_nm"] = analyses["micrograph_digest"].map(columns) * analyses["pixel_size_nm"]
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for sample_id, level in label.dropna().items():
        own = analyses[analyses["sample_id"] == sample_id].sort_values("n_grains", kind="stable")
        paths = ((row, picture_below(folder, row.artefacts.get("overlay"))) for row in own.itertuples())
        there = [(row, path) for row, path in paths if path is not None]
        if not there:
            continue
        row, path = there[len(there) // 2]
        with Image.open(path) as picture:
            url, (width, height) = jpeg_uri(picture, PICTURE_PX), picture.size
        scaled = row.width_nm > 0 and not is_orientation_map(row.path)
        groups[str(level)].append(
            {
                "sample_id": str(sample_id),
                "n_grains": int(row.n_grains),
                "url": url,
                "width": width,
                "height": height,
                "bar": scale_bar(row.width_nm) if scaled else None,
            }
        )
    return groups


def forest_plot(comparisons: Sequence[GroupComparison]) -> Chart | None:
    """Ratios of geometric means with their intervals, logarithmic axis, line at 1.

    Two groups: one row per descriptor. More: one row per descriptor and group, each against the reference,
    in the group's colour.  None where no ratio was estimated.
    """
    shown = [c for c in comparisons if c.scale == "ratio"]
    rows = [(c, contrast) for c in shown for contrast in _contrasts(c)]
    if not rows:
        return None
    two = len(shown[0].levels) == 2
    points = [_point(c, k, len(rows) - at, two) for at, (c, k) in enumerate(rows)]
    ends = [v for p in points for v in (p.x, *(p.x_ends or ())) if v > 0]
    first = {c.descriptor: len(rows) - at for at, (c, _) in reversed(list(enumerate(rows)))}
    bottom, top = 0.5, len(rows) + 0.9
    reference = level_name(shown[0].levels[0], shown[0].groups)
    above = level_name(shown[0].levels[1], shown[0].groups) if two else "each group"
    names = [(float(y), descriptor_title(name)) for name, y in first.items()]
    one = np.array([1.0, 1.0])
    return Chart(
        "effects",
        "Ratios of geometric means with 95 % intervals",
        Axis(
            f"ratio {above} / {reference} (right of 1: larger)",
            min([*ends, 0.8]) * 0.95,
            max([*ends, 1.25]) * 1.05,
            log=True,
        ),
        Axis("", bottom, top, names=tuple(names)),
        pd.DataFrame(
            [
                (c.descriptor, k.level, k.reference, k.estimate, k.ci_low, k.ci_high, c.p_holm)
                for c, k in rows
            ],
            columns=["descriptor", "group", "reference", "ratio", "ci_low", "ci_high", "p_holm"],
        ),
        lines=(Line(one, np.array([bottom, top]), "unity"),),
        points=tuple(points),
        legend=() if two else _legend(shown[0].levels[1:], shown[0].groups, 1),
        left=_SIDE,
        right=_SIDE,
        height=TOP + BOTTOM + round(ROW * (top - bottom)),
    )


def _contrasts(c: GroupComparison) -> list[Contrast]:
    """Against the reference, in the order of the groups."""
    if len(c.levels) == 2 and c.estimate is not None:
        return [Contrast(c.levels[1], c.levels[0], c.estimate, c.ci_low, c.ci_high, None, c.p_holm)]
    own = {k.level: k for k in c.contrasts if k.reference == c.levels[0] and k.estimate is not None}
    return [own[level] for level in c.levels if level in own]


def _point(c: GroupComparison, k: Contrast, y: float, two: bool) -> DataPoint:
    assert k.estimate is not None
    sure = all(p is not None and p < SIGNIFICANT for p in (c.p_holm, k.p_value))
    kind = "sure" if sure else ("specimens" if c.interval_from.startswith("images") else "open")
    ends = None if k.ci_low is None or k.ci_high is None else (k.ci_low, k.ci_high)
    words = f"{k.estimate:.2f}" + (f" ({ends[0]:.2f}–{ends[1]:.2f})" if ends else "")
    colour = "" if two else f"g{c.levels.index(k.level)} "
    return DataPoint(
        k.estimate,
        y,
        colour + kind,
        x_ends=ends,
        note=words,
        said=f"{descriptor_title(c.descriptor)}: {words}",
    )


def _legend(levels: Sequence[str], by: str, first: int = 0) -> tuple[tuple[str, str], ...]:
    return tuple((f"g{first + k} curve", level_name(level, by)) for k, level in enumerate(levels))


def sample_sizes(db: Database, label: pd.Series) -> list[tuple[str, str, pd.DataFrame]]:
    """Sample, group and interior grains of every sample that has a group; `label` is indexed by sample."""
    sizes, counting = [], db.sample_results()["analysis_id"]
    for sample_id, level in label.dropna().items():
        grains = db.grains(str(sample_id))
        inside = grains[~grains["touches_frame"] & grains["analysis_id"].isin(counting)]
        if len(inside) >= 5:
            sizes.append((str(sample_id), str(level), inside.fillna({"weight": 1.0})))
    return sizes


def distribution_plot(
    sizes: Sequence[tuple[str, str, pd.DataFrame]], levels: Sequence[str], by: str = ""
) -> Chart | None:
    """Area-weighted density of log diameter, a line per sample on one axis, coloured by group in `levels`."""
    drawn = [each for each in sizes if each[1] in levels]
    if not drawn:
        return None
    logs = [np.log10(grains["equivalent_diameter_nm"].to_numpy(float)) for _, _, grains in drawn]
    low, high = min(float(np.quantile(x, 0.01)) for x in logs), max(float(x.max()) for x in logs)
    grid = np.linspace(low - 0.1, high + 0.2, 161)
    curves = {
        sample_id: _density(x, grains["weight"].to_numpy(float), grid)
        for x, (sample_id, _, grains) in zip(logs, drawn, strict=True)
    }
    lines = tuple(
        Line(
            10**grid,
            curves[sample_id],
            f"curve g{list(levels).index(level)}",
            f"{sample_id} ({level_name(level, by)}), {len(grains)} grains",
        )
        for sample_id, level, grains in drawn
    )
    return Chart(
        "grain-sizes",
        "Grain sizes of every sample, by area",
        length_axis("equivalent circle diameter", float(10 ** grid[0]), float(10 ** grid[-1])),
        Axis("share of the area per decade", 0.0, 1.04 * max(float(c.max()) for c in curves.values())),
        pd.DataFrame({"diameter_nm": 10**grid} | curves),
        lines=lines,
        legend=_legend(levels, by),
    )


def _density(x: np.ndarray, number: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Kernel density of log10 diameter, weighted by area and frame correction (Silverman's width)."""
    weight = number * 10 ** (2 * x)
    weight = weight / weight.sum()
    mean = float((weight * x).sum())
    spread = max(float(np.sqrt((weight * (x - mean) ** 2).sum())), 1e-3)
    width = max(0.9 * spread * float((weight**2).sum()) ** 0.2, _NARROWEST)
    kernel = np.exp(-0.5 * ((grid[:, None] - x[None]) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return np.asarray(kernel @ weight)
