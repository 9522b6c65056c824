"""The Gaussian process: gradient, leave-one-out by brute force, drawn functions, GPyTorch beside it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from grainstats.share.optimizer import gp


def toy(n: int = 20, d: int = 3, noise: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(n, d))
    return x, 100 + 10 * (np.sin(5 * x[:, 0]) + x[:, 1] ** 2 + noise * rng.normal(size=n))


def test_gradient() -> None:
    x, y = toy()
    squared = (x[:, None] - x[None]) ** 2
    arguments = (squared, (y - y.mean()) / y.std(), np.full(20, 0.01), (0.5, 0.7))
    for seed in range(3):
        theta = np.random.default_rng(seed).normal(size=5)
        assert check_grad(
            lambda t: gp._negative_log_posterior(t, *arguments)[0],
            lambda t: gp._negative_log_posterior(t, *arguments)[1],
            theta,
        ) < 1e-4  # fmt: skip


def test_recovers_the_function_and_the_idle_input() -> None:
    x, y = toy(40)
    model = gp.fit(x, y)
    grid = np.random.default_rng(1).uniform(0.1, 0.9, (200, 3))
    truth = 100 + 10 * (np.sin(5 * grid[:, 0]) + grid[:, 1] ** 2)
    mean, variance = model.predict(grid)
    assert np.sqrt(np.mean((mean - truth) ** 2)) < 0.6  # of a range of about 25
    assert 0.85 < np.mean(np.abs(mean - truth) < 1.96 * np.sqrt(variance)) <= 1
    assert model.lengths[2] > 3 * model.lengths[0]
    assert np.sqrt(model.noise_variance[0]) == pytest.approx(0.5, abs=0.2)


def test_leave_one_out_is_what_leaving_one_out_gives() -> None:
    x, y = toy()
    model = gp.fit(x, y, np.linspace(0.01, 1.0, 20))
    mean, variance = model.leave_one_out()
    for i in (0, 7, 19):
        keep = np.arange(20) != i
        value, spread = model.predict(x[i : i + 1], keep)
        assert mean[i] == pytest.approx(value[0], rel=1e-6)
        assert variance[i] == pytest.approx(spread[0] + model.noise_variance[i], rel=1e-4)


def test_known_noise_is_believed() -> None:
    """One wild measurement that says it is wild moves the mean little."""
    x, y = toy()
    wild, said = y.copy(), np.full(20, 1e-4)
    wild[3] += 30
    said[3] = 30.0**2
    quiet, loud = gp.fit(x, wild, said), gp.fit(x, wild)
    others = np.arange(20) != 3
    assert np.abs(quiet.predict(x[others])[0] - y[others]).max() < 2
    assert np.abs(loud.predict(x[3:4])[0][0] - y[3]) > np.abs(quiet.predict(x[3:4])[0][0] - y[3])


def test_drawn_functions_have_the_posterior_mean_and_spread() -> None:
    x, y = toy()
    model = gp.fit(x, y)
    grid = np.random.default_rng(2).uniform(size=(30, 3))
    mean, variance = model.predict(grid)
    values = model.paths(3000, np.random.default_rng(3))(grid)
    assert np.abs(values.mean(0) - mean).max() < 5 * np.sqrt(variance.max() / 3000)
    assert values.std(0) == pytest.approx(np.sqrt(variance), rel=0.12)


def test_drawn_functions_are_functions() -> None:
    """The same draw at the same point has the same value, however it is asked."""
    x, y = toy()
    path = gp.fit(x, y).paths(4, np.random.default_rng(0))
    grid = np.random.default_rng(2).uniform(size=(5, 3))
    together = path(grid)
    assert path(grid[2:3])[:, 0] == pytest.approx(together[:, 2], rel=1e-4)
    assert path(np.broadcast_to(grid, (4, 5, 3))) == pytest.approx(together, rel=1e-4)


def test_agrees_with_gpytorch() -> None:
    """Same hyperparameters, same posterior: an independent implementation of the same formulas."""
    torch = pytest.importorskip("torch", reason="extra `optimizer` (BoTorch) is not installed")
    gpytorch = pytest.importorskip("gpytorch", reason="extra `optimizer` (BoTorch) is not installed")
    x, y = toy()
    model = gp.fit(x, y)

    class Exact(gpytorch.models.ExactGP):
        def __init__(self, likelihood: object) -> None:
            super().__init__(torch.tensor(x), torch.tensor(model.y), likelihood)
            self.mean_module = gpytorch.means.ConstantMean()
            kernel = gpytorch.kernels.MaternKernel(nu=2.5, ard_num_dims=3)
            self.covar_module = gpytorch.kernels.ScaleKernel(kernel)

        def forward(self, points: object) -> object:
            return gpytorch.distributions.MultivariateNormal(
                self.mean_module(points), self.covar_module(points)
            )

    likelihood = gpytorch.likelihoods.GaussianLikelihood()
    other = Exact(likelihood).double()
    other.mean_module.constant = model.mean
    other.covar_module.outputscale = model.signal
    other.covar_module.base_kernel.lengthscale = torch.tensor(model.lengths)
    likelihood.noise = model.noise
    other.eval()
    grid = np.random.default_rng(2).uniform(size=(10, 3))
    with torch.no_grad():
        posterior = other(torch.tensor(grid))
    mean, variance = model.predict(grid)
    assert mean == pytest.approx(model.centre + model.scale * posterior.mean.numpy(), rel=1e-5)
    assert variance == pytest.approx(model.scale**2 * posterior.variance.numpy(), rel=1e-3)
