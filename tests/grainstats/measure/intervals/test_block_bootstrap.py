from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from grainstats.measure.grains.window_blocks import grid_for
from grainstats.measure.intervals.block_bootstrap import (
    Estimate,
    degrees_of_freedom,
    interval,
    jackknife,
    median,
    ratio,
    reach,
    steadied,
    weighted_quantile,
    without_each,
)
from grainstats.measure.window import Window


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
    """Values in pairs about one mean, so without skewness: on the log scale the classical error."""
    values = 100.0 + np.r_[1.0, -1.0, 2.0, -2.0, 0.5, -0.5]
    without = without_each(lambda w: np.array(np.sum(w * values) / np.sum(w)), 6)
    found = jackknife(values.mean(), without)
    half = stats.t.ppf(0.975, 5) * values.std(ddof=1) / np.sqrt(6) / values.mean()
    assert found.value == 100.0
    assert np.log(found.high / 100) == pytest.approx(half, rel=0.01)
    assert np.log(100 / found.low) == pytest.approx(half, rel=0.01)


def test_jackknife_reaches_as_far_as_the_value_freed_from_its_bias() -> None:
    """The mean of squares over the square of the mean is too small by the variance of the mean."""
    values = np.random.default_rng(3).lognormal(0, 0.4, 8)

    def statistic(w: np.ndarray) -> np.ndarray:
        return np.array(w.sum() * np.sum(w * values**2) / np.sum(w * values) ** 2)

    without = without_each(statistic, 8)
    value = float(statistic(np.ones(8)))
    corrected = 8 * np.log(value) - 7 * np.log(without).mean()
    plain = interval(value, (np.log(without).mean() - np.log(without)) * np.sqrt(7 / 8))
    found = jackknife(value, without)
    assert corrected > np.log(value)
    assert np.log(found.high / plain.high) == pytest.approx(corrected - np.log(value))
    assert found.low == plain.low


def test_skew_blocks_reach_further_on_their_side_only() -> None:
    even = np.tile([1.0, -1.0], 6)
    assert reach(even)[0] == reach(even)[1] == pytest.approx(stats.t.ppf(0.975, 11) * np.sqrt(12))
    skew = np.r_[np.full(9, -1.0), 3.0, 3.0, 3.0]
    below, above = reach(skew)
    t = stats.t.ppf(0.975, degrees_of_freedom(skew))
    error = np.sqrt(np.sum(skew**2))
    assert below == pytest.approx(t * error)
    assert above == pytest.approx((t + np.sum(skew**3) / error**3 * (2 * t**2 + 1) / 6) * error)
    assert reach(-skew) == (above, below)
    assert reach(np.zeros(5)) == (0.0, 0.0)


def test_skewness_makes_intervals_of_skew_blocks_cover() -> None:
    """A few of 16 blocks carry the total: the corrected interval covers, Student alone does not."""
    rng, plain, corrected = np.random.default_rng(5), 0, 0
    for _ in range(600):
        total = rng.lognormal(0, 1, 16)
        found = ratio(total, np.ones(16))
        deviation = (total - total.mean()) / total.sum() * np.sqrt(16 / 15)
        half = stats.t.ppf(0.975, 15) * np.sqrt(np.sum(deviation**2))
        plain += abs(np.log(total.mean()) - 0.5) < half
        corrected += found.low <= np.exp(0.5) <= found.high
    assert plain / 600 < 0.91
    assert 0.93 < corrected / 600 < 0.98


def test_a_model_enlarges_a_small_error_and_never_shrinks_one() -> None:
    deviation = np.tile([0.1, -0.1], 8)  # error .4, 15 degrees of freedom
    assert steadied(deviation, 0.3) is deviation
    assert steadied(deviation, np.nan) is deviation
    larger = steadied(deviation, 0.8)
    assert np.sqrt(np.sum(larger**2)) == pytest.approx(0.4 * 2 ** (5 / 20))


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


def test_an_interval_between_two_others() -> None:
    short, long = Estimate(2.0, 1.0, 2.25), Estimate(4.0, 2.25, 9.0)
    assert short.between(long) == Estimate(2.0, 1.5, 4.5)
    assert long.between(short) == Estimate(4.0, 1.5, 4.5)
    assert short.between(long).widened(long) == Estimate(2.0, 1.5, 9.0)
    assert short.between(Estimate(4.0)) == short


def test_blocks_are_a_few_grains_wide_and_not_too_many() -> None:
    large = Window(0, 0, 4000, 2000, 8_000_000)
    assert (grid_for(large, 5000).rows, grid_for(large, 5000).columns) == (8, 8)
    assert grid_for(large, 100).n_blocks <= 100 / 9
    assert grid_for(large, 0).n_blocks == 1
