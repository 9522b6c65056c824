"""How often a segmentation loses a grain and how often it cuts one, counted and fitted by confidence.

A true grain is *lost* where it lies in a cell that belongs to a larger one, and *cut* by every further cell
that lies in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from segment.quality.error_rates import SIZE_CLASSES, ErrorRates, size_class


@dataclass(frozen=True, eq=False)
class ErrorCount:
    """Errors of one segmented image.

    Attributes
    ----------
    confidence : float
        Mean probability along the found borders.
    grains, lost, cuts : ndarray of int, shape (SIZE_CLASSES,)
        True grains by class of area; how many are lost; further cells in them.
    """

    confidence: float
    grains: np.ndarray
    lost: np.ndarray
    cuts: np.ndarray


def count_errors(
    found: np.ndarray, truth: np.ndarray, confidence: float, min_area_px: int = 20
) -> ErrorCount:
    """Compare cells with true grains, or with another segmentation's.

    Both are int32 of shape (rows, columns), 0 = not a grain.

    A grain belongs to the cell that covers most of it, and a cell to the grain that it covers most of; grains
    below `min_area_px` are left out, and what lies mostly outside all cells or grains belongs to none.
    """
    grain, cell, pixels = overlaps(truth, found)
    area = np.bincount(grain, pixels)
    area[0] = 0
    area[area < min_area_px] = 0
    large = area[grain] > 0
    large[grain == 0] = True  # what is no grain competes for the cells
    kind = np.zeros(area.size, np.int64)
    kind[area > 0] = size_class(area[area > 0])
    mine, its_cell = mostly_in(grain[large], cell[large], pixels[large])
    first = _largest(its_cell, area[mine])
    _, owner = mostly_in(cell[large], grain[large], pixels[large])
    extra = np.maximum(np.bincount(owner, minlength=area.size) - 1, 0)
    return ErrorCount(
        confidence,
        np.bincount(kind[mine], minlength=SIZE_CLASSES),
        np.bincount(kind[mine[~first]], minlength=SIZE_CLASSES),
        np.bincount(kind, extra, SIZE_CLASSES).astype(int),
    )


def overlaps(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels that share pixels, and how many."""
    key, pixels = np.unique(one.astype(np.int64) << 32 | other, return_counts=True)
    return key >> 32, key & 0xFFFFFFFF, pixels


def mostly_in(of: np.ndarray, among: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels of `of`, and for each that of `among` which covers most of it; 0 left out on both sides."""
    order = np.lexsort((pixels, of))
    last = np.append(np.diff(of[order]) != 0, True) if order.size else np.zeros(0, bool)
    of, among = of[order][last], among[order][last]
    real = (of > 0) & (among > 0)
    return of[real], among[real]


def _largest(group: np.ndarray, value: np.ndarray) -> np.ndarray:
    """True for the member of each group with the largest value."""
    order = np.lexsort((value, group))
    result = np.zeros(group.size, bool)
    result[order] = np.append(np.diff(group[order]) != 0, True) if order.size else True
    return result


def fit_rates(counts: Sequence[ErrorCount], knots: int = 8) -> ErrorRates:
    """Rates that fall with confidence (isotonic regression), at quantiles of the images' confidence."""
    confidence = np.array([c.confidence for c in counts])
    at = np.unique(np.quantile(confidence, np.linspace(0, 1, knots)).round(3))
    grains, lost = (np.stack([getattr(c, name) for c in counts]).T for name in ("grains", "lost"))
    missed = tuple(_falling(confidence, lost[k], grains[k], at) for k in range(SIZE_CLASSES))
    return ErrorRates(tuple(at.tolist()), missed, measured=True)


def _falling(
    confidence: np.ndarray, errors: np.ndarray, chances: np.ndarray, at: np.ndarray
) -> tuple[float, ...]:
    """Share of errors, fitted to fall with confidence."""
    order = np.argsort(confidence, kind="stable")
    total = np.maximum(chances[order], 1e-6)
    fit = isotonic_regression(errors[order] / total, weights=total, increasing=False).x
    return tuple(np.interp(at, confidence[order], fit).round(4).tolist())
