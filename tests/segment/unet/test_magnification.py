"""The factor by which an image is resampled, from what the network saw at several sizes."""

import numpy as np
import pytest

from segment.unet import magnification as scale
from segment.unet.magnification import BOUNDS, LEAST_EDGE_PX, Trial, choose_magnification, estimate_scale

FAVOURITE_35 = type("Model", (), {"best_intercept_px": 35.0})()


@pytest.mark.parametrize(
    ("intercept_px", "factor"),
    [(35.0, 1.0), (26.0, 1.0), (44.0, 1.0), (70.0, 0.65), (140.0, 0.325), (17.5, 1.4), (2.0, BOUNDS[1])],
)
def test_grains_are_brought_to_the_nearer_end_of_what_is_seen_well(intercept_px, factor):
    assert choose_magnification([Trial(1.0, intercept_px, 0.9)], 35.0) == pytest.approx(factor)


def test_small_changes_are_left_alone():
    assert choose_magnification([Trial(1.0, 49.0, 0.9)], 35.0) == 1.0


def test_of_equally_sure_sizes_the_one_with_the_most_boundary_counts():
    trials = [Trial(1.0, 30.0, 0.88), Trial(0.5, 60.0, 0.88), Trial(0.25, 200.0, 0.6)]
    assert choose_magnification(trials, 35.0) == 1.0


@pytest.mark.parametrize(
    ("smaller", "factor"),
    [
        (Trial(0.5, 60.0, 0.91), 35 / 60),  # surer, and fewer boundaries: what it leaves out was marks
        (Trial(0.5, 32.0, 0.91), 1.0),  # as many boundaries
        (Trial(0.25, 40.0, 0.91), 1.0),  # too small to see grains
    ],
)
def test_boundaries_that_a_smaller_size_surely_does_without_are_marks(smaller, factor):
    assert choose_magnification([Trial(1.0, 30.0, 0.88), smaller], 35.0) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("own", "factor"),
    [
        (Trial(1.0, np.nan, 0.0), 0.5),  # nothing is left of the boundaries that half the size shows
        (Trial(1.0, 60.0, 0.8), 0.5**0.5),  # fewer boundaries, less surely
        (Trial(1.0, 60.0, 0.92), 1.0),  # as surely
        (Trial(1.0, 25.0, 0.8), 1.0),  # more boundaries: noise or marks
    ],
)
def test_a_blurred_image_is_kept_near_the_size_that_shows_its_boundaries(own, factor):
    assert choose_magnification([own, Trial(0.5, 30.0, 0.95)], 35.0) == pytest.approx(factor)


def test_a_size_that_shows_less_the_larger_it_is_shows_no_marks():
    trials = [Trial(1.0, 108.0, 0.9), Trial(0.5, 86.0, 0.9), Trial(0.25, 112.0, 0.92)]
    assert choose_magnification(trials, 35.0) == pytest.approx(1.3 * 35 / 86)


def test_grains_that_are_seen_well_are_not_enlarged():
    assert choose_magnification([Trial(1.0, 30.0, 0.83), Trial(2.0, 13.0, 0.85)], 35.0) == 1.0
    assert choose_magnification([Trial(1.0, 20.0, 0.83), Trial(2.0, 13.0, 0.85)], 35.0) == pytest.approx(
        24.5 / 13
    )


def test_where_only_a_coarse_look_is_sure_it_counts():
    assert choose_magnification([Trial(1.0, 20.0, 0.6), Trial(0.25, 182.0, 0.9)], 35.0) == pytest.approx(0.25)


@pytest.mark.parametrize("trials", [[], [Trial(1.0, 60.0, 0.3)], [Trial(1.0, np.nan, 0.9)]])
def test_nothing_sure_leaves_the_image_as_it_is(trials):
    assert choose_magnification(trials, 35.0) == 1.0


def test_a_scrap_of_border_does_not_outweigh_a_whole_network():
    scrap = Trial(1.0, 6206.0, 0.9)
    assert choose_magnification([scrap, Trial(0.5, 64.0, 0.82)], 35.0) == pytest.approx(1.3 * 35 / 64)


def test_grains_larger_than_a_window_are_still_brought_closer():
    assert choose_magnification([Trial(1.0, 900.0, 0.9)], 35.0) == BOUNDS[0]


@pytest.mark.parametrize(
    ("first", "tried"),
    [
        (Trial(1.0, 35.0, 0.95), [1.0]),
        (Trial(1.0, 26.0, 0.95), [1.0]),
        (Trial(1.0, 35.0, 0.91), [1.0, 0.5, 0.25]),  # so sure that no larger size can be much surer
        (Trial(1.0, 35.0, 0.85), [1.0, 0.5, 0.25, 2.0]),  # unsure
        (Trial(1.0, 60.0, 0.9), [1.0, 0.5, 0.25, 2.0]),  # coarse
        (Trial(1.0, 20.0, 0.9), [1.0, 0.5, 0.25, 2.0]),  # fine
        (Trial(1.0, np.nan, 0.0), [1.0, 0.5, 0.25, 2.0]),
        (None, [1.0, 0.5, 0.25, 2.0]),  # too small
    ],
)
def test_other_sizes_are_tried_only_where_the_first_does_not_suffice(monkeypatch, first, tried):
    seen = []

    def look(_model, _runtime, _image, _valid, factor):
        seen.append(factor)
        return first if factor == 1.0 else None

    monkeypatch.setattr(scale, "look", look)
    factor, _ = estimate_scale(FAVOURITE_35, None, np.zeros((400, 400)))
    assert seen == tried
    assert factor == choose_magnification([first] if first else [], 35.0)


@pytest.mark.parametrize(
    ("shape", "factor"),
    [((2000, 1600), BOUNDS[0]), ((300, 256), LEAST_EDGE_PX / 256), ((150, 2000), 1.0)],
)
def test_a_small_image_keeps_something_to_look_at(monkeypatch, shape, factor):
    monkeypatch.setattr(scale, "look", lambda *_: Trial(1.0, 900.0, 0.9))
    assert estimate_scale(FAVOURITE_35, None, np.zeros(shape))[0] == pytest.approx(factor)
