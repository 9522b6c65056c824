"""Counts by the rules of ASTM E112: grains in a figure (Jeffries, Saltykov), intersections with lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grainstats.measure.grains.run_lengths import label_runs
from grainstats.measure.grains.window import labels_with_hidden, window_of
from grainstats.measure.spacing.astm import g_from_grains_per_mm2, jeffries_count
from segment.grain_map import GrainMap


@dataclass(frozen=True)
class PlanimetricCount:
    """Grains counted in a test figure.

    Attributes
    ----------
    inside, cut, corners : int
        Grains wholly inside, cut by the figure's edge, and at the corners of a rectangle.
    grains : float
        inside + cut / 2 + corners / 4.
    area_px2 : float
        Grain area in the figure (pores excluded).
    per_mm2 : float or None
        N_A; None without a pixel size.
    astm_g : float or None
    """

    inside: int
    cut: int
    corners: int
    grains: float
    area_px2: float
    per_mm2: float | None
    astm_g: float | None


def planimetric_count(grain_map: GrainMap, figure: str = "rectangle") -> PlanimetricCount:
    """Count grains in the whole window ("rectangle", Saltykov) or in its inscribed "circle" (Jeffries).

    The E112 rule needs some 50 grains in the figure.
    """
    if figure not in ("rectangle", "circle"):
        raise ValueError(f"figure must be 'rectangle' or 'circle', not {figure!r}")
    inside, cut, corners, area = (_in_rectangle if figure == "rectangle" else _in_circle)(grain_map)
    grains = jeffries_count(inside, cut, corners)
    per_mm2 = g = None
    if grain_map.pixel_size_nm is not None and area > 0 and grains > 0:
        per_mm2 = grains / (area * grain_map.pixel_size_nm**2 * 1e-12)
        g = g_from_grains_per_mm2(per_mm2)
    return PlanimetricCount(inside, cut, corners, grains, area, per_mm2, g)


def _in_rectangle(grain_map: GrainMap) -> tuple[int, int, int, float]:
    labels, w = labels_with_hidden(grain_map), window_of(grain_map)
    touching = np.flatnonzero(grain_map.touches_frame)
    at_corner = labels[[w.y0, w.y0, w.y1 - 1, w.y1 - 1], [w.x0, w.x1 - 1, w.x0, w.x1 - 1]]
    at_corner = at_corner[at_corner > 0]
    cut = int(np.setdiff1d(touching, at_corner).size)
    return grain_map.n_grains - int(touching.size), cut, int(at_corner.size), float(w.grain_area_px2)


def _in_circle(grain_map: GrainMap) -> tuple[int, int, int, float]:
    """Grains by how many of their pixels (centres) lie in the circle inscribed in the window."""
    w, runs = window_of(grain_map), label_runs(labels_with_hidden(grain_map))
    if runs.present.size == 0:
        return 0, 0, 0, 0.0
    radius = min(w.height, w.width) / 2
    centre_y, centre_x = w.y0 + w.height / 2 - 0.5, w.x0 + w.width / 2 - 0.5
    half = np.sqrt(np.maximum(radius**2 - (runs.row - centre_y) ** 2, -1e-9).clip(0))
    half[np.abs(runs.row - centre_y) > radius] = -1
    low = np.maximum(runs.first, np.ceil(centre_x - half))
    high = np.minimum(runs.last, np.floor(centre_x + half))
    seen = np.add.reduceat(np.clip(high - low + 1, 0, None), runs.start)
    size = np.add.reduceat(runs.last - runs.first + 1, runs.start)
    whole = (seen == size) & ~grain_map.touches_frame[runs.present]
    return int(whole.sum()), int(np.count_nonzero((seen > 0) & ~whole)), 0, float(seen.sum())
