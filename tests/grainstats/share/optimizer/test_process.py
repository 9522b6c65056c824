"""One Gaussian process: known answers, leave-one-out by brute force, what calibration does."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("botorch", reason="extra `optimizer` (BoTorch) is not installed")

from grainstats.share.optimizer.process import Process, fit_process


def toy(n: int = 20, d: int = 3, noise: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(n, d))
    return x, (100 + 10 * (np.sin(5 * x[:, 0]) + x[:, 1] ** 2 + noise * rng.normal(size=n)))[:, None]


@pytest.fixture(scope="module")
def process() -> Process:
    x, y = toy()
    return fit_process(x, y, np.linspace(0.01, 1.0, 20)[:, None])


def test_recovers_the_function(process: Process) -> None:
    grid = np.random.default_rng(1).uniform(0.1, 0.9, (200, 3))
    truth = 100 + 10 * (np.sin(5 * grid[:, 0]) + grid[:, 1] ** 2)
    mean, variance = process.predict(grid)
    assert np.sqrt(np.mean((mean[:, 0] - truth) ** 2)) < 1.5  # of a range of about 25
    assert np.mean(np.abs(mean[:, 0] - truth) < 1.96 * np.sqrt(variance[:, 0])) > 0.85


def test_leave_one_out_is_what_leaving_one_out_gives(process: Process) -> None:
    """Another fit to all but one experiment, from the beginning, predicts that one the same."""
    x, y = toy()
    known = np.linspace(0.01, 1.0, 20)[:, None]
    mean, variance = process.predict_left_out(x[:, None])
    for i in (0, 19):
        keep = np.arange(20) != i
        alone = fit_process(x[keep], y[keep], known[keep])
        value, spread = alone.predict(x[i : i + 1])
        assert mean[i, 0, 0] == pytest.approx(value[0, 0], abs=0.05)
        without = variance[i, 0, 0] / process.inflation[0] - process.noise[i, 0]
        assert without == pytest.approx(spread[0, 0] / alone.inflation[0], rel=0.1)


def test_intervals_are_as_wide_as_the_left_out_errors() -> None:
    """Pure noise said to be exact: the widened variances have unit mean squared standardised error."""
    rng = np.random.default_rng(2)
    x, y = rng.uniform(size=(12, 3)), rng.normal(size=(12, 1))
    process = fit_process(x, y, np.zeros((12, 1)))
    mean, variance = process.predict_left_out(x[:, None])
    squared = (y - mean[:, 0]) ** 2 / variance[:, 0]
    assert process.inflation[0] >= 1
    assert np.mean(squared) <= 1 + 1e-6
    if process.inflation[0] > 1:
        assert np.mean(squared) == pytest.approx(1)


def test_known_noise_is_believed() -> None:
    """One wild measurement that says it is wild moves the mean little."""
    x, y = toy()
    wild, said = y.copy(), np.full((20, 1), 1e-4)
    wild[3] += 30
    said[3] = 30.0**2
    mean = fit_process(x, wild, said).predict(x)[0]
    others = np.arange(20) != 3
    assert np.abs(mean[others] - y[others]).max() < 2
    assert np.abs(mean[3] - y[3]) < 10


def test_outputs_are_independent_and_scaled_inputs_have_no_unit() -> None:
    x, y = toy(12)
    both = np.hstack([y, x[:, [2]] ** 2])
    together = fit_process(x, both, np.zeros((12, 2)))
    alone = fit_process(x, both[:, [1]], np.zeros((12, 1)))
    grid = np.random.default_rng(1).uniform(size=(20, 3))
    assert together.predict(grid)[0][:, [1]] == pytest.approx(alone.predict(grid)[0], abs=0.01)
    units = np.array([1.0, 1.0, 250.0])
    larger = fit_process(x * units, both[:, [1]], np.zeros((12, 1)), range(2, 3))
    smaller = fit_process(x, both[:, [1]], np.zeros((12, 1)), range(2, 3))
    assert larger.predict(grid * units)[0] == pytest.approx(smaller.predict(grid)[0], abs=1e-3)
