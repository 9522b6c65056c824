"""The Laue groups' rotations, and their names in headers."""

from __future__ import annotations

import numpy as np
import pytest

from segment.grain_orientations import CrystalPhase
from segment.orientation.misorientation import disorientation
from segment.orientation.quaternions import from_axis_angle, multiply
from segment.orientation.symmetry import (
    EDAX,
    LAUE_GROUPS,
    laue_of_name,
    laue_of_number,
    laue_of_space_group,
    proper_rotations,
)

#: largest disorientation in degrees (Heinz and Neumann, Acta Cryst. A47, 780, 1991; m-3m: Mackenzie 1958)
LARGEST = {
    "m-3m": 62.80,
    "m-3": 90.0,
    "6/mmm": 93.84,
    "4/mmm": 98.42,
    "-3m": 104.48,
    "mmm": 120.0,
    "2/m": 180.0,
}


def random_quaternions(n: int, seed: int = 0) -> np.ndarray:
    q = np.random.default_rng(seed).standard_normal((n, 4))
    return q / np.linalg.norm(q, axis=1, keepdims=True)


@pytest.mark.parametrize("group", LAUE_GROUPS)
def test_rotations_form_a_group(group: str) -> None:
    rotations = proper_rotations(group)
    products = multiply(rotations[:, None], rotations[None]).reshape(-1, 4)
    nearest = np.abs(products @ rotations.T).max(axis=1)
    assert np.allclose(nearest, 1)
    overlap = np.abs(rotations @ rotations.T) - np.eye(len(rotations))
    assert overlap.max() < 0.999


@pytest.mark.parametrize(("group", "largest"), LARGEST.items())
def test_no_pair_is_farther_apart_than_the_symmetry_allows(group: str, largest: float) -> None:
    q = random_quaternions(40_000)
    angle = disorientation(q[::2], q[1::2], CrystalPhase(1, "any", group))
    assert largest - 7 < angle.max() <= largest + 0.01


@pytest.mark.parametrize("group", LAUE_GROUPS)
def test_disorientation_ignores_symmetrically_equal_orientations(group: str) -> None:
    phase, rotations = CrystalPhase(1, "any", group), proper_rotations(group)
    a, b = random_quaternions(200, 1), random_quaternions(200, 2)
    rng = np.random.default_rng(3)
    turned = [multiply(rotations[rng.integers(len(rotations), size=200)], q) for q in (a, b)]
    expected = disorientation(a, b, phase)
    assert np.allclose(disorientation(*turned, phase), expected, atol=1e-5)
    assert np.allclose(disorientation(b, a, phase), expected, atol=1e-5)


def test_two_fold_axis_of_monoclinic_crystals() -> None:
    for axis, vector in {"a": (1, 0, 0), "b": (0, 1, 0), "c": (0, 0, 1)}.items():
        turned = from_axis_angle(vector, 180)
        assert np.abs(proper_rotations("2/m", axis) @ turned).max() == pytest.approx(1)


def test_unknown_group_is_refused() -> None:
    with pytest.raises(ValueError, match="none of the Laue groups"):
        proper_rotations("5/m")


def test_edax_codes() -> None:
    codes = {
        43: "m-3m",
        23: "m-3",
        62: "6/mmm",
        6: "6/m",
        32: "-3m",
        3: "-3",
        42: "4/mmm",
        4: "4/m",
        22: "mmm",
    }
    codes |= {20: "2/m", 1: "-1"}
    assert {code: EDAX[code][0] for code in codes} == codes


def test_numbers_and_names() -> None:
    assert [laue_of_number(k) for k in (0, 1, 9, 11, 12)] == [None, "-1", "6/mmm", "m-3m", None]
    assert [laue_of_space_group(k) for k in (0, 2, 15, 74, 88, 142, 148, 167, 176, 194, 206, 230, 231)] == [
        None,
        *LAUE_GROUPS,
        None,
    ]
    names = {"m-3m": "m-3m", "432": "m-3m", "Hexagonal-High 6/mmm": "6/mmm", "Cubic (Oh) [m3m]": "m-3m"}
    names |= {"-4 2 m": "4/mmm", "2/m": "2/m", "mm2": "mmm", "321": "-3m"}
    assert {name: laue_of_name(name) for name in names} == names
    assert laue_of_name("Cubic") is None
