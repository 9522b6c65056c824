"""A coarse picture of what an image shows, by which copies and channels of one area are found."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from segment.micrograph.blank_frame import box_of

SIDE = 64  #: edge of a fingerprint in blocks
SMOOTH = 4.0  #: blocks of the blur that is taken away: gradients and shading tell nothing
SAME = 0.5  #: correlation of one area; that of two among 224 real images stayed below 0.2
_AT_A_TIME = 100  #: fingerprints compared with all others: 10,000 need some 300 MB
_STEPS = 40.0  #: of a fingerprint, to its standard deviation


@dataclass(frozen=True)
class SameArea:
    """Two images of one area."""

    #: first, second: their places in the sequence that was asked about, first < second
    first: int
    second: int
    correlation: float  #: of their fingerprints, -1 ... 1; negative for inverted contrast


def fingerprint(image: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """A coarse picture of an image, or of a label map's boundaries, for `same_areas`; int8, shape (64, 64).

    Means of blocks without their slow variation, in units of 1/40 of their standard deviation; zeros for a
    constant image.
    """
    seen = shown_part(image, valid).astype(np.float32)
    if valid is not None and not valid.all():
        mask = shown_part(valid, valid)
        seen[~mask] = seen[mask].mean() if mask.any() else 0
    blocks = cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    detail = blocks - cv2.GaussianBlur(blocks, (0, 0), SMOOTH)
    spread = float(detail.std())
    if not np.isfinite(spread) or spread <= 1e-6 * max(float(np.abs(blocks).max()), 1e-30):
        return np.zeros((SIDE, SIDE), np.int8)
    steps: np.ndarray = np.rint(detail / spread * _STEPS)
    return np.clip(steps, -127, 127).astype(np.int8)


def same_areas(prints: Sequence[np.ndarray], least: float = SAME) -> list[SameArea]:
    """All pairs of fingerprints that show one area in any orientation, with either contrast, by their places.

    `least` is the correlation from which two count as one area.
    """
    if len(prints) < 2:
        return []
    rows, same = _unit(np.stack([p.ravel() for p in prints])), []
    for first in range(0, len(prints), _AT_A_TIME):
        views = np.stack([view.ravel() for p in prints[first : first + _AT_A_TIME] for view in turns(p)])
        found = (_unit(views) @ rows[first:].T).reshape(-1, 8, len(prints) - first)
        best = np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1)[:, 0]
        for i, j in np.argwhere(np.triu(np.abs(best) >= least, 1)):
            same.append(SameArea(first + int(i), first + int(j), float(best[i, j])))
    return same


def _unit(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def turns(image: np.ndarray) -> list[np.ndarray]:
    """Eight views: as it is, turned by 90, 180 and 270 degrees, and each of them mirrored."""
    turned = [np.rot90(image, k) for k in range(4)]
    return turned + [view[:, ::-1] for view in turned]


def shown_part(image: np.ndarray, valid: np.ndarray | None) -> np.ndarray:
    if valid is None or not valid.any():
        return image
    return image[box_of(valid)]
