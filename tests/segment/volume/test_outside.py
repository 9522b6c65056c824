"""The surroundings of a specimen are told from its pores."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from segment.volume import GreyVolume, VoxelSize
from segment.volume.labels import label_volume, outside_note
from segment.volume.phases import PHASE_NAMES, find_phases

SIDE = 60


@pytest.fixture(scope="module")
def porous() -> np.ndarray:
    field = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((SIDE, SIDE, SIDE)), 3)
    return np.asarray(field > np.quantile(field, 0.3))


def test_a_pillar_and_a_free_surface_are_told(porous: np.ndarray) -> None:
    noise = np.random.default_rng(1).normal(0, 5, porous.shape)
    grey = np.where(porous, 180, 60)
    y, x = np.indices((SIDE, SIDE)) - SIDE / 2
    pillar = np.where(np.hypot(y, x) < 25, grey, 60) + noise
    (said,) = outside_note(find_phases(pillar.astype(np.uint8), 2), PHASE_NAMES)
    assert said.startswith("void fills the stack's top, bottom, left, right")
    surface = np.where(np.arange(SIDE)[:, None] < 6, 60, grey) + noise
    (said,) = outside_note(find_phases(surface.astype(np.uint8), 2), PHASE_NAMES)
    assert said.startswith("void fills the stack's top,")


def test_porous_and_dense_bodies_and_layers_pass(porous: np.ndarray) -> None:
    for body in (porous, ~porous, np.ones_like(porous)):
        assert outside_note(body.astype(np.uint8), PHASE_NAMES) == ()


def test_labels_without_grains_on_a_side(porous: np.ndarray) -> None:
    z, y, x = np.indices(porous.shape) // 10
    labels = 1 + z * 36 + y * 6 + x
    labels[:, :, 50:] = 0
    volume = label_volume(GreyVolume(labels, VoxelSize(1, 1, 1)))
    assert any("void fills the stack's right" in said for said in volume.warnings)
