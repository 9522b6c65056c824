"""Grains of different grey are said where other phases were found, an even or shaded solid is not."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import cKDTree

from segment.volume import GreyVolume, VoxelSize
from segment.volume.pipeline import StackSettings, segment_stack

SIDE = 72


@pytest.fixture(scope="module")
def grains() -> np.ndarray:
    """Unit deviations of some sixty grains, one grey each."""
    rng = np.random.default_rng(3)
    places = np.indices((SIDE, SIDE, SIDE)).reshape(3, -1).T
    cell = cKDTree(rng.uniform(0, SIDE, (60, 3))).query(places)[1]
    return rng.normal(size=60)[cell].reshape(SIDE, SIDE, SIDE)


@pytest.mark.parametrize(("contrast", "shade", "said"), [(24, 0, True), (0, 0, False), (0, 10, False)])
def test_channelling_contrast_is_said(grains: np.ndarray, contrast: float, shade: float, said: bool) -> None:
    rng = np.random.default_rng(4)
    grey = 150 + contrast * grains + shade * np.linspace(-1, 1, SIDE)
    grey[20:40, 20:40, 20:40] = 35
    grey = ndimage.gaussian_filter(grey, (0.4, 0.9, 0.9)) + rng.normal(0, 7, grey.shape)
    stack = GreyVolume(np.clip(grey, 0, 255).astype(np.uint8), VoxelSize(10, 10, 10))
    volume, _ = segment_stack(stack, None, StackSettings(grains=False))
    assert any("from grain to grain" in text for text in volume.warnings) == said
    asked, _ = segment_stack(stack, None, StackSettings(grains=False, n_phases=2))
    assert not any("from grain to grain" in text for text in asked.warnings)
