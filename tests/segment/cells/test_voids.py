"""Voids by their grey: rough outlines found, dark grains and thin noise left alone, the user's word kept."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage as ndi

from segment.cells.voids import believed, find_voids

SHAPE = (160, 200)


@pytest.fixture
def ceramic() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A noisy solid on a slope of grey, a void, and a dark grain far from it."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    void = np.hypot(y - 60, x - 60) + 4 * np.sin(np.arctan2(y - 60, x - 60) * 7) < 20
    grain = (abs(y - 110) < 15) & (abs(x - 150) < 15)
    image = 120 + 0.1 * x - 50 * void - 40 * grain + rng.normal(0, 6, SHAPE)
    return image, void, grain


def iou(found: np.ndarray, truth: np.ndarray) -> float:
    return float((found & truth).sum() / (found | truth).sum())


def test_the_outline_is_found_from_the_middle_that_the_network_saw(ceramic) -> None:
    image, void, grain = ceramic
    seen = cv2.erode(void.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    found = find_voids(image, seen)
    assert found is not None
    assert iou(found, void) > 0.85 > 0.5 > iou(seen, void)
    assert found[grain].mean() < 0.05, "dark, but the network has seen no void there"


def test_the_user_may_say_that_what_is_dark_is_void(ceramic) -> None:
    image, void, grain = ceramic
    found = find_voids(image, None, voids="dark")
    assert found is not None and iou(found, void | grain) > 0.88
    bright = find_voids(255 - image, None, voids="bright")
    assert bright is not None and iou(bright, void | grain) > 0.88


def test_a_grain_between_voids_is_none_of_them() -> None:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    ring, bright = np.hypot(rows - 90, columns - 60) < 48, np.hypot(rows - 30, columns - 150) < 9
    grain = np.hypot(rows - 90, columns - 60) < 22
    image = 120 - 50.0 * (ring & ~grain) + 80 * bright + np.random.default_rng(5).normal(0, 6, SHAPE)
    found = find_voids(image, ring | bright)
    assert found is not None
    assert found[grain].mean() < 0.3, "only its rim"
    assert found[ring & ~grain].mean() > 0.95
    assert found[bright].mean() > 0.95, "a bright phase stays one"


def test_the_user_may_say_that_there_are_none(ceramic) -> None:
    image, void, _ = ceramic
    assert find_voids(image, void, voids="none") is None


def test_bright_particles_of_the_network_do_not_make_dark_grains_voids(ceramic) -> None:
    image, void, _ = ceramic
    bright = np.where(void, 250.0, image)
    assert find_voids(bright, void) is void


def test_where_the_network_saw_nothing_nothing_is_looked_for(ceramic) -> None:
    assert find_voids(ceramic[0], None) is None


def test_nothing_is_found_where_nothing_is_valid(ceramic) -> None:
    image, void, _ = ceramic
    valid = np.ones(SHAPE, bool)
    valid[:, :100] = False
    assert find_voids(image, void & valid, valid, voids="dark") is not None
    assert not (find_voids(image, None, valid, voids="dark") & ~valid).any()


@pytest.mark.parametrize("turn", range(1, 4))
def test_a_turned_image_has_the_turned_voids(ceramic, turn: int) -> None:
    image, void, _ = ceramic
    straight = find_voids(image, void)
    turned = find_voids(np.ascontiguousarray(np.rot90(image, turn)), np.rot90(void, turn))
    assert straight is not None and turned is not None
    assert iou(np.rot90(straight, turn), turned) > 0.98


def test_the_line_of_a_boundary_that_ends_in_a_void_is_none(ceramic) -> None:
    image, void, _ = ceramic
    image = image.copy()
    image[58:62, 60:] -= 50
    found = find_voids(image, void)
    assert found is not None
    assert found[59:61, 60:82].all() and not found[58:62, 95:].any()


@pytest.mark.parametrize(("plain_edge", "expected"), [(12, 2), (6, 1), (0, 0)])
def test_half_sure_parts_count_beside_mostly_plain_ones_only(plain_edge: int, expected: int) -> None:
    not_grain = np.zeros((60, 60), bool)
    not_grain[40:50, 40:50] = True
    not_grain[5 : 5 + plain_edge, 5 : 5 + plain_edge] = True
    sure = np.zeros_like(not_grain)
    sure[7, 7] = plain_edge > 0
    found = believed(not_grain, sure)
    assert (0 if found is None else ndi.label(found)[1]) == expected
