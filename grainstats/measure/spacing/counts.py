"""Grains counted in the window by the planimetric rule of ASTM E112."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grainstats.measure.spacing.astm import g_from_grains_per_mm2
from grainstats.measure.window import labels_with_hidden, window_of
from segment.grain_map import GrainMap


@dataclass(frozen=True)
class PlanimetricCount:
    """Grains counted in a rectangle.

    Attributes
    ----------
    inside, cut, corners : int
        Grains wholly inside, cut by its edge, and at its corners.
    grains : float
        inside + cut / 2 + corners / 4.
    area_px2 : float
        Grain area in it (pores excluded).
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


def planimetric_count(grain_map: GrainMap) -> PlanimetricCount:
    """Count the grains in the window by Saltykov's rule; E112 asks for some 50."""
    labels, w = labels_with_hidden(grain_map), window_of(grain_map)
    touching = np.flatnonzero(grain_map.touches_frame)
    at_corner = labels[[w.y0, w.y0, w.y1 - 1, w.y1 - 1], [w.x0, w.x1 - 1, w.x0, w.x1 - 1]]
    at_corner = at_corner[at_corner > 0]
    inside, cut = grain_map.n_grains - touching.size, np.setdiff1d(touching, at_corner).size
    grains, area = inside + cut / 2 + at_corner.size / 4, float(w.grain_area_px2)
    per_mm2 = g = None
    if grain_map.pixel_size_nm is not None and area > 0 and grains > 0:
        per_mm2 = grains / (area * grain_map.pixel_size_nm**2 * 1e-12)
        g = g_from_grains_per_mm2(per_mm2)
    return PlanimetricCount(inside, cut, at_corner.size, grains, area, per_mm2, g)
