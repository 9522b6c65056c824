"""Figures of results, by matplotlib: sizes, spacings, grains coloured by size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from segment.label_edges import on_edges

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from grainstats.infer.modality.verdict import ModalityVerdict
    from segment.grain_map import GrainMap

BINS = 32  #: of a distribution, equal in the logarithm
SIZES, AREAS, LINES = "#4c72b0", "#dd8452", "#55a868"  #: colours that differ for the colour-blind
ROW_INCHES, WIDTH_INCHES = 3.4, 12.0


class Pictured(Protocol):
    """What is drawn of an image: `grainstats.api.results.ImageResult`."""

    @property
    def name(self) -> str: ...
    @property
    def pixel_size_nm(self) -> float: ...
    @property
    def labels_path(self) -> Path | None: ...
    @property
    def grain_map(self) -> GrainMap: ...
    @property
    def picture(self) -> np.ndarray | None: ...


class Plotted(Protocol):
    """What is drawn of a sample: `grainstats.api.results.SampleResult`."""

    @property
    def sample_id(self) -> str: ...
    @property
    def verdict(self) -> ModalityVerdict | None: ...
    @property
    def descriptors(self) -> pd.DataFrame: ...
    @property
    def grains(self) -> pd.DataFrame: ...
    @property
    def intercepts(self) -> pd.DataFrame: ...
    @property
    def images(self) -> Sequence[Pictured]: ...


def figure_of(samples: Sequence[Plotted]) -> Figure:
    """A row of three pictures for each sample."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        max(len(samples), 1), 3, figsize=(WIDTH_INCHES, ROW_INCHES * max(len(samples), 1)),
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for row, sample in zip(axes, samples, strict=False):
        draw_sizes(row[0], sample)
        draw_spacings(row[1], sample)
        draw_grains(row[2], sample.images[0] if sample.images else None)
    return figure


def draw_sizes(axis: Axes, sample: Plotted) -> None:
    """Equivalent circle diameters of whole grains, by number and by area, with the verdict's modes."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    inside = sample.grains[~sample.grains["touches_frame"]]
    size = inside["equivalent_diameter_nm"].to_numpy(float)
    weight = inside["weight"].fillna(1.0).to_numpy(float)
    if size.size > 1 and size.max() > size.min():
        bins = np.geomspace(size.min(), size.max(), BINS).tolist()
        area = weight * size**2
        axis.hist(size, bins, weights=area / area.sum(), color=AREAS, alpha=0.6, label="by area")
        axis.hist(
            size, bins, weights=weight / weight.sum(), histtype="step", color=SIZES, lw=1.5, label="by number"
        )
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.legend(frameon=False)
    said = "not judged" if sample.verdict is None else sample.verdict.verdict
    for mode in () if sample.verdict is None else sample.verdict.modes_nm:
        axis.axvline(mode, color="black", linestyle=":", lw=1)
    axis.set(xlabel="equivalent circle diameter (nm)", ylabel="share", title=f"{sample.sample_id}: {said}")


def draw_spacings(axis: Axes, sample: Plotted) -> None:
    """Lengths of the intercepts that no frame cuts, and their pooled mean."""
    whole = sample.intercepts[sample.intercepts["censored"].astype(str) == "none"]
    length = whole["length_nm"].to_numpy(float)
    if length.size > 1:
        axis.hist(length, BINS, weights=np.full(length.size, 1 / length.size), color=LINES, alpha=0.7)
    title = "spacings"
    if "intercept_mean_nm" in sample.descriptors.index:
        mean = float(sample.descriptors.loc["intercept_mean_nm", "value"])
        axis.axvline(mean, color="black", linestyle=":", lw=1)
        title = f"mean intercept {mean:.3g} nm"
    axis.set(xlabel="distance between boundaries (nm)", ylabel="share", title=title)


def draw_grains(axis: Axes, image: Pictured | None) -> None:
    """The micrograph with its grains coloured by size; boundaries stay grey."""
    axis.set(xticks=[], yticks=[])
    if image is None or image.labels_path is None:
        axis.text(0.5, 0.5, "no label map", ha="center", va="center", transform=axis.transAxes)
        return
    labels = image.grain_map.labels
    area = np.bincount(labels.ravel(), minlength=image.grain_map.n_grains + 1)
    diameter = np.sqrt(4 / np.pi * area) * image.pixel_size_nm
    diameter[0] = np.nan
    rows, columns = labels.shape
    extent = (0.0, columns * image.pixel_size_nm, rows * image.pixel_size_nm, 0.0)
    if image.picture is not None:
        axis.imshow(image.picture, cmap="gray", extent=extent)
    shown = axis.imshow(
        _without_boundaries(labels, diameter),
        cmap="viridis",
        alpha=0.45,
        extent=extent,
        interpolation="nearest",
    )
    axis.figure.colorbar(shown, ax=axis, label="diameter (nm)", shrink=0.8)
    axis.set(title=image.name, xlabel=f"{columns * image.pixel_size_nm:.4g} nm wide")


def _without_boundaries(labels: np.ndarray, diameter: np.ndarray) -> np.ndarray:
    """Diameter by pixel; NaN on boundaries and where there is no grain."""
    shown: np.ndarray = diameter[labels]
    shown[on_edges(labels)] = np.nan
    return shown
