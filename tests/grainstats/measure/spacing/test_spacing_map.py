"""Local spacing on squares of two sizes, which it gives in nanometres."""

from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure import spacing_map
from segment.grain_map import GrainMap


def test_local_spacing_is_the_edge_of_the_squares(two_squares: GrainMap) -> None:
    local = spacing_map(two_squares)
    assert local[120, 60] == pytest.approx(16, rel=0.1)
    assert local[120, 420] == pytest.approx(40, rel=0.1)
    smaller = spacing_map(two_squares, (120, 240))
    assert smaller[60, 30] == pytest.approx(local[120, 60], rel=0.1)


def test_without_boundaries_it_is_the_length_of_the_map() -> None:
    assert spacing_map(GrainMap(np.ones((60, 90), np.int32), 3.0)) == pytest.approx(270.0)
