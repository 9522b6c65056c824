"""Closed outlines that are no grains of their own: rings of pits, chips at gaps, traces beside a boundary.

In a section three grains meet at a point, so that next to no grain has fewer than three neighbours.
"""

import numpy as np

from segment.cells.borders import Borders, find_borders, first_pair, join_borders
from segment.grain_map import GrainMap

SMALL = 0.1  #: of the typical area (`typical_area`), below which a cell with one neighbour is a part of it
_FEW = 2  #: neighbours that a cell has where grains are not all around it
#: mean probability of its borders below which a cell of `_FEW` neighbours is none: in rendered scenes, half
#: of which have voids, phases or pits, .34 of 74 such cells are grains at .85 to .9, half of them from .95
SURE_ENCLOSED = 0.9


def typical_area(area: np.ndarray) -> float:
    """Area that halves the total: cells as large as this, or larger, cover half of it; 0 without any.

    >>> typical_area(np.array([100, 100, 1, 1, 1, 1]))
    100.0
    """
    ordered = np.sort(area)
    total = np.cumsum(ordered)
    return float(ordered[np.searchsorted(total, total[-1] / 2)]) if ordered.size and total[-1] else 0.0


def merge_enclosed(
    labels: np.ndarray, probability: np.ndarray, valid: np.ndarray | None = None
) -> np.ndarray:
    """Join cells of one or two neighbours to the one behind their weakest border.

    Those whose borders are not `SURE_ENCLOSED`, and those within a single grain that are `SMALL`: the outline
    of a pit, a particle or a stain. Island grains exist, hence the limit in size. A cell cut by the frame, or
    by the edge of what is `valid`, stays. `labels` (int32, 0 for none, which is no neighbour) are changed in
    place and numbered anew in the order of their first pixels.
    """
    from segment.cells.watershed import number_cells

    borders = find_borders(labels, probability)
    cut = GrainMap(labels, valid=valid).touches_frame
    area = np.bincount(labels.ravel(), minlength=cut.size)
    cell = np.arange(cut.size)
    while (none := _no_grains(borders, area, cut)).any():
        step = _into(borders, none)
        cell, borders = step[cell], join_borders(borders, step)
        area, cut = np.bincount(step, area, cut.size), np.bincount(step, cut, cut.size) > 0
    return number_cells(labels, cell.astype(np.int32))  # one type of index, one compiled loop


def _no_grains(borders: Borders, area: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """By label, whether so few neighbours tell that it is none; bool, shape (n + 1,)."""
    sides = borders.pairs.ravel()
    neighbours = np.bincount(sides, minlength=cut.size)
    length = np.repeat(borders.length_px, 2)
    evidence = np.bincount(sides, length * np.repeat(borders.confidence, 2), cut.size)
    unsure = evidence < SURE_ENCLOSED * np.bincount(sides, length, cut.size)
    small = (neighbours == 1) & (area < SMALL * typical_area(area[1:]))
    none: np.ndarray = ~cut & (neighbours > 0) & (neighbours <= _FEW) & (unsure | small)
    return none


def _into(borders: Borders, none: np.ndarray) -> np.ndarray:
    """By label, the cell behind its weakest border; of two that are `none`, if it is the weakest of both."""
    order = np.argsort(borders.confidence, kind="stable")
    pairs, every = borders.pairs[order], np.arange(none.size)
    other = every.copy()
    other[none] = pairs[first_pair(pairs, none.size)[none]].sum(axis=1) - every[none]
    mutual = none[other] & (other[other] == every)
    step: np.ndarray = np.where(none & (~none[other] | mutual & (other < every)), other, every)
    return step
