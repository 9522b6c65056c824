"""Cells of a boundary probability: watershed basins, joined where the border between them is none.

Seeds alone decide at the weakest pixel of a border: one gap joins two grains, and one chance ridge divides a
grain. So seeds are set generously, and two cells stay apart only if the network, on average along their
common border, holds it for a boundary.
"""

from __future__ import annotations

import numpy as np

from segment.borders import Borders, join_borders

SEED_PERSISTENCE = 0.02  #: of the fine cells whose borders are judged
BORDER_CONFIDENCE = 0.5  #: least mean probability along a border; docs/ablations.md has others


def cut_cells(
    probability: np.ndarray,
    persistence: float,
    min_area_px: int,
    mask: np.ndarray | None = None,
    *,
    confidence: float = BORDER_CONFIDENCE,
) -> np.ndarray:
    """Cells of a probability map.

    Fine cells are joined in two ways: where a seed does not persist (`persistence`), and where the mean
    probability along a border is below `confidence`, the weakest first.  The second does not depend on
    the first, so that more persistence never gives more cells.

    Parameters
    ----------
    probability : ndarray of float32, shape (rows, columns)
    persistence : float
    min_area_px : int
    mask : ndarray of bool, optional
    confidence : float

    Returns
    -------
    ndarray of int32, shape (rows, columns)
        1 ... n, 0 outside `mask`.
    """
    from segment.watershed import nested_basins, number_cells

    basins = nested_basins(probability, SEED_PERSISTENCE, persistence, mask, min_area_px)
    weak = join_weak(basins.borders, basins.fine.size, confidence)
    return number_cells(basins.labels, _joined(basins.fine, basins.coarse, weak))


def join_weak(borders: Borders, size: int, confidence: float = BORDER_CONFIDENCE) -> np.ndarray:
    """Join cells across weak borders until every border that is left is at least `confidence` sure.

    In each round every two cells for which their common border is the weakest of both are joined; borders
    that fall together are averaged by length.

    Returns
    -------
    ndarray of int32, shape (size,)
        By label, the lowest label among those it was joined with.
    """
    cell = np.arange(size, dtype=np.int32)
    while (pairs := _mutually_weakest(borders, confidence)).size:
        step = np.arange(size, dtype=np.int32)
        step[pairs[:, 1]] = pairs[:, 0]
        cell = step[cell]
        borders = join_borders(borders, step)
    return cell


def _mutually_weakest(borders: Borders, confidence: float) -> np.ndarray:
    """Pairs of cells, shape (k, 2), whose border is below `confidence` and the weakest of both."""
    weak = np.flatnonzero(borders.confidence < confidence)
    order = weak[np.argsort(borders.confidence[weak], kind="stable")]
    pairs = borders.pairs[order]
    rank = np.arange(len(pairs))
    best = np.full(int(pairs.max(initial=0)) + 1, len(pairs))
    for side in pairs.T:
        np.minimum.at(best, side, rank)
    chosen: np.ndarray = pairs[(best[pairs[:, 0]] == rank) & (best[pairs[:, 1]] == rank)]
    return chosen


def _joined(*groupings: np.ndarray) -> np.ndarray:
    """Finest grouping that contains all, by the lowest member of each group."""
    group = np.arange(groupings[0].size, dtype=np.int32)
    while True:
        lowest = group.copy()
        for grouping in groupings:
            np.minimum.at(lowest, grouping, lowest.copy())
            lowest = lowest[grouping]
        lowest = lowest[lowest]
        if np.array_equal(lowest, group):
            return group
        group = lowest
