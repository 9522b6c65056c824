"""Grain growth: what theory says about it."""

from __future__ import annotations

import numpy as np
import pytest

from segment.mosaics.potts_growth import abnormal_growth, grow, normal_growth, seeds
from segment.training.synthetic.geometry import Shape, random_section


def diameters(labels: np.ndarray) -> np.ndarray:
    return np.sqrt(np.bincount(labels.ravel())[1:])


def test_the_mean_area_grows_in_proportion_to_time():
    """Burke and Turnbull: A - A0 ~ t, the exponent of the diameter is one half."""
    rng = np.random.default_rng(1)
    grown = grow(seeds((300, 300), rng), 30, rng)
    start, times, areas = grown.mean_area_px2, [], []
    for _ in range(8):
        grown = grow(grown, 25, rng)
        times.append(grown.sweeps - 30)
        areas.append(grown.mean_area_px2 - start)
    exponent = np.polyfit(np.log(times), np.log(areas), 1)[0]
    assert 0.9 < exponent < 1.1
    assert np.corrcoef(times, areas)[0, 1] > 0.995


def test_grown_grains_are_alike_at_all_times():
    """Normal growth keeps the distribution of size over mean size, and six neighbours a grain."""
    rng = np.random.default_rng(2)
    early = normal_growth((360, 360), 100.0, rng)
    late = grow(early, 90, rng)
    spreads = [np.std(d) / np.mean(d) for d in (diameters(early.labels), diameters(late.labels))]
    assert late.mean_area_px2 > 1.8 * early.mean_area_px2
    assert spreads[0] == pytest.approx(spreads[1], abs=0.06)
    assert max(diameters(late.labels)) < 3.2 * diameters(late.labels).mean()  # no runaway grain


def test_abnormal_growth_leaves_two_populations():
    grown = abnormal_growth((300, 300), 60.0, 0.4, np.random.default_rng(3))
    assert 0.4 <= grown.abnormal_share < 0.55
    size = diameters(grown.labels)
    coarse, fine = size[grown.abnormal[1:]], size[~grown.abnormal[1:]]
    assert coarse.min() > np.quantile(fine, 0.95)
    assert 3.5 < coarse.mean() / fine.mean() < 9


def test_the_same_seed_gives_the_same_mosaic():
    one, two = (normal_growth((90, 120), 60.0, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(one.labels, two.labels)


def test_what_cannot_be_grown_is_said():
    with pytest.raises(ValueError, match="too small"):
        abnormal_growth((30, 30), 60.0, 0.4, np.random.default_rng(5))
    with pytest.raises(ValueError, match="coarse_area"):
        abnormal_growth((30, 30), 60.0, 1.5, np.random.default_rng(5))


def test_coarse_grains_still_leave_room_for_abnormal_ones():
    shape = Shape(mean_intercept=60.0, growth="abnormal")
    assert random_section(np.random.default_rng(7), (256, 256), shape).labels.max() > 5


@pytest.mark.parametrize("growth", ["normal", "abnormal"])
def test_micrographs_can_be_made_of_them(growth):
    shape = Shape(mean_intercept=20.0, growth=growth, coarse_volume=0.4)
    section = random_section(np.random.default_rng(6), (256, 192), shape)
    assert section.labels.shape == (256, 192) and section.labels.min() == 1
    if growth == "normal":
        lines = np.concatenate([section.labels, section.labels.T.reshape(-1)[: 256 * 192].reshape(256, 192)])
        intercept = lines.size / np.count_nonzero(np.diff(lines, axis=1))
        assert intercept == pytest.approx(20.0, rel=0.25)
