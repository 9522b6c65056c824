"""Grains grown in three dimensions."""

from __future__ import annotations

import numpy as np
from fib_sem import made_stack
from potts_volume import potts_volume

from grainstats.measure.volume import measure_volume
from segment.volume import LabelVolume, VoxelSize


def test_grown_grains_look_as_grown_grains_do() -> None:
    """Anderson et al. (1989) have 13.7 faces a grain after normal growth; Poisson-Voronoi cells have 15.5."""
    labels = potts_volume((48, 48, 48), 400.0, np.random.default_rng(1))
    n = int(labels.max())
    assert 380 < labels.size / n < 520
    found = measure_volume(LabelVolume(labels, VoxelSize(1, 1, 1), np.arange(n + 1)))
    whole = found.grains[~found.grains["touches_frame"]]
    assert 12.5 < np.average(whole["faces"], weights=whole["weight"]) < 14.8


def test_the_same_seed_grows_the_same() -> None:
    one, two = (potts_volume((20, 24, 28), 60.0, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_a_made_stack_of_grown_grains() -> None:
    made = made_stack((20, 40, 40), 10.0, np.random.default_rng(0), mosaic="potts")
    assert set(np.unique(made.phase)) == {0, 1, 2}
    assert (made.labels[made.phase == 1] > 0).all()
