"""Network against plain process, and the choice between them, on experiments of known cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

pytest.importorskip("botorch", reason="extra `optimizer` (BoTorch) is not installed")

from grainstats.share.optimizer.acquisition import Search, knowledge_gradient, select
from grainstats.share.optimizer.data import Experiments
from grainstats.share.optimizer.models import (
    Choice,
    NetworkModel,
    choose,
    fit_network,
    fit_plain,
    posterior_draws,
)


def mediated(n: int = 24, seed: int = 0, informative: bool = True) -> Experiments:
    """The property is a narrow peak in a feature that follows the process smoothly."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(n, 4))
    feature = 1.5 * x[:, 0] - x[:, 1] + 0.8 * np.sin(3 * x[:, 2])
    y = np.exp(-((feature - 0.6) ** 2) / 0.08)
    if not informative:
        feature = rng.normal(size=n)
    features = np.column_stack([feature + 0.02 * rng.normal(size=n)])
    known = np.full((n, 1), 0.02**2)
    ids = tuple(f"S{i}" for i in range(n))
    return Experiments(
        ids, x, features, known, ("size",), (False,), y + 0.02 * rng.normal(size=n), np.zeros(n)
    )


@pytest.fixture(scope="module")
def believed() -> Choice:
    return choose(mediated(), 0)


def test_the_network_is_believed_where_the_feature_mediates(believed: Choice) -> None:
    assert believed.model.name == "function network"
    assert believed.network_density > believed.plain_density + 2 * believed.difference_error
    assert "against" in believed.words()


def test_the_networks_samples_go_through_the_feature(believed: Choice) -> None:
    """Far from the data, too, the sampled property follows the peak in the feature."""
    x = np.random.default_rng(5).uniform(0.1, 0.9, size=(60, 4))
    feature = 1.5 * x[:, 0] - x[:, 1] + 0.8 * np.sin(3 * x[:, 2])
    truth = np.exp(-((feature - 0.6) ** 2) / 0.08)
    drawn = posterior_draws(believed.model, x, 128, 0)
    assert drawn.shape == (128, 60)
    assert np.corrcoef(drawn.mean(0), truth)[0, 1] > 0.9
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert np.mean((low < truth) & (truth < high)) > 0.8
    assert (posterior_draws(believed.model, x, 128, 0) == drawn).all()
    assert not (posterior_draws(believed.model, x, 128, 1) == drawn).all()


def test_the_plain_models_samples_have_the_posterior_mean_and_spread(believed: Choice) -> None:
    x = np.random.default_rng(6).uniform(size=(10, 4))
    mean, variance = believed.plain.last.predict(x)
    drawn = posterior_draws(believed.plain, x, 1024, 0)
    assert drawn.mean(0) == pytest.approx(mean[:, 0], abs=0.02)
    assert drawn.std(0) == pytest.approx(np.sqrt(variance[:, 0]), rel=0.1)


def test_a_feature_of_pure_noise_is_not_preferred() -> None:
    choice = choose(mediated(16, informative=False), 0)
    assert choice.network is not None
    assert choice.network_density < choice.plain_density + 2 * choice.difference_error


def test_no_features_no_network() -> None:
    data = mediated(8)
    empty = replace(data, features=np.full((8, 1), np.nan))
    assert fit_network(empty) is None
    choice = choose(empty, 0)
    assert choice.model.name == "plain GP" and "no usable microstructure" in choice.words()


def test_missing_features_and_objectives_change_little(believed: Choice) -> None:
    """Two features measured in different experiments, some without the property."""
    data = mediated(24)
    y = data.y.copy()
    y[[1, 5]] = np.nan
    features = np.repeat(data.features, 2, axis=1)
    features[[2, 8, 9], 0] = np.nan
    features[[3, 8], 1] = np.nan
    both = {"feature_variance": np.repeat(data.feature_variance, 2, axis=1), "feature_names": ("a", "b")}
    network = fit_network(replace(data, y=y, features=features, feature_logs=(False, False), **both))
    assert isinstance(network, NetworkModel)
    assert len(network.stages) == 2 and network.columns == (0, 1) and len(network.y) == 22
    assert np.isfinite(network.leave_one_out(0)).all()
    x = np.random.default_rng(9).uniform(size=(50, 4))
    means = [posterior_draws(m, x, 128, 1).mean(0) for m in (network, believed.model)]
    assert np.corrcoef(means[0], means[1])[0, 1] > 0.85


def test_leave_one_out_of_the_plain_model_is_a_proper_density(believed: Choice) -> None:
    plain = believed.plain
    mean, variance = (part[:, 0, 0] for part in plain.last.predict_left_out(plain.x[:, None]))
    z = (plain.y - mean) / np.sqrt(variance)
    assert plain.leave_one_out(0) == pytest.approx(-0.5 * (z**2 + np.log(2 * np.pi * variance)))
    assert believed.plain_density == pytest.approx(plain.leave_one_out(0).mean())


def line(n: int = 9) -> Experiments:
    """Two equal bumps on a line, seen between them only."""
    x = np.linspace(0.3, 0.7, n)[:, None]
    y = np.exp(-((x[:, 0] - 0.2) ** 2) / 0.02) + np.exp(-((x[:, 0] - 0.8) ** 2) / 0.02)
    none = np.empty((n, 0))
    return Experiments(tuple(map(str, range(n))), x, none, none, (), (), y, np.zeros(n))


def search(candidates: np.ndarray, measured: np.ndarray) -> Search:
    none = np.empty((0, candidates.shape[1]))
    return Search(candidates, lambda x: none, measured, none, np.zeros(len(measured)))


def test_batches_do_not_crowd_and_end_with_the_space() -> None:
    """Two separated sides of equal promise: the second pick goes to the other one."""
    data = line()
    grid = np.array([[0.1], [0.15], [0.2], [0.8], [0.85], [0.9]])
    model = fit_plain(data)
    first = select([model], search(grid, data.x), 2, 64, 0)
    assert (first[0].x[0] < 0.5) != (first[1].x[0] < 0.5)
    assert all(pick.repeats is None and pick.improvement > 0 for pick in first)
    assert len(select([model], search(grid[:2], data.x), 5, 64, 0)) == 2


def test_several_objectives_spread_over_the_front() -> None:
    """One objective grows along the line, the other falls: one is proposed for each."""
    data = line(6)
    rising, falling = (fit_plain(replace(data, y=sign * data.x[:, 0])) for sign in (1, -1))
    grid = np.array([[0.0], [0.1], [0.9], [1.0]])
    picks = select([rising, falling], search(grid, data.x), 2, 64, 0)
    assert (picks[0].x[0] < 0.5) != (picks[1].x[0] < 0.5)


def test_knowledge_gradient_wants_noise_and_doubt() -> None:
    rng = np.random.default_rng(0)
    sure = rng.normal([1.0, 0.0], [1e-6, 1e-6], (4000, 2))
    doubtful = rng.normal([1.0, 0.9], [0.5, 0.5], (4000, 2))
    noise = np.array([0.25, 0.25])
    assert knowledge_gradient(sure, noise, 0) == pytest.approx(0, abs=1e-4)
    # two normals apart by .1: E max rise of the mean after one measurement, s = .25/sqrt(.5) = .354
    s, gap = 0.25 / np.sqrt(0.5), 0.1
    exact = s * norm.pdf(gap / s) - gap * norm.cdf(-gap / s)
    assert knowledge_gradient(doubtful, noise, 1) == pytest.approx(exact, rel=0.15)
