"""Grains of a boundary probability in three dimensions: basins of descent, merged by persistence and border.

Every voxel leads to the lowest of its six neighbours, ties broken by position, so that the basin of each
minimum is a tree.  The labels are nearly all memory beside the probability.  Below the persistence all levels
count as one on the way down, since minima that meet there are merged in any case.

Passes are taken from the lowest up: where the shallower of two basins has risen by less than the persistence,
the two become one.  What is still too small then joins across its lowest pass.  Passes of one level are taken
in the order of their places.
"""

from __future__ import annotations

import numpy as np

from segment.cells.border_merging import BORDER_CONFIDENCE, join_weak
from segment.cells.borders import borders_between
from segment.volume._pair_table import FREE
from segment.volume._watershed_kernels import (
    absorb,
    basin_passes,
    descend,
    gathered,
    number_groups,
    number_roots,
)
from segment.volume.components import root_of_each

LEVELS = 255  #: of probability as uint8
MOST_PAIRS = (
    1_000_000  #: of basins, held before those that are settled are merged: 64 MB; it changes no label
)


def volume_watershed(
    probability: np.ndarray,
    *,
    persistence: float = 0.05,
    confidence: float | None = BORDER_CONFIDENCE,
    min_voxels: int = 27,
) -> np.ndarray:
    """Grains 1 ... n of a boundary probability, in the order of their first voxels; 0 for no grain.

    `probability`, uint8, is high on boundaries, up to 252 (of 255); from `NO_GRAIN` (253) on there is no
    grain.  `persistence` is the least rise (0 ... 1) from a grain's minimum to its lowest pass, `confidence`
    the least mean probability along the face of two grains that keeps them apart (None: persistence alone);
    basins of fewer than `min_voxels` are merged.  `ValueError`: more than 2**31 - 2 voxels, or another dtype.
    """
    if probability.dtype != np.uint8 or probability.size >= 2**31 - 1:
        raise ValueError("needs uint8 and at most 2**31 - 2 voxels")
    least = max(round(persistence * LEVELS), 1)
    way = np.empty(probability.shape, np.int32)
    descend(probability, way, least - 1)
    group = _groups(probability, way, least, confidence, min_voxels)
    number_groups(way, group)
    return way


def _groups(
    probability: np.ndarray,
    way: np.ndarray,
    least: int,
    confidence: float | None,
    min_voxels: int,
) -> np.ndarray:
    """By basin, the one that stands for its grain, int32 of shape (n + 1,); `way` becomes the basins."""
    n, end = number_roots(way), len(way)
    keys, rows, parent, facts = basin_passes(probability, way, n, least, MOST_PAIRS)
    for fewest in (0, min_voxels):
        absorb(keys, rows, parent, facts, least, fewest, end)
        keys, rows, _ = gathered(keys, rows, parent)
    group = root_of_each(parent)
    if confidence is None:
        return group
    rows, keys = rows[keys != FREE], keys[keys != FREE]
    a, b = (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)
    borders = borders_between(a, b, rows[:, 1].astype(np.int64), rows[:, 2] / LEVELS)
    return np.asarray(join_weak(borders, n + 1, confidence)[0][group])
