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

import numpy as np

from segment.grain_map import GrainMap
from segment.label_edges import on_edges
from segment.micrograph.fingerprint import SAME, SameArea, fingerprint, same_areas, shown_part, turns

__all__ = [
    "SAME",
    "SameArea",
    "boundaries_of",
    "fingerprint",
    "labels_digest",
    "pixel_digest",
    "same_areas",
    "same_maps",
]

SAME_BOUNDARIES = 0.7  #: correlation of boundary maps of one area, also when segmented twice
_MOST_SORTED = 1 << 25  #: pixels of floats that are ranked by sorting; larger images in 65,536 steps


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
    return _smallest_digest(_ranks(shown_part(image, valid)))


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
    turned = (np.ascontiguousarray(view, np.int32).copy() for view in turns(labels))
    return min(_sha256(number_cells(view, group)) for view in turned)


def same_maps(maps: Sequence[GrainMap]) -> list[SameArea]:
    """All pairs of grain maps that show one area: equal cells, or boundaries in the same places.

    Parameters
    ----------
    maps : sequence of GrainMap

    Returns
    -------
    list of SameArea
        Ordered by their places.
    """
    if len(maps) < 2:
        return []
    drawn = [fingerprint(boundaries_of(one.labels), one.valid) for one in maps]
    return same_areas(drawn, SAME_BOUNDARIES)


def boundaries_of(labels: np.ndarray) -> np.ndarray:
    """255 where a pixel differs from its right or lower neighbour, else 0; what a label map shows."""
    return on_edges(labels).astype(np.uint8) * 255


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
    return min(_sha256(np.ascontiguousarray(view)) for view in turns(ranks))


def _sha256(view: np.ndarray) -> str:
    return hashlib.sha256(f"{view.shape}{view.dtype.str}".encode() + view.data).hexdigest()
