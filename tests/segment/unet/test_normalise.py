"""Statistics gathered by blocks equal those of the whole image; the normalised image is bounded."""

import numpy as np
import pytest

from segment.unet.normalise import image_statistics, normalise


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_block_statistics_equal_whole(dtype):
    rng = np.random.default_rng(1)
    image = (rng.normal(100, 20, (700, 91))).astype(dtype)
    mean, std = image_statistics(image)
    assert mean == pytest.approx(image.mean(dtype=float), rel=1e-12)
    assert std == pytest.approx(image.std(dtype=float), rel=1e-12)


def test_invalid_and_non_finite_pixels_do_not_count():
    image = np.full((300, 300), 7.0, np.float32)
    image[:, ::2] = 9.0
    dirty = image.copy()
    dirty[280:, :] = 1e6
    dirty[0, 0:2] = np.nan
    valid = np.ones(image.shape, bool)
    valid[280:] = False
    assert image_statistics(dirty, valid) == pytest.approx((8.0, 1.0))


def test_offset_does_not_cost_precision():
    image = np.full((600, 64), 60000, np.uint16)
    image[::2] += 1
    assert image_statistics(image)[1] == pytest.approx(0.5, rel=1e-9)


def test_normalised_is_bounded_float32_and_independent_of_gain():
    rng = np.random.default_rng(2)
    image = rng.integers(0, 50, (64, 64)).astype(np.uint8)
    image[3, 3] = 255
    out = normalise(image, *image_statistics(image))
    assert out.dtype == np.float32
    assert out.max() == 4.0
    gained = image.astype(np.uint16) * 200 + 11
    np.testing.assert_allclose(normalise(gained, *image_statistics(gained)), out, atol=1e-5)


def test_flat_and_nan_images_become_zero():
    flat = np.full((64, 64), 5, np.uint8)
    assert not normalise(flat, *image_statistics(flat)).any()
    holes = np.array([[np.nan, 1.0], [3.0, np.inf]], np.float32)
    out = normalise(holes, *image_statistics(holes))
    assert out[0, 0] == 0 and out[1, 1] == 0 and out[0, 1] == -1
