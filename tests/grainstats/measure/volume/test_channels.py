"""Ways and thickness in bodies where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure.volume.phases import connectivity, local_thickness, tortuosity
from segment.volume.stack import VoxelSize

UNIT = VoxelSize(1, 1, 1)


def test_staircase_is_longer_than_a_rod() -> None:
    """A way of two legs at 45 degrees is sqrt(2) longer."""
    way = np.zeros((41, 9, 60), bool)
    for z in range(41):
        x = 10 + (z if z <= 20 else 40 - z)
        way[z, 3:6, x : x + 2] = True
    found = connectivity(way, UNIT)
    assert found["percolates"] == {"x": False, "y": False, "z": True}
    assert found["tortuosity"]["z"] == pytest.approx(2**0.5, rel=0.06)


def test_flat_voxels_count_in_nanometres() -> None:
    z, y, x = np.ogrid[:30, :20, :60]
    slab = (np.abs(x - 2 * z) < 6) & (y >= 0)
    steep = tortuosity(slab, VoxelSize(1, 1, 2), "z")
    assert steep == pytest.approx(2**0.5, rel=0.1)


def test_thickness_of_plate_rod_and_ball() -> None:
    z, y, x = np.ogrid[:50, :50, :50]
    plate = (np.abs(z - 25) < 5) & (y >= 0) & (x >= 0)
    ball = (z - 25) ** 2 + (y - 25) ** 2 + (x - 25) ** 2 < 15**2
    for body, expected in ((plate, 9), (ball, 29)):
        found = local_thickness(body, UNIT)
        assert found is not None
        assert found["median"] == pytest.approx(expected, abs=1)
    assert local_thickness(np.zeros((5, 5, 5), bool), UNIT) is None


def test_thickness_in_any_direction() -> None:
    rng = np.random.default_rng(0)
    there = np.stack(np.indices((44, 44, 44)), axis=-1)
    for radius in (5, 5, 7):
        axis = rng.standard_normal(3)
        from_middle = there - (22 + rng.random(3) - 0.5)
        along = from_middle @ axis / np.linalg.norm(axis)
        across = np.sqrt((from_middle**2).sum(axis=-1) - along**2)
        for body, low, high in ((np.abs(along) < radius, -0.9, 0.9), (across < radius, -1.7, 0.5)):
            found = local_thickness(body, UNIT)
            assert found is not None and low < found["median"] - 2 * radius < high
