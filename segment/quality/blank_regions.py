"""Regions in which nothing can be seen: holes, thick or charged areas, patches painted over.

The cells close around such a region as around one huge grain.  It is none where it is much larger than every
grain, has no structure inside, and is brighter or darker, or smoother, than any grain of the image; or where
it has exactly one level among grains with the camera's noise.  A huge smooth cell that looks like the grains
stays a grain: whether it is one, more fields must tell.  Several huge cells are coarse grains, however dark
or bright, unless the camera's noise is missing in them.
"""

from __future__ import annotations

import cv2
import numpy as np

from segment.cells.enclosed import typical_area
from segment.label_edges import on_edges

LARGER = 4.0  #: equivalent diameter over the area-weighted median of the other cells
SMALLEST_SHARE = 0.01  #: of the image; less changes no mean
INSIDE_PX = 6  #: distance from the cell's outline, where its own grey is seen
FLAT = 1.5  #: grey deviation inside, of windows of `WINDOW_PX`, over that of the other cells
SMOOTH = 0.2  #: the same ratio below which the camera's noise is missing: no part of the photograph
ONE_LEVEL = 0.3  #: share of windows of one level in a painted cell; in 92 maps of real images at most .13
ELSEWHERE = 0.02  #: the same share of the rest above which the image has no noise; at most .01 in those
EXTREME = 0.005  #: share of the other cells' area whose mean grey may lie beyond that of a blank region
WINDOW_PX = 7  #: edge of the windows whose deviation is taken
MOST_BY_GREY = 2  #: huge cells of an image that may be blank by their grey alone; more are a population
FEWEST_CELLS = 20  #: to know what a grain looks like

BLANK = "nothing can be seen in"  #: how the warning begins


def blank_regions(image: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """Cells that show nothing, as a mask; None where there are none.

    Parameters
    ----------
    image : ndarray, shape (rows, columns)
        Grey levels.
    labels : ndarray of int, shape (rows, columns)
        Cells from 1; 0 is no grain.

    Returns
    -------
    ndarray of bool, shape (rows, columns), or None
    """
    area = np.bincount(labels.ravel()).astype(float)
    area[0] = 0.0
    if np.count_nonzero(area) < FEWEST_CELLS:
        return None
    grey = image.astype(np.float32)
    found = _painted(grey, labels, area)
    huge = _huge(area, labels.size)
    if len(huge):
        found += _unlike_grains(grey, labels, area, huge)
    return np.isin(labels, found) if found else None


def _painted(grey: np.ndarray, labels: np.ndarray, area: np.ndarray) -> list[int]:
    """Large cells of one level, among others that are not."""
    large = np.flatnonzero(area >= SMALLEST_SHARE * labels.size)
    if not len(large):
        return []
    window = np.ones((WINDOW_PX, WINDOW_PX), np.uint8)
    one_level = cv2.dilate(grey, window) == cv2.erode(grey, window)
    pixels = np.bincount(labels.ravel(), one_level.ravel(), len(area))
    found = large[pixels[large] >= ONE_LEVEL * area[large]]
    left = area.sum() - area[found].sum()
    noisy = pixels[1:].sum() - pixels[found].sum() <= ELSEWHERE * left
    return found.tolist() if noisy else []


def _unlike_grains(grey: np.ndarray, labels: np.ndarray, area: np.ndarray, huge: np.ndarray) -> list[int]:
    """Huge cells that no grain looks like."""
    apart = ~on_edges(labels, upper_left=True)
    inside = cv2.distanceTransform(apart.view(np.uint8), cv2.DIST_L2, 3) > INSIDE_PX
    mean, deviation = _of_cells(grey, labels, inside)
    return [k for k in huge if _is_blank(k, mean, deviation, area, huge)]


def blank_warning(mask: np.ndarray) -> str:
    """The words for a map whose blank regions were left out."""
    return (
        f"{BLANK} {mask.mean():.0%} of the image (a hole, a thick, charged or covered area): "
        "left out, no grain and in no mean"
    )


def _huge(area: np.ndarray, pixels: int) -> np.ndarray:
    """Labels of cells far larger than the others' area-weighted median."""
    order = np.argsort(-area)[:8]
    found: list[int] = []
    for label in order:
        others = area.copy()
        others[[*found, label]] = 0.0
        if not others.any() or area[label] < SMALLEST_SHARE * pixels:
            break
        if area[label] < LARGER**2 * typical_area(others):
            break
        found.append(int(label))
    return np.array(found, int)


def _of_cells(grey: np.ndarray, labels: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean grey of each cell's inside, and root mean square of the deviation in small windows; NaN: none."""
    local = cv2.blur(grey, (WINDOW_PX, WINDOW_PX))
    square = cv2.blur(grey * grey, (WINDOW_PX, WINDOW_PX)) - local * local
    n = int(labels.max()) + 1
    where = labels[inside]
    count = np.bincount(where, minlength=n).astype(float)
    count[count < WINDOW_PX**2] = np.nan
    mean = np.bincount(where, grey[inside], n) / count
    variance = np.bincount(where, np.maximum(square[inside], 0.0), n) / count
    return mean, np.sqrt(variance)


def _is_blank(
    label: int, mean: np.ndarray, deviation: np.ndarray, area: np.ndarray, huge: np.ndarray
) -> bool:
    others = np.isfinite(mean) & (area > 0)
    others[huge] = False
    if np.count_nonzero(others) < FEWEST_CELLS or not np.isfinite(mean[label]):
        return False
    usual = float(np.median(deviation[others]))
    if deviation[label] > FLAT * max(usual, 1e-6):
        return False
    share = area[others] / area[others].sum()
    beyond = min(share[mean[others] >= mean[label]].sum(), share[mean[others] <= mean[label]].sum())
    unlike = beyond <= EXTREME and len(huge) <= MOST_BY_GREY
    return bool(unlike or deviation[label] < SMOOTH * usual)
