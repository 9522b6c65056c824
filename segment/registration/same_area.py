"""Whether two grain maps show the same area of the specimen, which counts once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segment.cells.label_edges import on_edges
from segment.grain_map import GrainMap
from segment.micrograph.fingerprint import SameArea, fingerprint, same_areas

SAME_BOUNDARIES = 0.7  #: correlation of boundary maps of one area, also when segmented twice


def same_maps(maps: Sequence[GrainMap]) -> list[SameArea]:
    """All pairs of grain maps that show one area: equal cells, or boundaries in the same places."""
    drawn = [fingerprint(on_edges(one.labels).astype(np.uint8) * 255, one.valid) for one in maps]
    return same_areas(drawn, SAME_BOUNDARIES)
