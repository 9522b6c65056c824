"""Network against plain process, and the choice between them, on experiments of known cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from grainstats.share.optimizer.acquisition import Search, knowledge_gradient, select
from grainstats.share.optimizer.data import Experiments
from grainstats.share.optimizer.models import Draws, NetworkModel, choose, fit_network, fit_plain


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


def test_the_network_is_believed_where_the_feature_mediates() -> None:
    choice = choose(mediated(), np.random.default_rng(0))
    assert choice.model.name == "function network"
    assert choice.network_density > choice.plain_density + 2 * choice.difference_error
    assert "against" in choice.words()


def test_a_feature_of_pure_noise_is_not_preferred() -> None:
    choice = choose(mediated(informative=False), np.random.default_rng(0))
    assert choice.network_density < choice.plain_density + 2 * choice.difference_error
    assert choice.network is not None
    lengths = choice.network.last.lengths  # of four process parameters and the noise feature
    assert lengths[4] > 1.5 * lengths[:3].min()


def test_no_features_no_network() -> None:
    data = mediated()
    empty = replace(data, features=np.full((24, 1), np.nan))
    assert fit_network(empty) is None
    choice = choose(empty, np.random.default_rng(0))
    assert choice.model.name == "plain GP" and "no usable microstructure" in choice.words()


def test_missing_features_and_objectives_change_little() -> None:
    data = mediated(30)
    y, features = data.y.copy(), data.features.copy()
    y[[1, 5]] = np.nan
    features[[2, 8, 9]] = np.nan
    network = fit_network(replace(data, y=y, features=features))
    assert isinstance(network, NetworkModel)
    assert len(network.last.y) == 28 and len(network.stages[0].y) == 27
    full = fit_network(data)
    assert isinstance(full, NetworkModel)
    x = np.random.default_rng(9).uniform(size=(50, 4))
    means = [m.draw(256, np.random.default_rng(1)).at(x).mean(0) for m in (network, full)]
    assert np.corrcoef(means[0], means[1])[0, 1] > 0.9
    assert np.isfinite(network.leave_one_out(np.random.default_rng(0))).all()


def test_leave_one_out_of_the_plain_model_is_a_proper_density() -> None:
    data = mediated(20)
    density = fit_plain(data).leave_one_out(np.random.default_rng(0))
    assert density.shape == (20,)
    mean, variance = fit_plain(data).process.leave_one_out()
    z = (data.y - mean) / np.sqrt(variance)
    assert density == pytest.approx(-0.5 * (z**2 + np.log(2 * np.pi * variance)))


def flat_search(candidates: np.ndarray, measured: np.ndarray, noise: float) -> Search:
    none = np.empty((0, candidates.shape[1]))
    return Search(candidates, lambda x: none, measured, none, np.full(len(measured), noise))


def test_batches_do_not_crowd() -> None:
    """Two separated peaks of equal promise: the second pick goes to the other one."""
    x = np.linspace(0, 1, 41)[:, None]
    rng = np.random.default_rng(0)
    left, right = rng.normal(1, 0.3, (2, 400))

    def at(points: np.ndarray) -> np.ndarray:
        a, b = np.exp(-((points[:, 0] - 0.2) ** 2) / 0.01), np.exp(-((points[:, 0] - 0.8) ** 2) / 0.01)
        return np.asarray(left[:, None] * a + right[:, None] * b)

    measured = np.array([[0.5]])
    picks = select([Draws(at, at(measured))], flat_search(x, measured, 0.0), 2, rng)
    assert sorted(round(float(p.x[0]), 1) for p in picks) == [0.2, 0.8]


def test_knowledge_gradient_wants_noise_and_doubt() -> None:
    rng = np.random.default_rng(0)
    sure = rng.normal([1.0, 0.0], [1e-6, 1e-6], (4000, 2))
    doubtful = rng.normal([1.0, 0.9], [0.5, 0.5], (4000, 2))
    noise = np.array([0.25, 0.25])
    assert knowledge_gradient(sure, noise, 0) == pytest.approx(0, abs=1e-4)
    # two normals apart by .1: E max rise of the mean after one measurement, s = .25/sqrt(.5) = .354
    s, gap = 0.25 / np.sqrt(0.5), 0.1
    from scipy.stats import norm

    exact = s * norm.pdf(gap / s) - gap * norm.cdf(-gap / s)
    assert knowledge_gradient(doubtful, noise, 1) == pytest.approx(exact, rel=0.15)


def test_never_more_than_there_is() -> None:
    x = np.array([[0.0], [1.0]])
    rng = np.random.default_rng(0)
    draws = Draws(lambda p: rng.normal(size=(32, len(p))), rng.normal(size=(32, 1)))
    assert len(select([draws], flat_search(x, np.array([[0.5]]), 0.0), 5, rng)) == 2
