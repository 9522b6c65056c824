"""Cells that are probably no grains: splinters between pits, outlines of particles, scratches that close.

The network only half believes in their borders, and they have few neighbours, where a mean grain of a section
has six.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from segment.cells.borders import Borders

FEWEST = 15  #: whole cells from which a share of them says something; judgement
MOST_NEIGHBOURS = 7  #: more tell no more; judgement
CERTAIN = 0.99  #: mean probability along its border from which a cell gains nothing by more; judgement
#: log odds that a cell is no grain, for each of `cell_traits`, and where both are 0: logistic regression on
#: rendered cells (`calibration/segmentation/fit_spurious_cells.py`, docs/validation/spurious_cells.csv)
WEIGHTS = (-0.751, -0.703)
OFFSET = 3.700


def spurious_share(labels: np.ndarray, borders: Borders) -> float:
    """Expected share of the cells that are no grains of their own; NaN with fewer than `FEWEST`."""
    traits = cell_traits(labels, borders)[1]
    if len(traits) < FEWEST:
        return float("nan")
    return expected_share(traits, WEIGHTS, OFFSET)


def expected_share(traits: np.ndarray, weights: ArrayLike, offset: float) -> float:
    """Mean probability, by a logistic regression of the traits, that a cell is no grain."""
    return float(np.mean(1 / (1 + np.exp(-(traits @ np.asarray(weights) + offset)))))


def cell_traits(labels: np.ndarray, borders: Borders) -> tuple[np.ndarray, np.ndarray]:
    """Cells that the frame does not cut, shape (n,), and what they look like, shape (n, 2).

    That is log odds of the mean probability along its border, and number of neighbours.
    """
    whole = np.bincount(labels.ravel()) > 0
    for rim in (0, labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        whole[rim] = False
    cells, n = np.flatnonzero(whole), whole.size
    cell, length = borders.pairs.ravel(), np.repeat(borders.length_px, 2)
    believed = np.bincount(cell, length * np.repeat(borders.confidence, 2), n)
    sure = np.clip(believed / np.maximum(np.bincount(cell, length, n), 1), 1 - CERTAIN, CERTAIN)
    neighbours = np.minimum(np.bincount(cell, minlength=n), MOST_NEIGHBOURS)
    return cells, np.column_stack([np.log(sure / (1 - sure)), neighbours])[cells]
