from __future__ import annotations

import numpy as np

from grainstats.measure import planimetric_count
from segment.grain_map import GrainMap


def test_rectangle_on_a_lattice() -> None:
    """5 x 5 cells of 20 px, the frame through the middle of the outer ones: an area of 16 cells."""
    lattice = np.kron(np.arange(25, dtype=np.int32).reshape(5, 5) + 1, np.ones((20, 20), np.int32))
    found = planimetric_count(GrainMap(lattice[10:-10, 10:-10].copy()))
    assert (found.inside, found.cut, found.corners) == (9, 12, 4)
    assert found.grains == 16.0
