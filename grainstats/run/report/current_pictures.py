"""The limiting paths of a boundary network, drawn on its micrograph or on its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grainstats.run.report.grain_maps import scale_bar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from grainstats.infer.current import MapPaths
    from segment.grain_map import GrainMap

_GREYS = 7  #: shades that tell neighbouring cells apart


def picture_of_paths(found: MapPaths, grain_map: GrainMap, image: np.ndarray | None = None) -> Figure:
    """One panel for each direction: the limiting path, and every boundary by its share of draws.

    They lie on the micrograph, or without one on the cells in greys.
    """
    from matplotlib.figure import Figure

    rows, columns = grain_map.labels.shape
    width = 4.6 * min(max(columns / rows, 0.5), 2.0)
    figure = Figure(figsize=(2 * width, 5.0), layout="constrained")
    for axes, (direction, edges) in zip(figure.subplots(1, 2), found.path.items(), strict=True):
        _ground(axes, grain_map, image)
        _boundaries(axes, found, direction)
        _path(axes, found, edges)
        axes.set(title=f"current along {direction} (red: what limits it)", xticks=[], yticks=[])
        axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
        if grain_map.pixel_size_nm is not None:
            draw_scale_bar(axes, columns, rows, columns * grain_map.pixel_size_nm)
    return figure


def draw_scale_bar(axes: Axes, width: float, height: float, width_nm: float) -> None:
    """A bar with its length at the lower left of a picture that fills 0 ... `width` and 0 ... `height`."""
    share, words = scale_bar(width_nm)
    x, y = 0.03 * width, height - 0.04 * width
    for colour, thickness in (("white", 6), ("black", 3)):
        axes.plot([x, x + share * width], [y, y], color=colour, linewidth=thickness, solid_capstyle="butt")
    box = {"facecolor": "white", "alpha": 0.8, "pad": 2, "edgecolor": "none"}
    axes.text(x, y - 0.02 * width, words, va="bottom", fontsize=9, bbox=box)


def _ground(axes: Axes, grain_map: GrainMap, image: np.ndarray | None) -> None:
    if image is not None:
        axes.imshow(image, cmap="gray")
        return
    labels = grain_map.labels
    shade = np.where(labels > 0, 0.62 + 0.3 * ((labels * 37) % _GREYS) / (_GREYS - 1), 0.25)
    axes.imshow(shade, cmap="gray", vmin=0, vmax=1, interpolation="nearest")


def _boundaries(axes: Axes, found: MapPaths, direction: str) -> None:
    """All boundaries thinly, those of many draws strongly."""
    from matplotlib.collections import LineCollection

    network = found.network
    lines = (network.position + found.offset_px)[network.edge][..., ::-1]
    share = found.share_of_draws[direction][network.edge_segment]
    axes.add_collection(LineCollection(list(lines[share == 0]), colors="0.35", linewidths=0.3))
    often = share > 0
    colours = [(0.9, 0.45, 0.0, 0.25 + 0.75 * s) for s in share[often]]
    axes.add_collection(LineCollection(list(lines[often]), colors=colours, linewidths=1.2))


def _path(axes: Axes, found: MapPaths, edges: np.ndarray) -> None:
    """The path of the median draw: along boundaries as they run, through grains and pores straight."""
    from matplotlib.collections import LineCollection

    graph, network = found.graph, found.network
    through = edges[graph.segment[edges] < 0]
    straight = (graph.position[graph.edge[through]] + found.offset_px)[..., ::-1]
    if (graph.segment < 0).any() and graph.length[graph.segment < 0].any():
        pieces = edges[graph.segment[edges] >= 0]
        along = (graph.position[graph.edge[pieces]] + found.offset_px)[..., ::-1]
    else:
        chosen = np.isin(network.edge_segment, graph.segment[edges])
        along = (network.position + found.offset_px)[network.edge[chosen]][..., ::-1]
    axes.add_collection(LineCollection(list(along), colors="crimson", linewidths=1.8))
    axes.add_collection(LineCollection(list(straight), colors="crimson", linewidths=1.8, linestyles="dashed"))
