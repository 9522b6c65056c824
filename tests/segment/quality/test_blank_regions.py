"""Regions without a grain are hidden; huge grains, and images without such a region, are left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from segment.mosaics.laguerre import laguerre_section
from segment.quality.blank_regions import BLANK, blank_regions, blank_warning, huge_warnings

SIDE = 400


@pytest.fixture(scope="module")
def field() -> tuple[np.ndarray, np.ndarray]:
    """Grey grains with noise, and their cells."""
    rng = np.random.default_rng(3)
    labels = laguerre_section((SIDE, SIDE), 26.0, 0.2, rng).grain_map().labels
    grey = rng.uniform(90, 160, labels.max() + 1)[labels] + rng.normal(0, 3, labels.shape)
    return np.clip(grey, 0, 255).astype(np.uint8), labels


def with_patch(field: tuple[np.ndarray, np.ndarray], level: float, noise: float, texture: float = 0.0):
    """A round cell of 10 % of the image."""
    image, labels = (a.copy() for a in field)
    y, x = np.ogrid[:SIDE, :SIDE]
    patch = (y - 200) ** 2 + (x - 210) ** 2 < 0.1 * SIDE**2 / np.pi
    rng = np.random.default_rng(4)
    grey = level + rng.normal(0, noise, image.shape) + texture * slow(rng)
    image[patch] = np.clip(grey, 0, 255).astype(np.uint8)[patch]
    labels[patch] = labels.max() + 1
    return image, labels, patch


def slow(rng: np.random.Generator) -> np.ndarray:
    """Grey levels that vary over some pixels, of unit deviation."""
    smooth = cv2.GaussianBlur(rng.normal(size=(SIDE, SIDE)), (0, 0), 3)
    return smooth / smooth.std()


@pytest.mark.parametrize(("sides", "blank"), [(4, True), (3, True), (2, False)])
def test_what_surrounds_the_view_is_no_grain(field, sides, blank) -> None:
    """A wall in uneven light, around a photograph of a screen; along two sides it may be a huge grain."""
    image, labels = (a.copy() for a in field)
    around = np.ones(labels.shape, bool)
    around[60 : SIDE - 60 * (sides > 2), 60 : SIDE - 60 * (sides > 3)] = False
    uneven = 125 + 15 * slow(np.random.default_rng(5)) + np.random.default_rng(6).normal(0, 3, labels.shape)
    image[around], labels[around] = uneven.clip(0, 255).astype(np.uint8)[around], labels.max() + 1
    found = blank_regions(image, labels)
    assert (found is not None) == blank
    if found is not None:
        np.testing.assert_array_equal(found, around)


def test_a_matrix_around_precipitates_is_no_surroundings(field) -> None:
    image, labels = (a.copy() for a in field)
    y, x = np.ogrid[:SIDE, :SIDE]
    labels[(y % 50 < 20) | (x % 50 < 20)] = labels.max() + 1
    image[labels == labels.max()] += 20
    assert blank_regions(image, labels) is None


@pytest.mark.parametrize(
    ("level", "noise", "texture", "blank"),
    [
        (225, 3, 0, True),
        (20, 3, 0, True),
        (130, 0.3, 0, True),
        (130, 25, 0, True),
        (130, 3, 0, False),
        (225, 3, 25, False),
    ],
    ids=["bright", "dark", "painted", "noisier", "like a grain", "structured"],
)
def test_a_huge_cell_is_blank_where_no_grain_looks_like_it(field, level, noise, texture, blank) -> None:
    image, labels, patch = with_patch(field, level, noise, texture)
    found = blank_regions(image, labels)
    if not blank:
        assert found is None
    else:
        assert found is not None
        np.testing.assert_array_equal(found, patch)
        assert blank_warning(found).startswith(f"{BLANK} 10%")


def test_a_patch_of_one_grey_among_grains_that_have_structure(field) -> None:
    """It has their grey and their noise, and nothing else."""
    image, labels = field
    textured = np.clip(image + 8 * slow(np.random.default_rng(6)), 0, 255).astype(np.uint8)
    grey, labels, patch = with_patch((textured, labels), 130, 3)
    np.testing.assert_array_equal(blank_regions(grey, labels), patch)
    assert blank_regions(textured, labels) is None  # the same cell, with the structure of the grains


def test_a_huge_cell_that_stays_is_named(field) -> None:
    _, labels, _ = with_patch(field, 130, 3)
    (words,) = huge_warnings(labels)
    assert words.startswith("one cell covers 10% of the image")
    assert huge_warnings(field[1]) == ()


def test_a_painted_patch_with_grains_around_it_in_one_cell(field) -> None:
    """One level in half of the cell that closed around it; an image without noise has no such patch."""
    image, labels, patch = with_patch(field, 130, 0)
    y, x = np.ogrid[:SIDE, :SIDE]
    cell = (y - 200) ** 2 + (x - 210) ** 2 < 0.18 * SIDE**2 / np.pi
    labels[cell] = labels[patch][0]
    np.testing.assert_array_equal(blank_regions(image, labels), cell)
    flat = np.random.default_rng(0).integers(90, 160, labels.max() + 1)[labels].astype(np.uint8)
    assert blank_regions(flat, labels) is None


def test_grains_alone_are_all_seen(field) -> None:
    assert blank_regions(*field) is None


def test_coarse_grains_of_a_second_population_stay() -> None:
    rng = np.random.default_rng(5)
    mosaic = laguerre_section((600, 600), 18.0, 0.2, rng, size_ratio=6, coarse_volume=0.5)
    labels = mosaic.grain_map().labels
    grey = rng.uniform(90, 160, labels.max() + 1)[labels] + rng.normal(0, 3, labels.shape)
    assert blank_regions(grey.astype(np.uint8), labels) is None
    assert huge_warnings(labels) == ()


def test_too_few_cells_know_no_grain() -> None:
    labels = np.ones((60, 60), np.int32)
    assert blank_regions(np.zeros((60, 60), np.uint8), labels) is None
