"""What the page says of one sample: its values by the names that the templates use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from grainstats.infer.modality import spacing_answer
from grainstats.infer.modality.judge_sample import MOST_UNDRAWN
from grainstats.infer.modality.verdict import ModalityVerdict
from grainstats.measure.descriptors.corrected import SHARE, UNDRAWN, WHICH
from grainstats.run.report.chart import Axis
from grainstats.run.report.pictures import choose_images, image_name, image_views, scales_of
from grainstats.run.report.size_charts import (
    Sizes,
    border_nm,
    diameter_chart,
    fitted_modes,
    sizes,
    spacing_chart,
    spark,
)
from grainstats.run.report.wording import ROUTES, length_with_interval, rounded
from grainstats.run.scope import Rows
from grainstats.share.catalogue import field_of
from grainstats.share.db.records import BY_HAND

SHOWN = (
    "intercept_mean_nm",
    "intercept_nm_corrected",
    "boundary_lost_share",
    "intercept_median_nm",
    "intercept_cv",
    "equivalent_diameter_mean_nm",
    "equivalent_diameter_nm_corrected",
    "equivalent_diameter_median_nm",
    "equivalent_diameter_area_weighted_mean_nm",
    "boundary_density_per_um",
    "boundary_density_per_um_corrected",
    "triple_junctions_per_um2",
    "aspect_ratio_mean",
    "astm_g",
    "second_phase_area_fraction",
    "second_phase_boundary_share",
    "second_phase_diameter_mean_nm",
    "current_x_over_j0",
    "current_y_over_j0",
    "misorientation_mean_deg",
    "high_angle_boundary_share",
    "sigma3_boundary_share",
)  #: numbers of a sample on the page, in their order
#: behind a number
_UNITS = {"1": "", "%": " %", "deg": "°", "1/um": " µm⁻¹", "1/um2": " µm⁻²", "nm2": " nm²"}
PICTURE_BYTES = 3_850_000  #: of a sample; its text and charts come on top, below the 4 MB of a page
_MOST_ROWS = 100  #: images told one by one on the page; all are in the tables
RANGE_WIDTH, RANGE_ROOM = 160, 6  #: of the small charts in tables
DRAGGING = 0.05  #: shift of the sample's mean by one image that is worth a mark (judgement)


def section_of(
    rows: Rows,
    out: Path,
    anchor: str,
    sample_id: str,
    verdict: ModalityVerdict | None,
    axis_nm: tuple[float, float],
) -> dict[str, Any]:
    """Everything the page says about one sample, with its charts and pictures.

    `anchor` is the section's name in links, `axis_nm` the ends of the axis that all spacings are drawn on.
    """
    images = rows.images[rows.images["sample_id"] == sample_id]
    members = {each["sha256"] for pictures in images["pictures"].dropna() for each in pictures}
    excluded = rows.excluded[
        (rows.excluded["sample_id"] == sample_id) & ~rows.excluded["micrograph_digest"].isin(members)
    ]
    per_image = rows.per_image[rows.per_image["analysis_id"].isin(images["analysis_id"])]
    described = rows.per_sample[rows.per_sample["sample_id"] == sample_id].set_index("name")
    route = rows.samples.loc[rows.samples["sample_id"] == sample_id, "design_route"]
    grains = _ours(rows.grains(sample_id), images)
    whole = grains[~grains["touches_frame"]]
    diameter, weight = (whole[name].to_numpy(float) for name in ("equivalent_diameter_nm", "weight"))
    modes = fitted_modes(verdict, diameter, weight)
    found = sizes(diameter, weight, 2)
    spacing = _value(described, "intercept_mean_nm")
    intercepts = _ours(rows.intercepts(sample_id), images)
    between = intercepts.loc[intercepts["censored"] == "none", "length_nm"].to_numpy(float)
    mean, ci = spacing or (0.0, None)
    drawn = diameter_chart(found, modes), spacing_chart(sizes(between, np.ones(between.size), 1), mean, ci)
    scales = scales_of(grains["equivalent_diameter_nm"].to_numpy(float), mean, border_nm(modes))
    chosen = choose_images(images, per_image, rows.images["sample_id"].nunique())
    shown = tuple(image_views(out, chosen, scales, PICTURE_BYTES))
    return {
        "anchor": anchor,
        "sample_id": sample_id,
        "design": ROUTES.get(str(route.iloc[0]), "") if len(route) else "",
        "verdict": verdict,
        "n_interior": len(whole),
        "n_images": len(images),
        "n_flagged": sum(
            not all(text.startswith(BY_HAND) for text in said) for said in images["warnings"]
        ),  # who corrected a map is no doubt
        "modes": modes,
        "spacing": spacing,
        "spacing_answer": str(described["method"].get(spacing_answer.NAME, "")).partition("; ")[2],
        "which_mean": WHICH if SHARE in described.index else "",
        "dot": None if spacing is None else dot_of(*spacing, axis_nm),
        "charts": tuple(chart for chart in drawn if chart is not None),
        "numbers": tuple(quantity(described.loc[n]) for n in SHOWN if n in described.index),
        "per_image": tuple(_image_rows(images, per_image, whole, found, axis_nm)),
        "excluded": tuple((image_name(image), str(image["excluded"])) for _, image in excluded.iterrows()),
        "outline": "" if found is None else spark(found, diameter, weight),
        "images": shown,
        "n_shown": len(shown),
        "scales": scales,
    }


def dot_of(value: float, ci: tuple[float, float] | None, axis_nm: tuple[float, float]) -> dict[str, Any]:
    """Where a value and the ends of its interval lie on the small charts of tables (logarithmic)."""
    axis = Axis("", *axis_nm, log=True)

    def place(nm: float) -> float:
        share = float(np.clip(axis.share(max(nm, axis.low)), 0, 1))
        return round(RANGE_ROOM + (RANGE_WIDTH - 2 * RANGE_ROOM) * share, 1)

    return {"at": place(value), "ends": None if ci is None else (place(ci[0]), place(ci[1]))}


def _ours(table: pd.DataFrame, images: pd.DataFrame) -> pd.DataFrame:
    return table[table["analysis_id"].isin(images["analysis_id"])]


def _value(table: pd.DataFrame, name: str) -> tuple[float, tuple[float, float] | None] | None:
    """A positive value with its interval from rows indexed by name."""
    if name not in table.index or not table.loc[name, "value"] > 0:
        return None
    value, low, high = (float(table.loc[name, end]) for end in ("value", "ci_low", "ci_high"))
    return value, (low, high) if low > 0 and high == high else None


def quantity(row: pd.Series) -> tuple[str, str, str, str]:
    """Name, value, interval and method, as the page says them."""
    label, unit = field_of(str(row.name)).en, str(row["unit"])
    value, low, high = (float(row[end]) for end in ("value", "ci_low", "ci_high"))
    if unit == "nm" and value >= 1000:
        unit, value, low, high = "µm", value / 1000, low / 1000, high / 1000
    if str(row.name).endswith(("_share", "_fraction")):
        unit, value, low, high = "%", 100 * value, 100 * low, 100 * high
    told = rounded(value) + (_UNITS.get(unit, f" {unit}") if value == value else "")
    interval = "–" if low != low or high != high else f"{rounded(low)} – {rounded(high)}"
    return f"{label[0].upper()}{label[1:]}", told, interval, str(row["method"])


def _image_rows(
    images: pd.DataFrame,
    descriptors: pd.DataFrame,
    whole: pd.DataFrame,
    found: Sizes | None,
    axis_nm: tuple[float, float],
) -> Iterator[dict[str, Any]]:
    """Each image beside the others: its spacing, its histogram, and how far it moves the sample's mean."""
    by_image = {key: part.set_index("name") for key, part in descriptors.groupby("analysis_id")}
    grains = dict(tuple(whole.groupby("analysis_id")))
    pulls = _pulls(descriptors)
    largest = max(pulls, key=lambda key: abs(pulls[key])) if len(pulls) > 2 else None
    for _, image in images.sort_values(["path", "frame"]).head(_MOST_ROWS).iterrows():
        key = image["analysis_id"]
        spacing = _value(by_image[key], "intercept_mean_nm") if key in by_image else None
        own = grains.get(key)
        histogram = ""
        if own is not None and found is not None:
            histogram = spark(found, *(own[n].to_numpy(float) for n in ("equivalent_diameter_nm", "weight")))
        yield {
            "name": image_name(image),
            "n_grains": int(image["n_grains"]),
            "spacing": "–" if spacing is None else length_with_interval(*spacing),
            "dot": None if spacing is None else dot_of(*spacing, axis_nm),
            "spark": histogram,
            "pull": f"{100 * pulls[key]:+.1f} %".replace("-", "−") if key in pulls else "–",
            "drags": key == largest and abs(pulls[key]) >= DRAGGING,
            "warnings": (*image["warnings"], *_undrawn(by_image.get(key))),
            "path": str(image["path"]),
            "pixel_size": f"{image['pixel_size_nm']:.4g} nm ({image['scale_source']})",
            "digest": str(image["micrograph_digest"]),
        }


def _undrawn(descriptors: pd.DataFrame | None) -> Iterator[str]:
    """That a verdict can do without the image, as it shows too little of its boundaries."""
    if descriptors is not None and UNDRAWN in descriptors.index:
        share = float(descriptors.loc[UNDRAWN, "value"])
        if share > MOST_UNDRAWN:
            yield f"{share:.0%} of the borders found are too faint to be drawn"


def _pulls(descriptors: pd.DataFrame) -> dict[int, float]:
    """By how much each image moves the mean intercept of the others, as a share of it."""
    names = ["intercept_mean_nm", "n_intercepts"]
    known = descriptors.pivot(index="analysis_id", columns="name", values="value").reindex(columns=names)
    mean, n = (known.dropna()[name] for name in names)
    total, count = (mean * n).sum(), n.sum()
    pulls = (total / count) / ((total - mean * n) / (count - n)) - 1
    return dict(pulls[(n > 0) & (n < count)])
