"""A map measured and judged, as a figure and as a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from segment.errors import UncalibratedError
from segment.grain_map import GrainMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from grainstats.api.plots import Pictured
    from grainstats.infer import ModalityVerdict
    from grainstats.measure import Measurement

BEFORE = "#777777"  #: colour of the outline of the distribution before the edits


@dataclass(frozen=True, eq=False)
class MeasuredMap:
    """One image by itself; what `grainstats.api.plots` draws.

    Attributes
    ----------
    sample_id : str
        Name of the image.
    measurement : Measurement
    verdict : ModalityVerdict
    summary : dict
        As `grainstats.measure.sample_summary`.
    """

    sample_id: str
    measurement: Measurement
    verdict: ModalityVerdict
    summary: dict[str, Any]

    @property
    def grains(self) -> pd.DataFrame:
        """One row a grain."""
        return self.measurement.grains

    @property
    def intercepts(self) -> pd.DataFrame:
        """One row an intercept."""
        return self.measurement.intercepts

    @property
    def descriptors(self) -> pd.DataFrame:
        """Numbers by name."""
        return pd.DataFrame.from_dict(self.summary["descriptors"], orient="index")

    @property
    def images(self) -> Sequence[Pictured]:
        """None are drawn: the viewer shows the image."""
        return ()


def measured(name: str, grain_map: GrainMap) -> MeasuredMap:
    """Measure and judge one map.

    Raises
    ------
    UncalibratedError
        The pixel size is not known.
    """
    from grainstats.infer import SampleImage, judge_sample
    from grainstats.measure import measure_grain_map, sample_summary

    if grain_map.pixel_size_nm is None:
        raise UncalibratedError(name, "its pixel size is not known", "Give it in the Segment panel")
    found = measure_grain_map(grain_map, image_id=name)
    verdict = judge_sample([SampleImage.of_measurement(found)])
    return MeasuredMap(name, found, verdict, sample_summary([found]))


def draw(figure: Figure, now: MeasuredMap, before: MeasuredMap | None = None) -> None:
    """Distribution of sizes above, of spacings below; the outline of those before the edits in grey."""
    from grainstats.api.plots import draw_sizes, draw_spacings

    figure.clear()
    sizes, spacings = figure.subplots(2, 1)
    draw_sizes(sizes, now)
    draw_spacings(spacings, now)
    sizes.set_title("grain size")
    if before is not None and before is not now:
        _outline(
            sizes, before.grains.loc[~before.grains["touches_frame"]], "equivalent_diameter_nm", "weight"
        )
        whole = before.intercepts["censored"].astype(str) == "none"
        _outline(spacings, before.intercepts.loc[whole], "length_nm", None)


def _outline(axis: Any, table: pd.DataFrame, column: str, weight: str | None) -> None:
    """A step histogram in the bins that the axis shows already."""
    edges = sorted({patch.get_x() for patch in axis.patches if hasattr(patch, "get_x")})
    if len(edges) < 2 or table.empty:
        return
    value = table[column].to_numpy(float)
    share = pd.Series(1.0, table.index) if weight is None else table[weight].fillna(1.0)
    axis.hist(
        value, edges, weights=(share / share.sum()).to_numpy(float), histtype="step", color=BEFORE, ls="--"
    )


def said(now: MeasuredMap, before: MeasuredMap | None = None) -> str:
    """Grains, spacing, size and verdict in lines; what they were before the edits in brackets."""
    verdict = now.verdict
    lines = [
        _line("grains", now, before, lambda m: f"{m.summary['n_grains']}"),
        _line("mean spacing", now, before, lambda m: _mean(m.summary["intercept_nm"])),
        _line("mean size", now, before, lambda m: _mean(m.summary["equivalent_diameter_nm"])),
        _line("verdict", now, before, lambda m: m.verdict.verdict),
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
