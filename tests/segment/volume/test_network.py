"""The released network along the slices of a made stack."""

from __future__ import annotations

import numpy as np
import pytest
from fib_sem import made_stack
from skimage.metrics import adapted_rand_error

from segment.unet import load_model, released_models
from segment.volume import GreyVolume, VoxelSize
from segment.volume.pipeline import StackSettings, sees_every_direction, segment_stack


def test_three_directions_only_where_voxels_are_cubic() -> None:
    assert sees_every_direction((80, 90, 100), VoxelSize(10, 10, 12))
    assert not sees_every_direction((80, 90, 100), VoxelSize(10, 10, 25))
    assert not sees_every_direction((20, 90, 100), VoxelSize(10, 10, 10))


@pytest.mark.slow
def test_grains_of_a_made_stack() -> None:
    if not released_models():
        pytest.skip("no released model in this checkout")
    made = made_stack((24, 96, 96), 30, np.random.default_rng(0), porosity=0.05, second=0)
    stack = GreyVolume(made.grey, VoxelSize(10, 10, 10))
    found, _ = segment_stack(stack, load_model(), StackSettings(align="none"))
    inside = (made.labels > 0) & (found.labels > 0)
    assert inside.mean() > 0.9
    assert adapted_rand_error(made.labels[inside], found.labels[inside])[0] < 0.12
