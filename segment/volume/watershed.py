"""Grains of a boundary probability in three dimensions: basins of descent, merged by persistence and border.

Every voxel leads to the lowest of its six neighbours, ties broken by position, so that the basin of each
minimum is a tree.  Trees are followed block by block; what leaves a block is joined afterwards.  Order and
block size change nothing, and the labels themselves are the only memory beside the probability.  Below the
persistence all levels count as one on the way down, since minima that meet there are merged in any case.
"""

from __future__ import annotations

import numpy as np

from segment.cells.border_merging import BORDER_CONFIDENCE, join_weak
from segment.cells.borders import borders_between
from segment.volume._watershed_kernels import (
    absorb_shallow,
    basin_passes,
    follow_across,
    follow_within,
    number_groups,
    number_roots,
)

BLOCK = 128  #: voxels
LEVELS = 255  #: of probability as uint8


def volume_watershed(
    probability: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    persistence: float = 0.05,
    confidence: float | None = BORDER_CONFIDENCE,
    min_voxels: int = 27,
    block: int = BLOCK,
) -> np.ndarray:
    """Grains of a boundary probability.

    Parameters
    ----------
    probability : ndarray of uint8, shape (slices, rows, columns)
        0 ... 255; high on boundaries.  At most 2**31 - 2 voxels.
    mask : ndarray of bool, same shape, optional
        False where there is no grain.
    persistence : float
        Least rise (0 ... 1) from a grain's minimum to its lowest pass.
    confidence : float, optional
        Least mean probability along the face of two grains that keeps them apart; None: persistence alone.
    min_voxels : int
        Smaller basins are merged across their lowest pass.
    block : int
        Edge of the blocks in voxels; it changes no label.

    Returns
    -------
    ndarray of int32, same shape
        1 ... n in the order of the grains' first voxels; 0 outside `mask`.

    Raises
    ------
    ValueError
        Too many voxels, or another dtype.
    """
    if probability.dtype != np.uint8 or probability.size >= 2**31 - 1:
        raise ValueError("needs uint8 and at most 2**31 - 2 voxels")
    inside = np.ones((1, 1, 1), np.bool_) if mask is None else mask
    least = max(round(persistence * LEVELS), 1)
    way = np.empty(probability.shape, np.int32)
    for corner in _corners(probability.shape, block):
        follow_within(probability, inside, way, np.array(corner), block, least - 1)
    follow_across(way)
    n = number_roots(way)
    group = _merged(probability, way, n, least, confidence, min_voxels)
    number_groups(way, group)
    return way


def _corners(shape: tuple[int, ...], block: int) -> list[tuple[int, int, int]]:
    return [
        (z, y, x)
        for z in range(0, shape[0], block)
        for y in range(0, shape[1], block)
        for x in range(0, shape[2], block)
    ]


def _merged(
    probability: np.ndarray,
    basins: np.ndarray,
    n: int,
    least: int,
    confidence: float | None,
    min_voxels: int,
) -> np.ndarray:
    """By basin, the one that stands for its grain, int32 of shape (n + 1,)."""
    keys, lowest, length, total, bottom, size = basin_passes(probability, basins, n)
    a, b = (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)
    order = np.lexsort((keys, lowest))
    group = absorb_shallow(a[order], b[order], lowest[order], bottom, size, least, min_voxels)
    if confidence is None or not len(keys):
        return group
    borders = borders_between(group[a], group[b], length, total / LEVELS)
    weak = join_weak(borders, n + 1, confidence)
    return np.asarray(weak[group])
