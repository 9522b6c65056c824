"""Area shares by size, with grains cut by the frame."""

from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure.intervals.size_distribution import size_shares
from segment.mosaics.laguerre import laguerre_section


def test_without_cut_grains_these_are_the_plain_weighted_statistics() -> None:
    d = np.sort(np.random.default_rng(0).lognormal(3, 0.5, 300))
    found = size_shares(d, np.ones(300, bool))
    assert found.mass.sum() == pytest.approx(1)
    assert found.area_weighted_mean == pytest.approx(np.sum(d**3) / np.sum(d**2))
    assert found.cv == pytest.approx(d.std() / d.mean())


def test_a_cut_grain_counts_for_those_at_least_as_large() -> None:
    """By hand: areas 1, 4 (cut), 9; the cut one's share goes to the only larger grain."""
    found = size_shares(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    np.testing.assert_allclose(found.mass, [1 / 14, 13 / 14])
    tail = size_shares(np.array([1.0, 2.0, 3.0]), np.array([True, True, False]))
    np.testing.assert_allclose(tail.mass, [1 / 14, 4 / 14, 9 / 14])


def test_median_and_share_below_it_belong_together() -> None:
    found = size_shares(np.array([1.0, 2.0, 3.0]), np.ones(3, bool))
    assert found.share_below(2.0) == pytest.approx(5 / 14)
    assert found.quantile(0.5) == pytest.approx(np.interp(7.0, [3.0, 9.5], [2.0, 3.0]))


def test_scaling_and_empty_maps() -> None:
    d, whole = np.array([1.0, 2.0, 2.5, 4.0]), np.array([True, False, True, True])
    one, two = size_shares(d, whole), size_shares(3 * d, whole)
    assert two.area_weighted_mean == pytest.approx(3 * one.area_weighted_mean)
    assert two.cv == pytest.approx(one.cv)
    for nothing in (size_shares(d[:0], whole[:0]), size_shares(d, np.zeros(4, bool))):
        assert np.isnan([nothing.area_weighted_mean, nothing.cv]).all()


def test_small_windows_of_two_sizes_have_the_right_mean() -> None:
    """Windows as wide as a few coarse grains: interior grains alone would be a quarter short or more."""
    rng = np.random.default_rng(7)
    cells = laguerre_section((800, 800), 12.0, 0.2, rng, size_ratio=4.0, coarse_volume=0.5).grain_map().labels
    whole_area = np.bincount(cells.ravel())
    truth_area = np.bincount(cells[150:650, 150:650].ravel(), minlength=whole_area.size)
    truth = np.sum(truth_area * np.sqrt(4 / np.pi * whole_area)) / truth_area.sum()
    found, inner = [], []
    for y, x in rng.integers(0, 650, (120, 2)):
        part = np.unique(cells[y : y + 150, x : x + 150], return_inverse=True)[1].reshape(150, 150)
        area = np.bincount(part.ravel())
        whole = np.ones(area.size, bool)
        for edge in (part[0], part[-1], part[:, 0], part[:, -1]):
            whole[edge] = False
        d = np.sqrt(4 / np.pi * area)
        order = np.lexsort([~whole, d])
        found.append(size_shares(d[order], whole[order]).area_weighted_mean)
        inner.append(np.sum(d[whole] ** 3) / np.sum(d[whole] ** 2))
    assert np.mean(inner) < 0.85 * truth
    assert np.mean(found) == pytest.approx(truth, rel=0.12)
