"""ASTM grain size numbers (E112, E930), and grains counted by E112's planimetric rule."""

from dataclasses import dataclass

import numpy as np

from grainstats.measure.window import labels_with_hidden, window_of
from segment.grain_map import GrainMap


def g_from_intercept(mean_intercept_nm: float) -> float:
    """ASTM G from the mean lineal intercept (E112): G = -6.643856 log10(l / mm) - 3.288."""
    if not mean_intercept_nm > 0:
        return float("nan")
    return float(-6.643856 * np.log10(mean_intercept_nm * 1e-6) - 3.288)


def g_from_grains_per_mm2(n_a: float) -> float:
    """ASTM G from grains per mm2 at 1x (E112): G = 3.321928 log10(N_A) - 2.954."""
    return float(3.321928 * np.log10(n_a) - 2.954) if n_a > 0 else float("nan")


def g_from_area(area_nm2: float) -> float:
    """ASTM G of one grain from its section area; of the largest grain it is E930's ALA grain size."""
    return g_from_grains_per_mm2(1e12 / area_nm2)


@dataclass(frozen=True)
class PlanimetricCount:
    """Grains counted in a rectangle: wholly inside, cut by its edge, and at its corners."""

    inside: int
    cut: int
    corners: int

    @property
    def grains(self) -> float:
        """What they count together: inside + cut / 2 + corners / 4."""
        return self.inside + self.cut / 2 + self.corners / 4


def planimetric_count(grain_map: GrainMap) -> PlanimetricCount:
    """Count the grains in the window by Saltykov's rule; E112 asks for some 50."""
    labels, w = labels_with_hidden(grain_map), window_of(grain_map)
    touching = np.flatnonzero(grain_map.touches_frame)
    at_corner = labels[[w.y0, w.y0, w.y1 - 1, w.y1 - 1], [w.x0, w.x1 - 1, w.x0, w.x1 - 1]]
    at_corner = at_corner[at_corner > 0]
    inside, cut = grain_map.n_grains - touching.size, np.setdiff1d(touching, at_corner).size
    return PlanimetricCount(inside, cut, at_corner.size)
