"""Whether two images show the same area of the specimen: by exact pixels, or by what they show.

One area counts once, whatever file, bit depth, channel or orientation it comes in. Two kinds of tool:

`pixel_digest` is equal for the same pixels in another container, with levels stretched in any rising way, or
flipped or turned by a right angle. `labels_digest` is the same for a label map, whatever its numbers.
`fingerprint` and `same_areas` also find copies that were compressed, rescaled or inverted, and two detectors
or channels of one scan: they correlate coarse pictures of both, under all eight flips and turns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SIDE = 64  #: edge of a fingerprint in blocks
SMOOTH = 4.0  #: blocks of the blur that is taken away: gradients and shading tell nothing
SAME = 0.5  #: correlation of one area; that of two among 224 real images stayed below 0.2
_STEPS = 40.0  #: of a fingerprint, to its standard deviation
_MOST_SORTED = 1 << 25  #: pixels of floats that are ranked by sorting; larger images in 65,536 steps


@dataclass(frozen=True)
class SameArea:
    """Two images of one area.

    Attributes
    ----------
    first, second : int
        Their places in the sequence that was asked about, first < second.
    correlation : float
        Of their fingerprints, -1 ... 1; negative for inverted contrast.
    """

    first: int
    second: int
    correlation: float


def pixel_digest(image: np.ndarray, valid: np.ndarray | None = None) -> str:
    """SHA-256 of the order of an image's grey levels, the same for all its flips and turns.

    Parameters
    ----------
    image : ndarray, shape (rows, columns)
    valid : ndarray of bool, optional
        The image is cut to the extent of its valid pixels first, so that a frame around it changes nothing.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.arange(12, dtype=np.uint8).reshape(3, 4)
    >>> pixel_digest(a) == pixel_digest(a.astype(np.uint16)[::-1] * 257)
    True
    >>> pixel_digest(a) == pixel_digest(a + (a == 5) * 9)
    False
    """
    return _smallest_digest(_ranks(_inside(image, valid)))


def labels_digest(labels: np.ndarray) -> str:
    """SHA-256 of the cells of a label map, whatever their numbers; the same for all its flips and turns.

    Examples
    --------
    >>> import numpy as np
    >>> labels_digest(np.array([[1, 2], [1, 0]])) == labels_digest(np.array([[9, 5], [0, 5]]))
    True
    """
    from segment.cells.watershed import number_cells

    group = np.arange(int(labels.max(initial=0)) + 1, dtype=np.int32)
    turned = (np.ascontiguousarray(view, np.int32).copy() for view in _turns(labels))
    return min(_sha256(number_cells(view, group)) for view in turned)


def fingerprint(image: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """A coarse picture of an image for `same_areas`.

    Parameters
    ----------
    image : ndarray, shape (rows, columns)
        Grey levels, or for a label map its boundaries (`boundaries_of`).
    valid : ndarray of bool, optional

    Returns
    -------
    ndarray of int8, shape (64, 64)
        Means of blocks without their slow variation, in units of 1/40 of their standard deviation; zeros for
        a constant image.
    """
    import cv2

    seen = _inside(image, valid).astype(np.float32)
    if valid is not None and not valid.all():
        mask = _inside(valid, valid)
        seen[~mask] = seen[mask].mean() if mask.any() else 0
    blocks = cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    detail = blocks - cv2.GaussianBlur(blocks, (0, 0), SMOOTH)
    spread = float(detail.std())
    if not np.isfinite(spread) or spread <= 1e-6 * max(float(np.abs(blocks).max()), 1e-30):
        return np.zeros((SIDE, SIDE), np.int8)
    return np.clip(np.rint(detail / spread * _STEPS), -127, 127).astype(np.int8)


def boundaries_of(labels: np.ndarray) -> np.ndarray:
    """255 where a pixel differs from its right or lower neighbour, else 0; what a label map shows."""
    edge = np.zeros(labels.shape, np.uint8)
    edge[:, :-1][labels[:, 1:] != labels[:, :-1]] = 255
    edge[:-1][labels[1:] != labels[:-1]] = 255
    return edge


def same_areas(prints: Sequence[np.ndarray], least: float = SAME) -> list[SameArea]:
    """All pairs of fingerprints that show one area, in any orientation and with either contrast.

    Parameters
    ----------
    prints : sequence of ndarray of int8, shape (64, 64)
    least : float
        Correlation from which two count as one area.

    Returns
    -------
    list of SameArea
        Ordered by their places.
    """
    if len(prints) < 2:
        return []
    rows = _unit(np.stack([p.ravel() for p in prints]))
    best = np.zeros((len(prints), len(prints)), np.float32)
    for turn in range(8):
        turned = _unit(np.stack([_turns(p)[turn].ravel() for p in prints]))
        found = rows @ turned.T
        best = np.where(np.abs(found) > np.abs(best), found, best)
    pairs = np.argwhere(np.triu(np.abs(best) >= least, 1))
    return [SameArea(int(i), int(j), float(best[i, j])) for i, j in pairs]


def _unit(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def _turns(image: np.ndarray) -> list[np.ndarray]:
    """Eight views: as it is, turned by 90, 180 and 270 degrees, and each of them mirrored."""
    turned = [np.rot90(image, k) for k in range(4)]
    return turned + [view[:, ::-1] for view in turned]


def _inside(image: np.ndarray, valid: np.ndarray | None) -> np.ndarray:
    if valid is None or not valid.any():
        return image
    rows, columns = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _ranks(image: np.ndarray) -> np.ndarray:
    """Number of lower levels in use below each pixel's level."""
    if image.dtype == bool:
        return image.astype(np.uint16)
    if image.dtype.kind == "f" and image.size > _MOST_SORTED:
        low, high = float(np.nanmin(image)), float(np.nanmax(image))
        return np.rint((image - low) * (65535 / max(high - low, 1e-30))).astype(np.uint16)
    if image.dtype.kind == "f" or image.dtype.itemsize > 2:
        inverse = np.unique(image, return_inverse=True)[1].reshape(image.shape)
        return inverse.astype(np.uint32) if inverse.max(initial=0) > 65535 else inverse.astype(np.uint16)
    shift = int(np.iinfo(image.dtype).min)
    places = image.astype(np.int32) - shift
    used = np.bincount(places.ravel(), minlength=1) > 0
    return (np.cumsum(used) - 1).astype(np.uint16)[places]


def _smallest_digest(ranks: np.ndarray) -> str:
    return min(_sha256(np.ascontiguousarray(view)) for view in _turns(ranks))


def _sha256(view: np.ndarray) -> str:
    return hashlib.sha256(f"{view.shape}{view.dtype.str}".encode() + view.data).hexdigest()
