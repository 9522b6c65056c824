"""Whether two images show the same area of the specimen.

One area counts once, whatever file, bit depth, channel or orientation it comes in. `fingerprint` and
`same_areas` correlate coarse pictures of both, under all eight flips and turns: they find copies that were
compressed, rescaled or inverted, and two detectors or channels of one scan.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segment.grain_map import GrainMap
from segment.label_edges import on_edges
from segment.micrograph.fingerprint import SAME, SameArea, fingerprint, same_areas

__all__ = [
    "SAME",
    "SameArea",
    "boundaries_of",
    "fingerprint",
    "same_areas",
    "same_maps",
]

SAME_BOUNDARIES = 0.7  #: correlation of boundary maps of one area, also when segmented twice


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
