"""Colours: corners pure, symmetrically equal directions alike, the key filled."""

from __future__ import annotations

import numpy as np
import pytest

from segment.grain_orientations import CrystalPhase
from segment.orientation.colours import (
    KEY_CORNERS,
    colour_key,
    direction_colours,
    key_group,
    orientation_colours,
    to_triangle,
    triangle,
)
from segment.orientation.quaternions import from_axis_angle, multiply, rotate
from segment.orientation.symmetry import LAUE_GROUPS, proper_rotations


@pytest.mark.parametrize("group", KEY_CORNERS)
def test_corners_are_red_green_blue(group: str) -> None:
    assert (direction_colours(triangle(group), group) == 255 * np.eye(3)).all()


@pytest.mark.parametrize("group", LAUE_GROUPS)
def test_equal_directions_have_one_colour(group: str) -> None:
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((200, 3))
    expected = direction_colours(directions, group).astype(int)
    for rotation in proper_rotations(group):
        turned = rotate(np.broadcast_to(rotation, (200, 4)), directions)
        for sign in (1, -1):
            assert np.abs(direction_colours(sign * turned, group) - expected).max() <= 1
    assert (expected.max(axis=1) == 255).all()
    assert np.abs(to_triangle(directions, key_group(group))).max() <= 1 + 1e-12


@pytest.mark.parametrize("group", KEY_CORNERS)
def test_key_shows_every_corner(group: str) -> None:
    key = colour_key(group, 120)
    assert max(key.shape[:2]) in (120, 121)
    for pure in 255 * np.eye(3):
        assert (np.abs(key.astype(int) - pure).max(axis=-1) < 60).any()
    assert (key == 255).all(axis=-1).any()


def test_cube_axes_along_the_map() -> None:
    """A cube turned by 45 degrees about x shows 001 along x and 101 along z; unindexed points are black."""
    q = np.stack([from_axis_angle((1, 0, 0), 45), np.full(4, np.nan)])
    number, phases = np.array([1, 0]), (CrystalPhase(1, "iron", "m-3m"),)
    assert orientation_colours(q, number, phases).tolist() == [[0, 255, 0], [0, 0, 0]]
    turned = multiply(from_axis_angle((0, 0, 1), 90), q[0])  # the crystal's own four-fold axis
    assert orientation_colours(turned[None], np.array([1]), phases)[0].tolist() == [0, 255, 0]
