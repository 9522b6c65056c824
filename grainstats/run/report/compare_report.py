"""The comparison as one self-contained HTML file: works when mailed, loads nothing."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from grainstats.run.atomic import write_bytes
from grainstats.run.report.compare_charts import distribution_plot, forest_plot, sample_sizes
from grainstats.run.report.compare_input import Compared
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
from grainstats.share import Database
from grainstats.share.safe_paths import picture_below
from segment.orientation import is_orientation_map

PICTURE_PX = 460  #: longer side: two fit beside each other on the page


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
        plain_name=plain_name,
        sure=SURE,
        two=len(report.levels) == 2,
        level_name=partial(level_name, by=report.by),
        title=group_title(report.by),
    )
    write_bytes(out, page.encode())


def _pictures(db: Database, label: pd.Series, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """By group: of each sample the overlay of the image with the median number of grains, of those there.

    A scale bar where nothing stands beside the map in the picture.
    """
    from PIL import Image

    columns = db.micrographs().set_index("micrograph_digest")["columns"]
    analyses = db.analyses()
    analyses = analyses[analyses["analysis_id"].isin(db.pools()["analysis_id"])].copy()
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
