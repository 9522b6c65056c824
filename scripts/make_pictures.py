"""Draw pictures of the pages: from grey levels to cells, test lines, populations, synthetic styles.

    python scripts/make_pictures.py [OUT]

OUT is docs/images where it is not given.  The micrograph is of data_samples; the mosaics have fixed seeds.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

import grainstats as gs
from segment import load_model, segment_micrograph
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section
from segment.training.synthetic.render import synthetic_micrograph
from segment.training.synthetic.styles import STYLES

OUT = Path(__file__).parents[1] / "docs" / "images"
CORNER = np.s_[60:380, 60:380]
DPI = 110


def steps() -> plt.Figure:
    """Micrograph, boundary probability, cells by number, in one corner of a sample micrograph."""
    micrograph = gs.read(gs.example_micrographs() / "ai-02" / "ai-02-field-1.tif")[0]
    boundaries, grains = segment_micrograph(micrograph, load_model())
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.3), layout="constrained")
    axes[0].imshow(micrograph.image[CORNER], cmap="gray")
    axes[1].imshow(boundaries.probability[CORNER], cmap="magma", vmin=0, vmax=1)
    axes[2].imshow(micrograph.image[CORNER], cmap="gray")
    colours = np.random.default_rng(0).permutation(grains.n_grains + 1)[grains.labels]
    shown = np.ma.masked_where(grains.labels == 0, colours)
    axes[2].imshow(shown[CORNER], cmap="turbo", alpha=0.5, interpolation="nearest")
    for axis, title in zip(axes, ("grey levels", "probability of a boundary", "cells"), strict=True):
        axis.set(title=title, xticks=[], yticks=[])
    return figure


def test_lines() -> plt.Figure:
    """Smooth boundary lines, triple junctions, and the intercepts of horizontal test lines."""
    mosaic = laguerre_section((120, 240), 26, 0.3, np.random.default_rng(5)).grain_map(2.0)
    measured = gs.measure(mosaic)
    network, table = measured.network, measured.intercepts
    figure, axis = plt.subplots(figsize=(8, 4.2), layout="constrained")
    axis.imshow(np.ma.masked_equal(mosaic.labels, 0) % 9, cmap="Pastel1", interpolation="nearest")
    lines = network.position[network.edge][:, :, ::-1]
    axis.add_collection(LineCollection(lines, colors="0.2", linewidths=1.2))
    axis.plot(network.junctions["x_px"], network.junctions["y_px"], ".", color="tab:blue", ms=6)
    for row in table[table["angle_deg"] == 0].itertuples():
        ends = row.x0_px, row.x0_px + row.length_nm / 2.0
        whole = row.censored == "none"
        axis.plot(ends, [row.y0_px] * 2, "|-" if whole else "|:", color="tab:red", lw=1.4, ms=7)
    axis.set(xticks=[], yticks=[], xlim=(0, 239), ylim=(119, 0))
    return figure


def populations() -> plt.Figure:
    """Sections of one population and of two, with their sizes by number and by area."""
    figure, axes = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained", width_ratios=(1, 1.3))
    sections = {"one population": {}, "two populations": {"size_ratio": 4.0, "coarse_volume": 0.5}}
    for row, (name, second) in zip(axes, sections.items(), strict=True):
        mosaic = laguerre_section((1800, 1800), 26, 0.25, np.random.default_rng(3), **second)
        _sizes(row[0], row[1], mosaic.grain_map(1.0), name)
    axes[1, 1].set_xlabel("equivalent diameter over its median")
    return figure


def _sizes(picture: Axes, histogram: Axes, grains: GrainMap, name: str) -> None:
    area = np.bincount(grains.labels.ravel(), minlength=grains.n_grains + 1).astype(float)
    size = np.sqrt(np.maximum(area, 1) / np.median(area[1:]))
    logs = np.log(size)[grains.labels[:560, :560]]
    picture.imshow(logs, cmap="viridis", vmin=-1.5, vmax=2.2, interpolation="nearest")
    picture.set(title=f"a section of {name}", xticks=[], yticks=[])
    classes = np.geomspace(0.15, 12, 34)
    total = {"by area": area[1:], "by number": np.ones(grains.n_grains)}
    for (label, weight), kind in zip(total.items(), ("stepfilled", "step"), strict=True):
        share = weight / weight.sum()
        histogram.hist(size[1:], classes, weights=share, histtype=kind, label=label, alpha=0.8)
    histogram.set(xscale="log", ylabel="share per class", xticks=[0.2, 0.5, 1, 2, 5, 10])
    histogram.xaxis.set_major_formatter("{x:g}")
    histogram.minorticks_off()
    histogram.legend(frameon=False)


def styles() -> plt.Figure:
    """One synthetic micrograph of each style, with its name."""
    figure, axes = plt.subplots(4, 6, figsize=(10, 7.2), layout="constrained")
    for axis in axes.flat:
        axis.set_axis_off()
    for number, (axis, name) in enumerate(zip(axes.flat, STYLES, strict=False)):
        drawn = synthetic_micrograph(np.random.default_rng([0, number]), (320, 320), style=name)
        axis.imshow(drawn.image, cmap="gray", vmin=0, vmax=255)
        axis.set_title(name, fontsize=9)
    return figure


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    pictures = {
        "steps.png": steps,
        "test-lines.png": test_lines,
        "populations.png": populations,
        "styles.jpg": styles,
    }
    for name, draw in pictures.items():
        draw().savefig(out / name, dpi=DPI)
        print(out / name)


if __name__ == "__main__":
    main()
