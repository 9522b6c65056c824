"""Local grey levels: a place is seen as in a crop of its own, whatever the rest of the image is like."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from segment.unet.local_normalisation import SPREAD_PX, local_levels
from segment.unet.normalise import image_statistics, normalise


def texture(shape: tuple[int, int]) -> np.ndarray:
    field = ndi.gaussian_filter(np.random.default_rng(1).normal(size=shape), 2)
    return field / field.std()


def levelled(image: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    rows, columns = (np.arange(size) for size in image.shape)
    return local_levels(image, valid).normalise(image, rows, columns)


def test_an_even_image_is_normalised_as_a_whole():
    image = 100 + 20 * texture((500, 700))
    assert (
        np.corrcoef(levelled(image).ravel(), normalise(image, *image_statistics(image)).ravel())[0, 1] > 0.995
    )
    assert levelled(image).std() == pytest.approx(1, abs=0.02)


def test_shading_and_another_contrast_are_taken_out():
    grain, x = texture((600, 900)), np.linspace(0, 1, 900)
    answer = levelled(100 + 60 * x**2 + (15 + 15 * x) * grain)
    for part in (slice(50, 250), slice(650, 850)):
        assert np.corrcoef(answer[:, part].ravel(), grain[:, part].ravel())[0, 1] > 0.98
        assert answer[:, part].std() == pytest.approx(1, abs=0.12)


def test_noise_in_an_empty_place_stays_low():
    image = 100 + 30 * texture((512, 1024))
    image[:, :512] = 20 + 0.3 * texture((512, 1024))[:, :512]
    assert levelled(image)[:, :200].std() < 0.05


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_gain_offset_and_dtype_change_nothing(kind):
    image = np.clip(100 + 20 * texture((200, 300)), 0, 255).astype(np.uint8)
    other = image.astype(kind) * kind(1) if kind is np.uint8 else image.astype(kind) * kind(7) + kind(3)
    np.testing.assert_allclose(levelled(other), levelled(image), atol=1e-3)


def test_a_part_and_its_pixels_are_those_of_the_whole():
    image = 100 + 20 * texture((300, 400)) + np.linspace(0, 90, 400)
    whole, levels = levelled(image), local_levels(image)
    rows, columns = np.arange(64, 200), np.arange(100, 333)
    block = levels.normalise(image[64:200, 100:333], rows, columns)
    np.testing.assert_array_equal(block, whole[64:200, 100:333])
    part = levels.part(64, 100).normalise(image[64:200, 100:333], rows - 64, columns - 100)
    np.testing.assert_allclose(part, block, atol=1e-5)
    doubled = levels.part(64, 100, scale=2.0)
    np.testing.assert_allclose(
        doubled.normalise(np.full((1, 1), 99.0), np.array([40]), np.array([60])),
        levels.normalise(np.full((1, 1), 99.0), np.array([84]), np.array([130])),
        atol=0.02,
    )


def test_masked_and_missing_pixels_do_not_count():
    image = (100 + 20 * texture((256, 256))).astype(np.float32)
    expected = levelled(image)[:, :128]
    dirty, valid = image.copy(), np.ones(image.shape, bool)
    dirty[:, 200:], valid[:, 200:] = 1e6, False
    dirty[5, 5] = np.nan
    answer = levelled(dirty, valid)
    assert answer[5, 5] == 0
    assert np.corrcoef(answer[:, :128].ravel(), expected.ravel())[0, 1] > 0.97


def test_a_flat_image_becomes_zeros():
    assert not levelled(np.full((100, 120), 7, np.uint8)).any()


def test_the_window_is_as_wide_as_a_training_crop():
    """The deviation of a uniform distribution over 256 px is 256 / sqrt(12) along an axis."""
    assert 256 / np.sqrt(12) == pytest.approx(SPREAD_PX, rel=0.13)
