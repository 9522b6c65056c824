"""Grains of a boundary probability in three dimensions: grains come out, whatever is held at a time."""

from __future__ import annotations

import numpy as np
import pytest
from laguerre_volume import laguerre_volume
from scipy import ndimage
from skimage.metrics import adapted_rand_error

from segment.volume import watershed
from segment.volume.watershed import NO_GRAIN, volume_watershed


@pytest.fixture(scope="module")
def mosaic() -> tuple[np.ndarray, np.ndarray]:
    """Labels, and a blurred and noisy probability of their boundaries."""
    rng = np.random.default_rng(0)
    shape = (60, 72, 80)
    labels = laguerre_volume((60.0, 72.0, 80.0), 18, 0.25, rng, centres="packed").labels(shape)
    edge = np.zeros(shape, np.float32)
    for axis in range(3):
        differ = np.diff(labels, axis=axis) != 0
        first, last = [slice(None)] * 3, [slice(None)] * 3
        first[axis], last[axis] = slice(0, -1), slice(1, None)
        edge[tuple(first)][differ] = edge[tuple(last)][differ] = 1
    noisy = 1.5 * ndimage.gaussian_filter(edge, 1.0) + rng.normal(0, 0.05, shape)
    smooth = ndimage.gaussian_filter(noisy.astype(np.float32), 0.7)
    return labels, np.clip(255 * smooth, 0, 252).astype(np.uint8)


def test_pairs_held_at_a_time_change_nothing(
    mosaic: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    rough = np.maximum(mosaic[1], np.random.default_rng(1).integers(0, 60, mosaic[1].shape, np.uint8))
    whole = volume_watershed(rough)
    for most in (1, 300, 5000):
        monkeypatch.setattr(watershed, "_MOST_PAIRS", most)
        assert np.array_equal(volume_watershed(rough), whole)


def test_grains_are_found(mosaic: tuple[np.ndarray, np.ndarray]) -> None:
    found = volume_watershed(mosaic[1])
    assert adapted_rand_error(mosaic[0], found)[0] < 0.08


def test_mask_is_left_out(mosaic: tuple[np.ndarray, np.ndarray]) -> None:
    masked = np.minimum(mosaic[1], NO_GRAIN - 1)
    masked[20:40, 20:40, 20:40] = NO_GRAIN
    found = volume_watershed(masked)
    assert ((found == 0) == (masked == NO_GRAIN)).all()


def test_two_hollows_and_their_pass() -> None:
    line = np.array([0, 0, 0, 40, 0, 0, 0], np.uint8)
    values = np.broadcast_to(line, (6, 6, 7)).copy()
    apart = volume_watershed(values, persistence=0.1, confidence=None)
    joined = volume_watershed(values, persistence=0.2, confidence=None)
    assert apart.max() == 2
    assert joined.max() == 1
    assert volume_watershed(values, persistence=0.1, confidence=0.5).max() == 1


def test_other_dtypes_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8"):
        volume_watershed(np.zeros((4, 4, 4), np.float32))
