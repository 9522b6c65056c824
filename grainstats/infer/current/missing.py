"""What missed boundaries add to the current, from taking more of them away.

A segmentation that misses a share m of the boundaries reads a current that is too high, by a factor that the
map itself tells: take as large a share of the found boundaries away, at random, and see how much the current
rises.  The rise is close to linear in m (1.12 -> 1.13, 1.15, 1.16, 1.21 at 2, 5, 10, 16 % of a
Poisson-Voronoi mosaic), so that the same factor leads back.
"""

from __future__ import annotations

import numpy as np

from segment.grain_map import GrainMap
from segment.quality.error_rates import size_class

BOUNDARIES_PER_GRAIN = 3.0  #: in a plane network of triple points (Euler)
MOST = 0.3  #: share of missed boundaries beyond which the map says too little of the network


def share_lost(grain_map: GrainMap) -> float:
    """Share of boundaries that the segmentation of a map is known to lose; 0 where nothing was measured.

    A lost grain lies in a cell of its neighbour: one boundary is gone, of three for each grain of a network.
    """
    cut = grain_map.segmentation
    if cut is None or not cut.measured or not grain_map.n_grains:
        return 0.0
    area = np.bincount(grain_map.labels.ravel(), minlength=grain_map.n_grains + 1)[1:].astype(float)
    lost = float(np.mean(np.asarray(cut.missed)[size_class(area)]))
    return min(lost / BOUNDARIES_PER_GRAIN, MOST)


def without_some(boundary: np.ndarray, missed: float, rng: np.random.Generator) -> np.ndarray:
    """What pairs of grains carry after a share `missed` of them is taken for no boundary (inf)."""
    return np.where(rng.random(boundary.size) < missed, np.inf, boundary)


def correction(found: np.ndarray, with_more_missing: np.ndarray) -> float:
    """Factor from the current of the found boundaries to that of all, at most 1.

    `found` and `with_more_missing` are the currents of the same draws, without and with more boundaries taken
    away.
    """
    usable = np.isfinite(found) & np.isfinite(with_more_missing) & (with_more_missing > 0)
    if not usable.any():
        return 1.0
    return float(min(found[usable].mean() / with_more_missing[usable].mean(), 1.0))
