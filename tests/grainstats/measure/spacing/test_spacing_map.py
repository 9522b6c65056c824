"""Local spacing on squares of two sizes, which it gives in nanometres."""

from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure import spacing_map
from segment.grain_map import GrainMap

FINE, COARSE = 8, 20  #: edges of the squares of a map whose left half is fine


@pytest.fixture(scope="module")
def grains() -> GrainMap:
    """240 × 480 pixels of 2 nm: squares of 8 px on the left, of 20 px on the right."""
    y, x = np.mgrid[:240, :480]
    fine = y // FINE * 30 + x // FINE
    coarse = 10_000 + y // COARSE * 24 + x // COARSE
    _, labels = np.unique(np.where(x < 240, fine, coarse), return_inverse=True)
    return GrainMap((labels.reshape(x.shape) + 1).astype(np.int32), 2.0)


def test_local_spacing_is_the_edge_of_the_squares(grains: GrainMap) -> None:
    local = spacing_map(grains)
    assert local[120, 60] == pytest.approx(2 * FINE, rel=0.1)
    assert local[120, 420] == pytest.approx(2 * COARSE, rel=0.1)
    smaller = spacing_map(grains, (120, 240))
    assert smaller[60, 30] == pytest.approx(local[120, 60], rel=0.1)


def test_without_boundaries_it_is_the_length_of_the_map() -> None:
    assert spacing_map(GrainMap(np.ones((60, 90), np.int32), 3.0)) == pytest.approx(270.0)
