"""Voids and second phases of a map: known areas, known cover, and what must not change it."""

from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure.grains.second_phases import measure_second_phases
from segment.grain_map import GrainMap


def two_grains() -> np.ndarray:
    labels = np.ones((80, 120), np.int32)
    labels[:, 60:] = 2
    return labels


def test_a_map_of_grains_alone_has_none() -> None:
    found = measure_second_phases(GrainMap(two_grains()))
    assert (found.area_px, found.n, found.covered_px) == (0, 0, 0)


def test_one_grain_without_outline_has_no_cover() -> None:
    assert measure_second_phases(GrainMap(np.ones((9, 9), np.int32))).outline_px == 0


def test_a_gap_all_along_covers_all() -> None:
    labels = two_grains()
    labels[:, 57:63] = 0
    found = measure_second_phases(GrainMap(labels))
    assert found.covered_px == found.outline_px > 0
    assert (found.area_px, found.valid_area_px) == (6 * 80, 120 * 80)
    assert found.diameter_px[0] == pytest.approx(np.sqrt(4 * 480 / np.pi))


def test_twice_the_pixels_are_the_same_phases() -> None:
    labels = two_grains()
    labels[10:20, 55:65] = 0
    labels[50:55, 20:30] = 0
    once = measure_second_phases(GrainMap(labels))
    twice = measure_second_phases(GrainMap(np.kron(labels, np.ones((2, 2), np.int32))))
    np.testing.assert_allclose(2 * once.diameter_px, twice.diameter_px)
    assert twice.area_px / twice.valid_area_px == once.area_px / once.valid_area_px and once.n == 2
    assert twice.covered_px / twice.outline_px == pytest.approx(once.covered_px / once.outline_px)


def test_what_is_not_valid_is_no_phase() -> None:
    labels, valid = two_grains(), np.ones((80, 120), bool)
    labels[70:], valid[70:] = 0, False
    assert measure_second_phases(GrainMap(labels, valid=valid)).n == 0
