"""Corners of boundaries at which no third boundary ends: what a boundary that left no trace leaves behind.

Three boundaries meet at about 120 degrees.  Where one of them is not drawn the other two are one boundary
with a sharp corner, whatever the contrast.  Boundaries of a sound map bend, but hardly so sharply: polygons
have no such corner, impinging discs (Johnson and Mehl) and maps of traced micrographs less than `SOUND` a
junction.  docs/explanation/confidence.md says how much they tell.
"""

from __future__ import annotations

import cv2
import numpy as np

SOUND = 0.1  #: most corners a junction in maps of 14 traced micrographs (.097), docs/validation
FEWEST = 100  #: junctions below which their share is chance; judgement
RADIUS = 0.2  #: of the circle that an angle is read off, in the side of a square as large as a mean cell
WIDER = 1.35  #: second circle, over the first
LEAST_PX = 4.0  #: smaller circles are all pixels
RING = 64  #: points on a circle
#: degrees below which an angle is a corner, midway between 120, where a border is missing, and what traced
#: boundaries have at their bends (135 and more)
SHARP = 125.0
AT_ONCE = 1 << 16  #: places looked at together: bounds memory, changes no result


def corners_per_junction(labels: np.ndarray) -> float:
    """Corners without a third boundary over places where three cells meet; 0 with fewer than `FEWEST`.

    Boundaries of the labels (int32) at pixels of no cell (0) and near the frame are not looked at.
    """
    area = np.bincount(labels.ravel())[1:]
    n = np.count_nonzero(area)
    if n == 0:
        return 0.0
    radius = max(RADIUS * float(area.sum() / n) ** 0.5, LEAST_PX)
    two, three = _meetings(labels, int(WIDER * radius) + 3)
    junctions = _groups(three, 1)
    if junctions < FEWEST:
        return 0.0
    y, x = np.nonzero(two)
    parts = [slice(k, k + AT_ONCE) for k in range(0, y.size, AT_ONCE)]
    sharp = np.concatenate([_angles(labels, y[p], x[p], radius) < SHARP for p in parts])
    two[y[~sharp], x[~sharp]] = False
    return _groups(two, max(int(radius / 4), 1)) / junctions


def _meetings(labels: np.ndarray, margin: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel corners around which exactly two cells lie, and more, bool; none within `margin` of the frame."""
    a, b, c, d = labels[:-1, :-1], labels[:-1, 1:], labels[1:, :-1], labels[1:, 1:]
    several = 1 + (b != a).astype(np.int8) + ((c != a) & (c != b)) + ((d != a) & (d != b) & (d != c))
    inside = np.zeros(several.shape, bool)
    inside[margin:-margin, margin:-margin] = True
    inside &= (a > 0) & (b > 0) & (c > 0) & (d > 0)
    return (several == 2) & inside, (several > 2) & inside


def _angles(labels: np.ndarray, y: np.ndarray, x: np.ndarray, radius: float) -> np.ndarray:
    """Narrower angle between the two cells at pixel corners, degrees; inf where others lie on a circle."""
    turn = np.linspace(0, 2 * np.pi, RING, endpoint=False)
    total = np.zeros(y.size)
    for reach in (radius, WIDER * radius):
        rows, columns = (np.round(0.5 + reach * part).astype(int) for part in (np.sin(turn), np.cos(turn)))
        ring = labels[y[:, None] + rows, x[:, None] + columns]
        simple = ((ring != np.roll(ring, 1, axis=1)).sum(axis=1) == 2) & ring.all(axis=1)
        first = (ring == ring[:, :1]).mean(axis=1)
        total += np.where(simple, 360 * np.minimum(first, 1 - first), np.inf)
    return total / 2


def _groups(places: np.ndarray, reach: int) -> int:
    """Number of groups of places nearer to each other than about twice `reach`."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    grown = cv2.dilate(places.view(np.uint8), cross, iterations=reach)
    return int(cv2.connectedComponents(grown, connectivity=4)[0]) - 1
