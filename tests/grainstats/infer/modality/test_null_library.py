"""What a p-value is read from, and how the network that it reads learns."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from build_null_library import SIZES, WIDTH_NODES, kind_quantiles
from fit_power import fitted
from null_samples import Samples, mosaic_samples
from train_shape_network import Lesson, least_favourable, train

from grainstats.infer.modality.judge import NARROWEST
from grainstats.infer.modality.null_library import NULL_LEVELS, SPREAD_WEIGHT, line_at, load_library
from grainstats.infer.modality.shape_network import MOST_GRAINS, shape_inputs
from segment.choices import Null


@pytest.mark.parametrize("null", get_args(Null))
def test_a_larger_statistic_speaks_against_one_and_for_two(null: Null):
    library = load_library(null)
    values = np.linspace(library.two.min() - 3, library.one.max() + 1, 200)
    for n in (80, 155, 300, 865, 20_000):
        p = [library.p_value(v, 0.5, n, n) for v in values]
        pair = [library.pair_p_value(v, 0.5, n) for v in values]
        assert (np.diff(p) <= 0).all() and (np.diff(pair) >= 0).all()
        assert p[0] == pair[-1] == 1.0
        assert p[-1] == pair[0] == NULL_LEVELS[-1]


@pytest.mark.parametrize("null", get_args(Null))
def test_no_value_is_uniform_and_bimodal_at_once(null: Null):
    library = load_library(null)
    at = NULL_LEVELS == 0.05
    narrowest = SPREAD_WEIGHT * NARROWEST[null]
    assert (library.one[:, at] > library.two[:, at] - narrowest).all()


def test_at_a_node_the_quantile_of_a_level_has_that_p():
    library = load_library("section")
    at = len(library.n_interior) - 1
    n = int(library.n_interior[at])
    for level, one, two in zip(NULL_LEVELS, library.one[at], library.two[at], strict=True):
        assert library.p_value(float(one), 0.5, n, n) == pytest.approx(level)
        assert library.pair_p_value(float(two) - SPREAD_WEIGHT / 2, 0.5, n) == pytest.approx(level)


@pytest.mark.parametrize("null", get_args(Null))
def test_sizes_that_spread_are_more_like_a_pair(null: Null):
    """Half of the mass at each of two sizes 2.5 apart alone has an SD of .46; equal grains show .2 to .3."""
    library = load_library(null)
    for n, line in zip(library.n_interior, library.two[:, NULL_LEVELS == 0.05].ravel(), strict=True):
        narrow, broad = (library.pair_p_value(line - SPREAD_WEIGHT / 2, sd, int(n)) for sd in (0.3, 0.7))
        assert narrow < 0.05 < broad


@pytest.mark.parametrize("null", get_args(Null))
def test_more_grains_find_more_and_a_wider_sample_hides_more(null: Null):
    library = load_library(null)
    narrow, broad = library.power_sd[[0, -1]]
    assert library.power_at(900, narrow) > library.power_at(100, narrow)
    assert library.power_at(900, narrow) >= library.power_at(900, broad)
    wanted = library.grains_for_power(0.5, narrow)
    assert wanted is not None and library.power_at(wanted, narrow) >= 0.5
    assert library.grains_for_power(1.01, narrow) is None


def test_the_quantiles_are_those_of_the_worst_width():
    """Scores are normal, their mean rises with the width of the sizes: the widest protected one decides."""
    rng = np.random.default_rng(1)
    width, log_n = rng.uniform(0.0, 1.0, 30_000), rng.uniform(4.1, 7.5, 30_000)
    zero = np.zeros_like(width)
    scalars, truth = np.column_stack([zero, log_n, zero, zero]), np.column_stack([zero, width])
    null = Samples(zero[:, None], zero[:, None], scalars, truth)
    table = kind_quantiles(null, 3 * width - log_n + rng.standard_normal(len(width)), WIDTH_NODES)
    expected = 3 * WIDTH_NODES[-1] - np.log(SIZES) + 1.645
    np.testing.assert_allclose(table[:, NULL_LEVELS == 0.05][:, 0], expected, atol=0.15)


def test_the_uniform_kind_that_is_mistaken_most_gains_weight():
    score = np.concatenate([np.linspace(0, 1, 200), np.linspace(2, 3, 200), np.zeros(10)])
    lesson = Lesson(
        inputs=score[:, None],
        two=np.arange(410) >= 400,
        weight=np.ones(410),
        size=np.zeros(410, int),
        kind=np.repeat([0, 1, 0], [200, 200, 10]),
    )
    ((easy, hard),) = least_favourable(np.ones((1, 2)), score, lesson)
    assert easy < 1 < hard


def test_a_network_learns_two_populations_from_one():
    rng = np.random.default_rng(2)
    two = np.arange(2000) % 2 == 1
    inputs = rng.standard_normal((2000, 3)) + 2 * two[:, None]
    lesson = Lesson(inputs, two, np.ones(2000), np.zeros(2000, int), np.zeros(2000, int))
    network = train(lesson, epochs=6, seed=1)
    assert ((network.score(inputs) > 0) == two).mean() > 0.9


def test_power_follows_what_was_called():
    import pandas as pd

    rng = np.random.default_rng(3)
    n, sd = np.exp(rng.uniform(4.5, 7, 4000)), rng.uniform(0.4, 0.8, 4000)
    chance = 1 / (1 + np.exp(-(np.log(n) - 6)))
    rows = pd.DataFrame({"interior": n, "sd": sd, "bimodal": rng.random(4000) < chance})
    assert fitted(rows)[1] == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("flat", [False, True])
def test_samples_show_what_they_are_of(flat: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("null_samples.GRAINS", (600, 700))
    rng = np.random.default_rng(4)
    one = Samples.join(mosaic_samples(rng, 0, two=False, flat=flat))
    two = Samples.join(mosaic_samples(rng, 0, two=True, flat=flat))
    assert not one.truth[:, 2:4].any()
    assert np.median(two.truth[:, 2]) > 1 and (two.truth[:, 3] > 0).any()
    np.testing.assert_allclose(one.grid.sum(axis=1), 1, rtol=1e-4)


def test_a_sample_larger_than_was_learned_is_read_as_the_largest_that_was():
    grid, counts = np.zeros((2, 145)), np.zeros((2, 27))
    scalars = np.log(
        [[0.5, MOST_GRAINS, MOST_GRAINS / 3, 1.1], [0.5, 4 * MOST_GRAINS, 4 * MOST_GRAINS / 3, 1.1]]
    )
    one, two = shape_inputs(grid, counts, scalars)
    np.testing.assert_allclose(one, two)


def test_three_fields_need_a_larger_statistic_than_one_with_as_many_grains():
    """Their frames cut more grains: broad sizes passed for two populations in a sixth of them."""
    library = load_library("section")
    value = float(line_at(300, library.n_interior, library.one)[NULL_LEVELS == 0.05][0])
    one, three = (library.p_value(value, 0.5, 300, per_field) for per_field in (300, 100))
    assert one == pytest.approx(0.05) and three > 0.06


def test_of_fields_less_is_subtracted_where_sizes_spread_as_those_of_loose_packings_do_not():
    library = load_library("section")
    assert (library.shift[1] <= library.shift[0]).all()
    value = float(line_at(300, library.n_interior, library.one)[NULL_LEVELS == 0.05][0])
    narrow, between, wide = (library.p_value(value, sd, 300, 100) for sd in (0.5, 0.6, 0.7))
    assert narrow > between > wide >= 0.05
    alone = [library.p_value(value, sd, 300, 300) for sd in (0.5, 0.7)]
    assert alone == pytest.approx([0.05, 0.05])
