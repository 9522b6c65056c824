"""The spacings' own answer: against mosaics it was not made from, beside the verdict, never instead of it."""

from dataclasses import replace

import numpy as np
import pytest

from grainstats.infer.modality.null_library import stored_arrays
from grainstats.infer.modality.spacing_answer import (
    EDGES,
    LEAST_P,
    SpacingAnswer,
    p_among,
    shape_of,
    spacing_answer,
)
from grainstats.measure import measure_grain_map
from grainstats.measure.spacing.chords import ChordDistribution, chords_of
from segment.mosaics.laguerre import laguerre_section


def chords(seed: int, **population: float) -> tuple[ChordDistribution, int]:
    rng = np.random.default_rng(seed)
    grain_map = laguerre_section((700, 700), 30, population.pop("sigma", 0.3), rng, **population).grain_map(
        1.0
    )
    measured = measure_grain_map(grain_map)
    return chords_of(measured.intercepts), int((~measured.grains["touches_frame"]).sum())


def test_two_populations_are_seen_in_the_spacings_and_one_is_not(verdict):
    one, n = chords(1)
    two, m = chords(2, sigma=0.2, size_ratio=10.0, coarse_volume=0.4)
    bimodal = replace(verdict, verdict="bimodal", null="section")
    assert spacing_answer(two, replace(bimodal, n_interior=m)).p_value < 0.05
    assert spacing_answer(two, replace(bimodal, n_interior=m)).agrees
    found = spacing_answer(one, replace(bimodal, n_interior=n))
    assert found.p_value > 0.05 and found.agrees is None


def test_lengths_of_another_unit_give_the_same_answer(verdict):
    one, n = chords(3)
    counted = replace(verdict, n_interior=n, null="section")
    scaled = ChordDistribution(one.length * 7.5, one.mass)
    assert spacing_answer(scaled, counted).p_value == pytest.approx(spacing_answer(one, counted).p_value)


def test_few_grains_a_columnar_null_or_a_giant_give_no_answer(verdict):
    one, n = chords(4)
    answered = replace(verdict, n_interior=n, null="section", isolated_share=0.0)
    assert spacing_answer(one, answered).p_value is not None
    for none in ({"n_interior": 60}, {"null": "columnar"}, {"isolated_share": 0.06}):
        counted = replace(answered, **none)
        found = spacing_answer(one, counted)
        assert found == SpacingAnswer("indeterminate", None, None)
        assert found.as_descriptors() == []


def test_shares_of_classes_sum_to_one_and_are_weighted_by_length():
    sd, *shares = shape_of(ChordDistribution(np.array([1.0, 10.0, 15.0]), np.array([0.4, 0.3, 0.3])))
    weight = np.array([10, 15]) / 25  # 1 is below half of the median
    assert len(shares) == len(EDGES) - 1 and sum(shares) == pytest.approx(1)
    assert sorted(filter(None, shares)) == pytest.approx(sorted(weight))
    assert sd == pytest.approx(np.log(1.5) * np.sqrt(weight.prod()))


def test_how_sharply_corners_are_drawn_does_not_matter(verdict):
    """A hand and a network draw fewer of the short intercepts at corners, a fine map more."""
    one, n = chords(5)
    counted = replace(verdict, n_interior=n, null="section")
    mean = one.mean
    for share in (0.0, 0.2):
        tiny = np.where(one.length < 0.2 * mean, share * one.mass, one.mass)
        blunt = ChordDistribution(one.length, tiny / tiny.sum())
        assert spacing_answer(blunt, counted).p_value == pytest.approx(
            spacing_answer(one, counted).p_value, abs=0.1
        )


def test_the_worst_loss_decides_and_broad_samples_are_held_against_the_broadest():
    mosaics = stored_arrays("null_spacings.npz")["mosaics"]
    high = float(mosaics[..., 0].max()) + 1
    assert p_among(mosaics, high, 0.45, 400) == LEAST_P
    assert p_among(mosaics, high, 3.0, 400) == LEAST_P and p_among(mosaics, -high, 3.0, 400) > 0.9
    middle = float(np.median(mosaics[..., 0]))
    each = [p_among(mosaics[k : k + 1], middle, 0.45, 400) for k in range(len(mosaics))]
    assert p_among(mosaics, middle, 0.45, 400) == max(each)


def test_the_answer_in_words_says_whether_it_agrees():
    assert "which says little" in SpacingAnswer("indeterminate", 0.4, None).in_words
    words = SpacingAnswer("bimodal", 0.01, True).in_words
    assert words == "the spacings agree: two populations (p <= 0.01)"
    against = SpacingAnswer("bimodal", 0.02, False).in_words
    assert against.startswith("the spacings disagree") and against.endswith(
        "the verdict rests on the grain sizes"
    )
    (stored,) = SpacingAnswer("indeterminate", 0.2, None).as_descriptors()
    assert (stored.name, stored.value) == ("spacing_modality_p", 0.2)
