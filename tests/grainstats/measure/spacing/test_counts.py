from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure import planimetric_count
from segment.grain_map import GrainMap


def lattice(side: int, cells: int) -> GrainMap:
    number = np.arange(cells * cells, dtype=np.int32).reshape(cells, cells) + 1
    return GrainMap(np.kron(number, np.ones((side, side), np.int32)), 1000.0, "manual")


def test_rectangle_on_a_lattice() -> None:
    """5 x 5 cells, the frame through the middle of the outer ones: an area of 16 cells."""
    grain_map = lattice(20, 5)
    cropped = GrainMap(grain_map.labels[10:-10, 10:-10].copy(), 1000.0, "manual")
    found = planimetric_count(cropped)
    assert (found.inside, found.cut, found.corners) == (9, 12, 4)
    assert found.grains == 16.0
    assert found.area_px2 == 80 * 80
    assert found.per_mm2 == pytest.approx(16 / (80e-3) ** 2)
    assert found.astm_g == pytest.approx(3.321928 * np.log10(2500) - 2.954)


def test_pores_and_unknown_scale(porous: GrainMap) -> None:
    assert planimetric_count(porous).area_px2 == 800 - 36
    unknown = planimetric_count(GrainMap(porous.labels))
    assert unknown.per_mm2 is None and unknown.astm_g is None
