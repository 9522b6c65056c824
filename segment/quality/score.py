"""How well cells agree with a person's tracing: boundary F1, mean intercept, grain diameter.

Both maps are made to tile the frame (lines belong to the nearest cell), then compared.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import skimage as ski  # its parts load when they are used

TOLERANCE_PX = 4.0  #: how far apart two lines may lie and still be the same boundary
SMALLEST_PX = 20  #: smaller gaps between traced lines are no grains


@dataclass(frozen=True)
class Score:
    """Agreement of predicted cells with the truth; ratios are predicted / true."""

    #: f1, precision, recall: of the one-pixel boundaries, within the tolerance
    f1: float
    precision: float
    recall: float
    intercept_ratio: float  #: of the mean horizontal and vertical intercept between boundaries
    #: diameter_ratio, area_weighted_diameter_ratio: of the equivalent diameters of grains that do not touch
    #: the frame
    diameter_ratio: float
    area_weighted_diameter_ratio: float
    grains_ratio: float  #: of their number


def score(labels: np.ndarray, truth: np.ndarray, tolerance_px: float = TOLERANCE_PX) -> Score:
    """Compare two label maps, 0 = boundary or not a grain, both of shape (rows, columns)."""
    ours, theirs = fill(labels), fill(truth)
    found, wanted = outline(ours), outline(theirs)
    precision, recall = (_share_near(*pair, tolerance_px) for pair in ((found, wanted), (wanted, found)))
    ours_d, theirs_d = diameters(ours), diameters(theirs)
    return Score(
        f1=2 * precision * recall / (precision + recall + 1e-12),
        precision=precision,
        recall=recall,
        intercept_ratio=_ratio(_mean(intercepts(ours)), _mean(intercepts(theirs))),
        diameter_ratio=_ratio(_mean(ours_d), _mean(theirs_d)),
        area_weighted_diameter_ratio=_ratio(_area_weighted(ours_d), _area_weighted(theirs_d)),
        grains_ratio=_ratio(len(ours_d), len(theirs_d)),
    )


def cells_of_tracing(lines: np.ndarray) -> np.ndarray:
    """Cells between traced lines (bool), the thick line divided between its neighbours; int labels."""
    cells: np.ndarray = ski.measure.label(~lines, connectivity=1)  # type: ignore[no-untyped-call]
    small = np.bincount(cells.ravel()) < SMALLEST_PX
    small[0] = False
    return fill(np.where(small[cells], 0, cells))


def fill(labels: np.ndarray) -> np.ndarray:
    """Give pixels of label 0 to the nearest cell."""
    if not (labels == 0).any() or not (labels > 0).any():
        return labels
    return ski.segmentation.watershed(np.zeros(labels.shape, np.uint8), labels)  # type: ignore[no-untyped-call]


def outline(labels: np.ndarray) -> np.ndarray:
    """One-pixel lines between cells, bool."""
    thick = ski.segmentation.find_boundaries(labels, mode="thick")  # type: ignore[no-untyped-call]
    return ski.morphology.skeletonize(thick)  # type: ignore[no-untyped-call]


def intercepts(labels: np.ndarray) -> np.ndarray:
    """Lengths in pixels between crossings, along every eighth row and column."""
    lengths = [
        np.diff(np.flatnonzero(np.diff(line))) for view in (labels[::8], labels.T[::8]) for line in view
    ]
    return np.concatenate(lengths)


def diameters(labels: np.ndarray) -> np.ndarray:
    """Equivalent diameters in pixels of the cells that do not touch the frame."""
    area = np.bincount(ski.segmentation.clear_border(labels).ravel())[1:]  # type: ignore[no-untyped-call]
    return np.sqrt(4 * area[area >= SMALLEST_PX] / np.pi)


def _share_near(lines: np.ndarray, others: np.ndarray, tolerance_px: float) -> float:
    if not lines.any() or not others.any():
        return 0.0
    away = cv2.distanceTransform((~others).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float((away[lines] <= tolerance_px).mean())


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _area_weighted(diameter: np.ndarray) -> float:
    return float((diameter**3).sum() / (diameter**2).sum()) if diameter.size else float("nan")


def _ratio(ours: float, theirs: float) -> float:
    return ours / theirs if theirs else float("nan")
