"""ASTM grain size numbers (E112, E930)."""

from __future__ import annotations

import numpy as np


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
