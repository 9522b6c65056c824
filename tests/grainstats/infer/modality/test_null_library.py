"""What a p-value is read from, and how the network that it reads learns."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[4] / "calibration"))

from build_null_library import SIGMA_NODES, family_quantiles
from null_windows import Samples
from train_shape_network import Lesson, least_favourable, train

from grainstats.infer.modality.null_library import LEVELS, load_library
from grainstats.infer.modality.statistics import STATISTICS
from grainstats.infer.modality.verdict import Null


@pytest.mark.parametrize("null", get_args(Null))
@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_larger_statistic_never_has_a_larger_p(null: Null, statistic: str):
    library = load_library(null)
    lines = library.quantiles[statistic]
    for n in (80, 155, 299, 300, 301, 865, 20_000):
        p = [library.p_value(statistic, v, n) for v in np.linspace(lines.min() - 1, lines.max() + 1, 200)]
        assert (np.diff(p) <= 0).all()
        assert p[0] == 1.0
        assert p[-1] == pytest.approx(LEVELS[-1])


def test_at_a_node_the_quantile_of_a_level_has_that_p():
    library = load_library("section")
    at = len(library.n_interior) - 1
    for level, value in zip(LEVELS, library.quantiles["shape"][at], strict=True):
        assert library.p_value("shape", float(value), int(library.n_interior[at])) == pytest.approx(level)


def test_the_quantiles_are_those_of_the_worst_sigma():
    """Scores are normal, their mean rises with sigma: the widest protected sigma decides."""
    rng = np.random.default_rng(1)
    sigma, log_n = rng.uniform(0.0, 1.0, 30_000), rng.uniform(4.1, 6.0, 30_000)
    zero = np.zeros_like(sigma)
    scalars, truth = np.column_stack([zero, log_n, zero, zero]), np.column_stack([zero, sigma])
    null = Samples(zero[:, None], zero[:, None], scalars, truth)
    table = family_quantiles(null, 3 * sigma - log_n + rng.standard_normal(len(sigma)), (100.0, 200.0))
    expected = 3 * SIGMA_NODES[-1] - np.log([100.0, 200.0]) + 1.645
    np.testing.assert_allclose(table[:, LEVELS == 0.05][:, 0], expected, atol=0.15)


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
