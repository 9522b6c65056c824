"""How often a segmentation loses a boundary and how often it invents one: counted against the truth, and kept
beside the weights.

Counted are *mergers* (true grains that lie in one cell, less one) per true border, and *splits* (cells that
lie in one true grain, less one) per true grain.  Both depend on how well the image shows its boundaries. The
network knows that itself: the rates are stored as falling functions of the mean probability along the borders
that it found in the image.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segment.borders import find_borders

FILE = "errors.json"
FORMAT = 1
NOMINAL = 0.02  #: lost borders and invented ones where nothing was measured, as for a tracing by hand
LEAST_EDGES = 6  #: shorter true borders are points where four grains meet


@dataclass(frozen=True)
class ErrorRates:
    """Rates of lost and of invented boundaries by the confidence of an image.

    Attributes
    ----------
    confidence : tuple of float
        Mean boundary probability along the found borders, ascending.
    missed : tuple of float
        Share of borders that are lost.
    invented : tuple of float
        Share of grains that are cut in two.
    measured : bool
        False: nominal values.
    """

    confidence: tuple[float, ...] = (1.0,)
    missed: tuple[float, ...] = (NOMINAL,)
    invented: tuple[float, ...] = (NOMINAL,)
    measured: bool = False

    def at(self, confidence: float) -> tuple[float, float]:
        """Missed and invented at the mean border probability of an image; held beyond the measured range."""
        missed, invented = (
            float(np.interp(confidence, self.confidence, rate)) for rate in (self.missed, self.invented)
        )
        return missed, invented


@dataclass(frozen=True)
class ErrorCount:
    """Errors of one segmented image.

    Attributes
    ----------
    confidence : float
        Mean probability along the found borders.
    borders, grains : int
        True ones.
    mergers, splits : int
    """

    confidence: float
    borders: int
    grains: int
    mergers: int
    splits: int


def count_errors(
    found: np.ndarray, truth: np.ndarray, confidence: float, min_area_px: int = 20
) -> ErrorCount:
    """Compare cells with true grains, both int32 of shape (rows, columns) with 0 = not a grain.

    A grain belongs to the cell that covers most of it, and a cell to the grain that it covers most of; grains
    below `min_area_px` are left out, and what lies mostly outside all cells or grains belongs to none.
    """
    grain, cell, pixels = _overlaps(truth, found)
    large = np.bincount(grain, pixels)[grain] >= min_area_px
    in_cell = _main(grain[large], cell[large], pixels[large])
    in_grain = _main(cell[large], grain[large], pixels[large])
    pairs = find_borders(truth, np.broadcast_to(np.float32(1), truth.shape))
    borders = int(np.count_nonzero(pairs.length_px >= LEAST_EDGES))
    return ErrorCount(confidence, borders, len(in_cell), _more_than_one(in_cell), _more_than_one(in_grain))


def _overlaps(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels that share pixels, and how many."""
    key, pixels = np.unique(one.astype(np.int64) << 32 | other, return_counts=True)
    return key >> 32, key & 0xFFFFFFFF, pixels


def _main(of: np.ndarray, among: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """For each label of `of` that of `among` which covers most of it; 0 left out on both sides."""
    order = np.lexsort((pixels, of))
    last = np.append(np.diff(of[order]) != 0, True) if order.size else np.zeros(0, bool)
    of, among = of[order][last], among[order][last]
    result: np.ndarray = among[(of > 0) & (among > 0)]
    return result


def _more_than_one(owner: np.ndarray) -> int:
    """Members beyond the first of each owner."""
    return int(owner.size - np.unique(owner).size)


def fit_rates(counts: Sequence[ErrorCount], knots: int = 8) -> ErrorRates:
    """Rates that fall with confidence (isotonic regression), at quantiles of the images' confidence."""
    confidence = np.array([c.confidence for c in counts])
    at = np.unique(np.quantile(confidence, np.linspace(0, 1, knots)).round(3))
    mergers, splits = (np.array([getattr(c, name) for c in counts]) for name in ("mergers", "splits"))
    borders, grains = (np.array([getattr(c, name) for c in counts]) for name in ("borders", "grains"))
    return ErrorRates(
        tuple(at.tolist()),
        _falling(confidence, mergers, borders, at),
        _falling(confidence, splits, grains, at),
        measured=True,
    )


def _falling(
    confidence: np.ndarray, errors: np.ndarray, chances: np.ndarray, at: np.ndarray
) -> tuple[float, ...]:
    """Share of errors, fitted to fall with confidence."""
    from scipy.optimize import isotonic_regression

    order = np.argsort(confidence, kind="stable")
    total = np.maximum(chances[order], 1)
    fit = isotonic_regression(errors[order] / total, weights=total, increasing=False).x
    return tuple(np.interp(at, confidence[order], fit).round(4).tolist())


def write_rates(folder: Path, rates: ErrorRates, digest: str, origin: str) -> Path:
    """Put the rates beside the weights that they belong to."""
    path = folder / FILE
    content = {
        "format": FORMAT,
        "model_digest": digest,
        "origin": origin,
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
        confidence, missed, invented = (
            tuple(float(v) for v in content[name]) for name in ("confidence", "missed", "invented")
        )
        return ErrorRates(confidence, missed, invented, measured=True)
    except (OSError, ValueError, KeyError, TypeError):
        return ErrorRates()
