"""Figures of results, by matplotlib: sizes, spacings, grains coloured by size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grainstats.run.report.current_pictures import draw_scale_bar
from grainstats.run.report.grain_maps import diameters_nm
from grainstats.run.report.size_charts import Sizes, sizes
from grainstats.run.report.wording import length_with_interval
from segment.cells.label_edges import on_edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator

    from grainstats.infer.modality.verdict import ModalityVerdict
    from segment.grain_map import GrainMap

NUMBERS, AREAS, LINES = "#4c72b0", "#dd8452", "#55a868"  #: colours that differ for the colour-blind
ROW_INCHES, WIDTH_INCHES = 3.4, 12.0


def rows_of_three(n: int) -> tuple[Figure, np.ndarray]:
    """A figure, and its axes of shape (n, 3): sizes, spacings and grains of each of `n` samples."""
    import matplotlib.pyplot as plt

    size = (WIDTH_INCHES, ROW_INCHES * max(n, 1))
    return plt.subplots(max(n, 1), 3, figsize=size, squeeze=False, layout="constrained")


def in_fitting_unit(*lengths_nm: np.ndarray) -> tuple[str, list[np.ndarray]]:
    """The unit for an axis, µm where the largest length is 1000 nm or more, and the lengths in it."""
    largest = max((float(np.nanmax(one)) for one in lengths_nm if one.size), default=0.0)
    unit, size = ("µm", 1000.0) if largest >= 1000 else ("nm", 1.0)
    return unit, [one / size for one in lengths_nm]


def draw_sizes(axis: Axes, grains: pd.DataFrame, verdict: ModalityVerdict | None, title: str) -> None:
    """Equivalent circle diameters of whole grains, by number and by area, with the verdict's modes."""
    inside = grains[~grains["touches_frame"]]
    modes_nm = np.array([] if verdict is None else verdict.modes_nm, float)
    unit, (size, modes) = in_fitting_unit(inside["equivalent_diameter_nm"].to_numpy(float), modes_nm)
    _draw_classes(axis, sizes(size, inside["weight"].fillna(1.0).to_numpy(float), 2), "by area", AREAS)
    _draw_marks(axis, modes, f"equivalent circle diameter ({unit})", title)


def draw_spacings(
    axis: Axes, intercepts: pd.DataFrame, mean_nm: float | None, ci_nm: Sequence[float] | None = None
) -> None:
    """Lengths of the intercepts that no frame cuts, by number and by length, and the mean of all."""
    whole = intercepts.loc[intercepts["censored"].astype(str) == "none", "length_nm"].to_numpy(float)
    unit, (lengths, means) = in_fitting_unit(whole, np.array([] if mean_nm is None else [mean_nm], float))
    _draw_classes(axis, sizes(lengths, np.ones(lengths.size), 1), "by length", LINES)
    title = "spacings" if mean_nm is None else f"mean intercept {length_with_interval(mean_nm, ci_nm)}"
    _draw_marks(axis, means, f"intercept between boundaries ({unit})", title)


def _draw_classes(axis: Axes, found: Sizes | None, by: str, colour: str) -> None:
    """Bars of one weighting and the outline of the number, in the report's classes."""
    from matplotlib.ticker import NullLocator

    if found is None:
        return
    ends = found.ends_nm.tolist()
    axis.hist(ends[:-1], ends, weights=found.by_extent, color=colour, alpha=0.6, label=by)
    axis.hist(
        ends[:-1], ends, weights=found.by_number, histtype="step", color=NUMBERS, lw=1.5, label="by number"
    )
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(_round_numbers())
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_ylim(top=1.18 * axis.get_ylim()[1])  # room for the legend above the data
    axis.legend(frameon=False, loc="upper left", ncols=2)


def _round_numbers() -> Locator:
    from matplotlib.ticker import LogLocator

    return LogLocator(subs=(1, 2, 5))


def _draw_marks(axis: Axes, marks: np.ndarray, xlabel: str, title: str) -> None:
    for mark in marks:
        axis.axvline(mark, color="black", linestyle=":", lw=1)
    axis.set(xlabel=xlabel, ylabel="share per class", title=title)


def draw_grains(axis: Axes, grain_map: GrainMap | None, picture: np.ndarray | None, title: str) -> None:
    """The micrograph with its grains coloured by size; boundaries stay grey."""
    axis.set(xticks=[], yticks=[])
    if grain_map is None or grain_map.pixel_size_nm is None:
        axis.text(0.5, 0.5, "no label map", ha="center", va="center", transform=axis.transAxes)
        return
    unit, (diameters,) = in_fitting_unit(diameters_nm(grain_map))
    shown = diameters[grain_map.labels]
    shown[on_edges(grain_map.labels) | (grain_map.labels == 0)] = np.nan
    height, width = (n * grain_map.pixel_size_nm for n in shown.shape)
    extent = (0.0, width, height, 0.0)
    if picture is not None:
        axis.imshow(picture, cmap="gray", extent=extent)
    drawn = axis.imshow(shown, cmap="viridis", norm="log", alpha=0.45, extent=extent, interpolation="nearest")
    bar = axis.figure.colorbar(drawn, ax=axis, shrink=0.8, ticks=_round_numbers(), format="{x:g}")
    bar.set_label(f"diameter ({unit})")
    bar.minorticks_off()
    draw_scale_bar(axis, width, height, width)
    axis.set(title=title, xlim=(0, width), ylim=(height, 0))
