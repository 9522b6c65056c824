"""How far answers can be trusted, fitted on images of known truth (`segment.quality.calibration_table`)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import cv2
import numpy as np

from segment.cells.borders import find_borders
from segment.cells.label_edges import on_edges
from segment.grain_map import Reliability
from segment.quality.calibration_table import (
    CONFIDENCE_FILE,
    CONFIDENCE_FORMAT,
    Confidence,
    Weighing,
    halved_products,
    standardised,
)
from segment.quality.evidence_numbers import Evidence
from segment.quality.score import TOLERANCE_PX, fill

KNOTS = 12  #: most points of a reliability table
SHORTEST_PX = 4  #: shorter borders are points where four cells meet
WAVER = 0.003  #: by which an answer's value changes with precision, threads and the table's five digits
#: ridges, in images: weights of standardised evidence are held back as by so many images.  That of lines is
#: best by rank correlation on styles that the fit did not see (3 to 300 tried, 149 images); odds hardly care
ODDS_PENALTY, LINE_PENALTY = 300.0, 30.0


@dataclass(frozen=True, eq=False)
class JudgedBorders:
    """Borders of cells and how much of each is true.

    Attributes
    ----------
    stated : ndarray, shape (m,)
        Mean boundary probability along the border.
    length_px : ndarray, shape (m,)
    share : ndarray, shape (m,)
        Of its length, how much lies within `TOLERANCE_PX` of a true boundary.
    """

    stated: np.ndarray
    length_px: np.ndarray
    share: np.ndarray

    @property
    def true(self) -> np.ndarray:
        """Borders that are boundaries along most of their length."""
        result: np.ndarray = self.share > 0.5
        return result


def judge_borders(labels: np.ndarray, probability: np.ndarray, truth: np.ndarray) -> JudgedBorders:
    """Compare the borders of a label map with those of the true one.

    Parameters
    ----------
    labels, truth : ndarray of int, shape (rows, columns)
        Label 0 of the truth belongs to the nearest grain.
    probability : ndarray of float32, shape (rows, columns)
    """
    whole = fill(truth)
    apart = ~(on_edges(whole) | on_edges(whole, upper_left=True))
    away = cv2.distanceTransform(apart.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    found = find_borders(labels, probability)
    near = find_borders(labels, (away <= TOLERANCE_PX).astype(np.float32))
    kept = found.length_px >= SHORTEST_PX
    return JudgedBorders(found.confidence[kept], found.length_px[kept], near.confidence[kept])


def fit_reliability(stated: np.ndarray, true: np.ndarray, knots: int = KNOTS) -> Reliability:
    """Rising table of the share that is true: means over classes of equal number, made monotone.

    Isotonic regression by pool-adjacent-violators (Barlow et al. 1972; for calibration Zadrozny & Elkan 2002)
    of the class means, which a new image moves less than a fit of single borders.

    Parameters
    ----------
    stated : ndarray, shape (m,)
    true : ndarray of bool, shape (m,)
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(stated, kind="stable")
    classes = [part for part in np.array_split(order, min(knots, len(order))) if part.size]
    x = np.array([stated[part].mean() for part in classes])
    y = np.array([true[part].mean() for part in classes])
    rising = isotonic_regression(y, weights=[part.size for part in classes]).x
    x, first = np.unique(x, return_index=True)
    return Reliability(tuple(x.tolist()), tuple(rising[first].tolist()))


def calibration_error(stated: np.ndarray, true: np.ndarray, classes: int = 10) -> float:
    """Expected calibration error: mean over borders of |stated - true share| of their class."""
    index = np.minimum((stated * classes).astype(int), classes - 1)
    count = np.bincount(index, minlength=classes)
    gap = np.abs(np.bincount(index, stated, classes) - np.bincount(index, true, classes))
    return float(gap.sum() / max(count.sum(), 1))


def fit_odds(names: tuple[str, ...], evidence: list[Evidence], unlike_grains: np.ndarray) -> Weighing:
    """Logistic regression of second order, both classes counting the same, with a ridge; alarm at even odds.

    Parameters
    ----------
    names : tuple of str
    evidence : list of Evidence
    unlike_grains : ndarray of bool, shape (n,)
    """
    terms, centre, spread = _terms(names, evidence)
    design = np.column_stack([terms, np.ones(len(terms))])
    share = float(unlike_grains.mean())
    count = np.where(unlike_grains, 0.5 / share, 0.5 / (1 - share))
    penalty = np.append(np.full(terms.shape[1], ODDS_PENALTY), 1e-6)
    weight = np.zeros(len(penalty))
    for _ in range(60):
        odds = 1 / (1 + np.exp(-np.clip(design @ weight, -30, 30)))
        slope = design.T @ (count * (odds - unlike_grains)) + penalty * weight
        curvature = (design * (count * odds * (1 - odds))[:, None]).T @ design + np.diag(penalty)
        weight -= np.linalg.solve(curvature, slope)
    return _weighing(names, centre, spread, weight[:-1], float(weight[-1]), alarm=0.0)


def fit_line(names: tuple[str, ...], evidence: list[Evidence], value: np.ndarray) -> Weighing:
    """Ridge regression of second order of a value, shape (n,); alarm nowhere."""
    terms, centre, spread = _terms(names, evidence)
    middle = terms.mean(axis=0)
    gram = (terms - middle).T @ (terms - middle) + LINE_PENALTY * np.eye(len(middle))
    weight = np.linalg.solve(gram, (terms - middle).T @ (value - value.mean()))
    return _weighing(names, centre, spread, weight, float(value.mean() - middle @ weight), alarm=float("inf"))


def alarm_at(values: np.ndarray, share: float) -> float:
    """A value that at most a `share` of these (images that should pass) reaches: `WAVER` above the next."""
    return float(np.quantile(values, 1 - share, method="higher")) + WAVER


def alarm_beyond(values: np.ndarray, share: float) -> float:
    """What a normal distribution of these (images that should pass) exceeds with probability `share`.

    A quantile of a hundred images hangs on one of them.
    """
    return float(values.mean() + NormalDist().inv_cdf(1 - share) * values.std())


def _terms(names: tuple[str, ...], evidence: list[Evidence]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standardised evidence and its products, shape (images, terms); means and deviations of the evidence."""
    table = np.array([one.vector(names) for one in evidence])
    centre, spread = np.nanmean(table, axis=0), np.nanstd(table, axis=0) + 1e-6
    far = standardised(table, centre, spread)
    return np.column_stack([far, halved_products(far)]), centre, spread


def _weighing(
    names: tuple[str, ...],
    centre: np.ndarray,
    spread: np.ndarray,
    weight: np.ndarray,
    offset: float,
    *,
    alarm: float,
) -> Weighing:
    n = len(names)
    first, second = tuple(weight[:n].tolist()), tuple(weight[n:].tolist())
    return Weighing(names, tuple(centre.tolist()), tuple(spread.tolist()), first, offset, alarm, second)


def write_confidence(folder: Path, confidence: Confidence, measured: dict[str, Any]) -> Path:
    """Write the table into a model folder.

    Parameters
    ----------
    folder : Path
    confidence : Confidence
    measured : dict
        What the fit came to, on data not used for it; for the reader of the file, not for the code.
    """
    path = folder / CONFIDENCE_FILE
    content = {"format": CONFIDENCE_FORMAT, **asdict(confidence), "measured": measured}
    path.write_text(json.dumps(_rounded(content), indent=1) + "\n", encoding="utf-8")
    return path


def _rounded(value: Any) -> Any:
    """Five digits are more than was measured."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
