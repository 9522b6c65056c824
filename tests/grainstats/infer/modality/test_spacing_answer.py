"""The spacings' own answer: against mosaics it was not made from, beside the verdict, never instead of it."""

from dataclasses import replace

import numpy as np
import pytest

from grainstats.infer.modality.spacing_answer import CLASSES, SpacingAnswer, shape_of, spacing_answer
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
    two, m = chords(2, sigma=0.2, size_ratio=5.0, coarse_volume=0.5)
    bimodal = replace(verdict, verdict="bimodal", null="section")
    assert spacing_answer(two, replace(bimodal, n_interior=m)).p_value < 0.05
    assert spacing_answer(two, replace(bimodal, n_interior=m)).agrees
    found = spacing_answer(one, replace(bimodal, n_interior=n))
    assert found.p_value > 0.05 and found.agrees in (False, None)


def test_lengths_of_another_unit_give_the_same_answer(verdict):
    one, n = chords(3)
    counted = replace(verdict, n_interior=n, null="section")
    scaled = ChordDistribution(one.length * 7.5, one.mass)
    assert spacing_answer(scaled, counted).p_value == pytest.approx(spacing_answer(one, counted).p_value)


def test_few_grains_or_a_columnar_null_give_no_answer(verdict):
    one, n = chords(4)
    for counted in (replace(verdict, n_interior=60), replace(verdict, n_interior=n, null="columnar")):
        found = spacing_answer(one, counted)
        assert found == SpacingAnswer("indeterminate", None, None)
        assert found.as_descriptors() == []


def test_shares_of_classes_sum_to_one_and_are_weighted_by_length():
    sd, shares = shape_of(ChordDistribution(np.array([1.0, 10.0]), np.array([0.5, 0.5])))
    weight = np.array([1, 10]) / 11
    assert shares.shape == (CLASSES,) and shares.sum() == pytest.approx(1)
    assert sorted(shares[shares > 0]) == pytest.approx(sorted(weight))
    assert sd == pytest.approx(np.log(10) * np.sqrt(weight.prod()))


def test_the_answer_in_words_says_whether_it_agrees():
    words = SpacingAnswer("bimodal", 0.01, True).in_words
    assert words == "the spacings agree: two populations (p <= 0.01)"
    against = SpacingAnswer("bimodal", 0.02, False).in_words
    assert against.startswith("the spacings disagree") and against.endswith(
        "the verdict rests on the grain sizes"
    )
    (stored,) = SpacingAnswer("indeterminate", 0.2, None).as_descriptors()
    assert (stored.name, stored.value) == ("spacing_modality_p", 0.2)
