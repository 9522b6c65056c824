"""A map measured and judged, as a figure and as a few lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segment.errors import UncalibratedError
from segment.grain_map import GrainMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from grainstats.infer import ModalityVerdict
    from grainstats.measure import Measurement

FONT_PT = 8  #: of a figure in a narrow panel
BEFORE = "#777777"  #: colour of the outline of the distribution before the edits


@dataclass(frozen=True, eq=False)
class MeasuredMap:
    """One image by itself, measured and judged."""

    measurement: Measurement
    verdict: ModalityVerdict
    summary: dict[str, Any]  #: as `grainstats.measure.sample_summary`


def measured(name: str, grain_map: GrainMap) -> MeasuredMap:
    """Measure and judge one map; `UncalibratedError`: its pixel size is not known."""
    from grainstats.infer import SampleImage, judge_sample
    from grainstats.measure import measure_grain_map, sample_summary

    if grain_map.pixel_size_nm is None:
        raise UncalibratedError(name, "its pixel size is not known", "Give it in the Segment panel")
    found = measure_grain_map(grain_map, image_id=name)
    verdict = judge_sample([SampleImage.of_measurement(found)])
    return MeasuredMap(found, verdict, sample_summary([found]))


def draw_distributions(figure: Figure, now: MeasuredMap, before: MeasuredMap | None = None) -> None:
    """Distribution of sizes above, of spacings below; the outline of those before the edits in grey."""
    from matplotlib import rc_context

    from grainstats.api.plots import draw_sizes, draw_spacings

    with rc_context({"font.size": FONT_PT}):
        figure.clear()
        sizes, spacings = figure.subplots(2, 1)
        found = now.measurement
        draw_sizes(sizes, found.grains, now.verdict, "grain size")
        draw_spacings(
            spacings, found.intercepts, now.summary["intercept_nm"]["mean"], now.summary["intercept_nm"]["ci"]
        )
        if before is not None and before is not now:
            grains, intercepts = before.measurement.grains, before.measurement.intercepts
            inside = grains.loc[~grains["touches_frame"]]
            size = inside["equivalent_diameter_nm"].to_numpy(float)
            _outline(sizes, size, inside["weight"].fillna(1.0).to_numpy(float) * size**2, "by area, before")
            length = intercepts.loc[intercepts["censored"] == "none", "length_nm"].to_numpy(float)
            _outline(spacings, length, length, "by length, before")


def _outline(axis: Axes, value: np.ndarray, weight: np.ndarray, label: str) -> None:
    """A step histogram in the bins that the axis shows already, and as many beyond as it needs."""
    from matplotlib.patches import Rectangle

    bars = [patch for patch in axis.patches if isinstance(patch, Rectangle)]
    if not bars or not value.size:
        return
    edges = [bar.get_x() for bar in bars] + [bars[-1].get_x() + bars[-1].get_width()]
    log = axis.get_xscale() == "log"
    while value.max() > edges[-1] > edges[-2] > 0:
        edges.append(edges[-1] ** 2 / edges[-2] if log else 2 * edges[-1] - edges[-2])
    axis.hist(value, edges, weights=weight / weight.sum(), histtype="step", color=BEFORE, label=label)
    axis.legend(frameon=False)


def summary_text(now: MeasuredMap, before: MeasuredMap | None = None) -> str:
    """Grains, spacing, size and verdict in lines; what they were before the edits in brackets."""
    verdict = now.verdict
    lines = [
        _line("verdict", now, before, lambda m: m.verdict.verdict),
        _line("grains", now, before, lambda m: f"{m.summary['n_grains']}"),
        _line("mean spacing", now, before, lambda m: _mean(m.summary["intercept_nm"])),
        _line("mean size", now, before, lambda m: _mean(m.summary["equivalent_diameter_nm"])),
        f"Why: {verdict.reason}.",
        "This image alone; `grainstats run` judges the sample.",
    ]
    return "\n".join(lines)


def _line(name: str, now: MeasuredMap, before: MeasuredMap | None, text: Any) -> str:
    here = text(now)
    was = "" if before is None or before is now or text(before) == here else f"  (before: {text(before)})"
    return f"{name}: {here}{was}"


def _mean(found: dict[str, Any]) -> str:
    if found["mean"] is None:
        return "unknown"
    ends = "" if found["ci"] is None else " ({:.4g} to {:.4g})".format(*found["ci"])
    return f"{found['mean']:.4g} nm{ends}"
