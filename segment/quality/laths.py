"""Laths: cells much longer than wide that point several ways, as in a martensite or an alpha/beta alloy.

Each is cut as a grain, where a colony of them, or the grain that they grew in, may be meant.  Rolled and
columnar grains are as long, but lie along each other.
"""

from __future__ import annotations

import numpy as np

from segment.quality.evidence import JUDGED_PX, some_cells

LONG = 3.0  #: length over width of a lath; judgement
#: share of the area in laths, and of that area more than `APART` off their mean direction, from which it is
#: said: .59 and .30 in Ti-6Al-4V; in 173 other micrographs at most .43 and .10 (twinned brass), or .86 and 0
#: (stretched grains)
HALF, ACROSS = 0.5, 0.2
APART = np.pi / 6  #: judgement

LATHS = "most of the area is laths"  #: how the warning begins


def lath_warnings(labels: np.ndarray) -> tuple[str, ...]:
    """What to know where the cells (int32, 0 for none) are laths."""
    every = [_ellipse(cell) for cell in some_cells(labels) if np.count_nonzero(cell) >= JUDGED_PX]
    if not every:
        return ()
    area, length, angle = np.array(every).T
    lath = length > LONG
    area_of, angle_of = area[lath], angle[lath]
    mean = np.angle((area_of * np.exp(2j * angle_of)).sum()) / 2
    off = np.abs((angle_of - mean + np.pi / 2) % np.pi - np.pi / 2) > APART
    if area_of.sum() < HALF * area.sum() or area_of[off].sum() < ACROSS * area_of.sum():
        return ()
    return (f"{LATHS}, long and thin in several directions: each counts as a grain, no colony of them does",)


def _ellipse(cell: np.ndarray) -> tuple[float, float, float]:
    """Area, length over width and direction (radians) of a cell, by its second moments."""
    y, x = np.nonzero(cell)
    spread, axes = np.linalg.eigh(np.cov(np.stack([x, y]), bias=True) + np.eye(2) / 12)  # a pixel's own
    return float(x.size), float(np.sqrt(spread[1] / spread[0])), float(np.arctan2(axes[1, 1], axes[0, 1]))
