from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from grainstats.measure.blocks import (
    Estimate,
    degrees_of_freedom,
    grain_area_of_blocks,
    grid_for,
    interval,
    jackknife,
    median,
    ratio,
    weighted_quantile,
)
from grainstats.measure.window import Window, window_of
from segment.grainmap import GrainMap


def test_ratio_is_the_classical_interval_for_equal_blocks() -> None:
    """With equal denominators the error is that of a mean; the interval is symmetric on the log scale."""
    values = np.array([3.0, 4.0, 5.0, 4.5, 3.5])
    found = ratio(values, np.ones(5))
    error = values.std(ddof=1) / np.sqrt(5)
    half = stats.t.ppf(0.975, 4) * error / 4.0
    assert found.value == 4.0
    assert (found.low, found.high) == pytest.approx((4 * np.exp(-half), 4 * np.exp(half)))


def test_ratio_covers() -> None:
    rng, hits = np.random.default_rng(0), 0
    for _ in range(400):
        size = rng.poisson(20, 16)
        total = size * 2.0 + rng.normal(0, 2.0, 16)
        found = ratio(total, size)
        hits += found.low <= 2.0 <= found.high
    assert 0.92 < hits / 400 < 0.98


def test_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(1).random(12)
    (found,) = jackknife(lambda w: np.array([np.sum(w * values) / np.sum(w)]), 12)
    half = stats.t.ppf(0.975, 11) * values.std(ddof=1) / np.sqrt(12) / values.mean()
    assert (found.value, found.high) == pytest.approx((values.mean(), values.mean() * np.exp(half)))


def test_too_few_blocks_give_no_interval() -> None:
    assert ratio(np.array([1.0, 2.0]), np.ones(2)) == Estimate(1.5)
    assert interval(1.0, np.full(10, np.nan)) == Estimate(1.0)
    assert np.isnan(ratio(np.zeros(4), np.zeros(4)).value)


def test_a_few_blocks_that_make_the_error_leave_few_degrees_of_freedom() -> None:
    even = np.where(np.arange(30) % 2, 1.0, -1.0)
    assert degrees_of_freedom(even) == 29
    normal = np.random.default_rng(0).normal(size=3000)
    assert degrees_of_freedom(normal) == pytest.approx(2999, rel=0.1)
    one = np.r_[1.0, np.full(29, 1e-3)]
    assert degrees_of_freedom(one) == pytest.approx(2, abs=0.01)
    assert degrees_of_freedom(np.zeros(5)) == 4


def test_weighted_median() -> None:
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.ones(3), 0.5) == 2.0
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 8.0]), 0.5) > 2.5
    rng, hits = np.random.default_rng(2), 0
    for _ in range(300):
        x = rng.random(160)
        found = median(x, np.ones(160), np.repeat(np.arange(16), 10), 16)
        hits += found.low <= 0.5 <= found.high
    assert 0.91 < hits / 300 < 0.985


def test_estimate_on_another_scale_keeps_low_below_high() -> None:
    assert Estimate(2.0, 1.0, 4.0).map(lambda v: 1 / v) == Estimate(0.5, 0.25, 1.0)
    assert Estimate(2.0).map(lambda v: v + 1) == Estimate(3.0)


def test_grid_covers_the_window() -> None:
    labels = np.arange(1, 26, dtype=np.int32).reshape(5, 5).repeat(21, 0).repeat(30, 1)
    labels[:10, :10] = 0
    grain_map = GrainMap(labels, 1.0)
    window = window_of(grain_map)
    grid = grid_for(window, 25)
    area = grain_area_of_blocks(grid, labels)
    share = 104 * 149 / (105 * 150)  # between pixel centres
    assert area.sum() == pytest.approx((labels.size - 100) * share)
    y, x = np.nonzero(labels > 0)
    np.testing.assert_allclose(area, share * np.bincount(grid.block_of(y, x), minlength=grid.n_blocks))


def test_blocks_are_a_few_grains_wide_and_not_too_many() -> None:
    large = Window(0, 0, 4000, 2000, 8_000_000, 8_000_000)
    assert (grid_for(large, 5000).rows, grid_for(large, 5000).columns) == (8, 8)
    assert grid_for(large, 100).n_blocks <= 100 / 9
    assert grid_for(large, 0).n_blocks == 1
