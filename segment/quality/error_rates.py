"""How often a segmentation loses a grain and how often it cuts one, against the truth or against another
segmentation; the latter is kept with the weights.

A true grain is *lost* where it lies in a cell that belongs to a larger one, and *cut* by every further cell
that lies in it.  Small grains are lost far more often than large ones, and everything happens more often in
images that show their boundaries badly.  The network knows the latter itself: rates are stored by classes of
relative area as falling functions of the mean probability along the borders found in the image.

Two segmentations, equally good, differ less than both differ from the truth: what hardly shows in the image
both lose.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FILE = "errors.json"
FORMAT = 1  #: version of errors.json that this code reads
NOMINAL = 0.02  #: of lost and of cut grains where nothing was measured, as for a tracing by hand
SIZES = (0.1, 0.4, 1.0)  #: between the classes of area over mean area
CLASSES = len(SIZES) + 1  #: of size, the largest open

Table = tuple[tuple[float, ...], ...]
_NOMINAL: Table = ((NOMINAL,),) * CLASSES


@dataclass(frozen=True)
class ErrorRates:
    """Rates of grains of one segmentation that another loses or cuts, by the confidence of an image.

    Attributes
    ----------
    confidence : tuple of float
        Mean boundary probability along the found borders, ascending.
    missed : tuple of tuple of float
        By class of area and confidence, the share of grains that vanish in a larger neighbour of the other.
    invented : tuple of tuple of float
        The same for cuts through grains.
    measured : bool
        False: nominal values.
    """

    confidence: tuple[float, ...] = (1.0,)
    missed: Table = _NOMINAL
    invented: Table = _NOMINAL
    measured: bool = False

    def at(self, confidence: float) -> tuple[np.ndarray, np.ndarray]:
        """Missed and invented by class of area, each of shape (CLASSES,), in an image of this confidence."""
        missed, invented = (
            np.array([np.interp(confidence, self.confidence, rate) for rate in table])
            for table in (self.missed, self.invented)
        )
        return missed, invented


def size_class(area: np.ndarray) -> np.ndarray:
    """Class of each area among all of them, 0 ... CLASSES - 1."""
    result: np.ndarray = np.digitize(area / area.mean(), SIZES) if area.size else np.zeros(0, np.int64)
    return result


@dataclass(frozen=True, eq=False)
class ErrorCount:
    """Errors of one segmented image.

    Attributes
    ----------
    confidence : float
        Mean probability along the found borders.
    grains, lost, cuts : ndarray of int, shape (CLASSES,)
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
    grain, cell, pixels = _overlaps(truth, found)
    area = np.bincount(grain, pixels)
    area[0] = 0
    area[area < min_area_px] = 0
    large = area[grain] > 0
    large[grain == 0] = True  # what is no grain competes for the cells
    kind = np.zeros(area.size, np.int64)
    kind[area > 0] = size_class(area[area > 0])
    mine, its_cell = _main(grain[large], cell[large], pixels[large])
    first = _largest(its_cell, area[mine])
    _, owner = _main(cell[large], grain[large], pixels[large])
    extra = np.maximum(np.bincount(owner, minlength=area.size) - 1, 0)
    return ErrorCount(
        confidence,
        np.bincount(kind[mine], minlength=CLASSES),
        np.bincount(kind[mine[~first]], minlength=CLASSES),
        np.bincount(kind, extra, CLASSES).astype(int),
    )


def _overlaps(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels that share pixels, and how many."""
    key, pixels = np.unique(one.astype(np.int64) << 32 | other, return_counts=True)
    return key >> 32, key & 0xFFFFFFFF, pixels


def _main(of: np.ndarray, among: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
    grains, lost, cuts = (
        np.stack([getattr(c, name) for c in counts]).T for name in ("grains", "lost", "cuts")
    )
    missed, invented = (
        tuple(_falling(confidence, errors[k], grains[k], at) for k in range(CLASSES))
        for errors in (lost, cuts)
    )
    return ErrorRates(tuple(at.tolist()), missed, invented, measured=True)


def _falling(
    confidence: np.ndarray, errors: np.ndarray, chances: np.ndarray, at: np.ndarray
) -> tuple[float, ...]:
    """Share of errors, fitted to fall with confidence."""
    from scipy.optimize import isotonic_regression

    order = np.argsort(confidence, kind="stable")
    total = np.maximum(chances[order], 1e-6)
    fit = isotonic_regression(errors[order] / total, weights=total, increasing=False).x
    return tuple(np.interp(at, confidence[order], fit).round(4).tolist())


def write_rates(folder: Path, rates: ErrorRates, digest: str, origin: str) -> Path:
    """Put the rates beside the weights that they belong to."""
    path = folder / FILE
    content = {
        "format": FORMAT,
        "model_digest": digest,
        "origin": origin,
        "area_over_mean": SIZES,
        "confidence": rates.confidence,
        "missed": rates.missed,
        "invented": rates.invented,
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def read_rates(folder: Path, digest: str) -> ErrorRates:
    """Measured rates of a model; nominal ones where none were measured or the weights have changed since."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["model_digest"] != digest:
            return ErrorRates()
        missed, invented = (
            tuple(tuple(float(v) for v in line) for line in content[name]) for name in ("missed", "invented")
        )
        return ErrorRates(tuple(float(v) for v in content["confidence"]), missed, invented, measured=True)
    except (OSError, ValueError, KeyError, TypeError):
        return ErrorRates()
