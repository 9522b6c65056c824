"""One stage of the optimizer: a BoTorch Gaussian process for a few dozen experiments, with honest intervals.

`SingleTaskGP` under BoTorch's dimension-scaled priors (Hvarfner et al. 2024), a Matérn-5/2 covariance with a
lengthscale per input, and as noise what is known of each measurement plus a learned part. Its
hyperparameters are the posterior's maximum, which after a dozen experiments fits what it has seen and misses
what it has not. So every experiment is left out in turn, the hyperparameters are fitted again to the rest,
and covariance and noise are multiplied by the mean squared standardised error of the left-out predictions
(cross-validation estimate of the variance, Bachoc 2013), where it exceeds one: the mean stays, the intervals
become as wide as the errors were.

This module and those that import it need the extra `optimizer`; the rest of the package does not.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np


@contextmanager
def library() -> Iterator[None]:
    """Import BoTorch and its kin within: linear_operator still uses torch.jit.script while it is imported."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit", category=FutureWarning)
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        yield


with library():
    import torch
    from botorch.cross_validation import gen_loo_cv_folds
    from botorch.exceptions.warnings import NumericsWarning, OptimizationWarning
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from botorch.models.transforms import Normalize, Standardize
    from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
    from gpytorch.constraints import GreaterThan
    from gpytorch.kernels import ScaleKernel
    from gpytorch.likelihoods import FixedNoiseGaussianLikelihood
    from gpytorch.mlls import ExactMarginalLogLikelihood
    from gpytorch.priors import LogNormalPrior
    from linear_operator.utils.warnings import NumericalWarning

Tensor = Any  #: a double-precision `torch.Tensor`; typed loosely because torch is not always there

_LEAST_NOISE = 1e-4  #: of standardised measurements, as in BoTorch
_FOLDS_TOLERANCE = 1e-5
"""Relative, of a fold's log posterior per experiment: folds start next to their maxima."""


def tensor(values: np.ndarray) -> Tensor:
    """In double precision."""
    return torch.as_tensor(np.ascontiguousarray(values), dtype=torch.double)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the libraries' remarks on what they mend (jitter, a line search that stopped early) and on
    gradients that nothing here follows."""
    with warnings.catch_warnings():
        for category in (NumericalWarning, NumericsWarning, OptimizationWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", category=UserWarning, module="linear_operator")
        warnings.filterwarnings("ignore", message="Low-rank cholesky updates failed")
        yield


@dataclass(frozen=True, eq=False)
class Process:
    """A fitted and calibrated process of one or several independent outputs."""

    model: SingleTaskGP  #: predicts the noise-free outputs in the user's units
    folds: SingleTaskGP  #: the same for every experiment left out, before calibration
    noise: np.ndarray  #: shape (n, k): variance of every measurement: known and learned
    inflation: np.ndarray  #: shape (k,): by which the variances were multiplied

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the noise-free outputs at (m, d), both of shape (m, k)."""
        with torch.no_grad(), quiet():
            posterior = self.model.posterior(tensor(x))
            return posterior.mean.numpy(), posterior.variance.numpy()

    def predict_left_out(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance, shape (n, m, k), of measurements by the model that has not seen experiment i.

        `x`, shape (n, m, d), are m points for every left-out experiment.
        """
        with quiet():
            mean, variance = _predicted(self.folds, tensor(x), tensor(self.noise))
        return mean.numpy(), variance.numpy() * self.inflation


def fit_process(x: np.ndarray, y: np.ndarray, known: np.ndarray, scaled: range = range(0)) -> Process:
    """Fit, leave every experiment out in turn, and widen the intervals to what that shows.

    Inputs `x`, shape (n, d), lie in about [0, 1] except for the `scaled` columns, which are brought there
    inside. `known` is the variance of each measurement in `y`, both of shape (n, k), as far as it is known.
    """
    points, values, variance = tensor(x), tensor(y), tensor(known)
    bounds = torch.stack([points.amin(0), points.amax(0)])[:, list(scaled)]
    with quiet():
        model = _unfitted(points, values, variance, bounds, scaled)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        left = gen_loo_cv_folds(points, values, variance)
        folds = _unfitted(left.train_X, left.train_Y, left.train_Yvar, bounds, scaled)
        _refit(folds, model)
        noise = _learned_noise(model) + variance
        mean, spread = _predicted(folds, left.test_X, noise)
    inflation = ((values - mean[:, 0]) ** 2 / spread[:, 0]).mean(0).clamp_min(1.0)
    _widen(model, inflation)
    return Process(model, folds, noise.numpy(), inflation.numpy())


def _unfitted(
    points: Tensor, values: Tensor, variance: Tensor, bounds: Tensor, scaled: range
) -> SingleTaskGP:
    """The model before its fit; leading dimensions are independent data sets."""
    batch, d, k = points.shape[:-2], points.shape[-1], values.shape[-1]
    outputs = batch + ((k,) if k > 1 else ())
    outcome = Standardize(m=k, batch_shape=batch)
    _, standard = outcome(values, variance)
    return SingleTaskGP(
        points,
        values,
        covar_module=get_covar_module_with_dim_scaled_prior(d, outputs, use_rbf_kernel=False),
        likelihood=_likelihood(standard.mT if k > 1 else standard[..., 0], outputs),
        outcome_transform=Standardize(m=k, batch_shape=batch),
        input_transform=Normalize(d, list(scaled), bounds) if len(scaled) else None,
    )


def _likelihood(known: Tensor, batch: tuple[int, ...]) -> FixedNoiseGaussianLikelihood:
    """Known noise (standardised, at least a millionth) and a learned part with BoTorch's prior."""
    prior = LogNormalPrior(-4.0, 1.0)
    return FixedNoiseGaussianLikelihood(
        known.clamp_min(1e-6),
        learn_additional_noise=True,
        batch_shape=torch.Size(batch),
        noise_prior=prior,
        noise_constraint=GreaterThan(_LEAST_NOISE, transform=None, initial_value=prior.mode),
    )


def _refit(folds: SingleTaskGP, whole: SingleTaskGP) -> None:
    """Fit all folds together, from where the fit to all experiments ended."""
    for new, old in zip(folds.parameters(), whole.parameters(), strict=True):
        new.data = old.detach().expand(new.shape).clone()
    options = {"options": {"factr": _FOLDS_TOLERANCE / np.finfo(float).eps}}
    fit_gpytorch_mll(ExactMarginalLogLikelihood(folds.likelihood, folds), optimizer_kwargs=options)


def _predicted(folds: SingleTaskGP, points: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of measurements at (n, m, d), both of shape (n, m, k)."""
    with torch.no_grad():
        posterior = folds.posterior(points)
        return posterior.mean, posterior.variance + noise[:, None]


def _learned_noise(model: SingleTaskGP) -> Tensor:
    """Variance in the user's units, shape (..., k)."""
    learned = model.likelihood.second_noise.detach()
    scale = model.outcome_transform.stdvs[..., 0, :]
    return learned.reshape(scale.shape) * scale**2


def _widen(model: SingleTaskGP, factor: Tensor) -> None:
    """Multiply covariance and noise, which leaves the mean as it is; the noise is fixed from here on."""
    batch = model.covar_module.batch_shape
    total = model.likelihood.noise.detach()
    kernel = ScaleKernel(model.covar_module, batch_shape=batch).to(total)
    kernel.outputscale = factor.reshape(batch)
    model.covar_module = kernel
    model.likelihood = FixedNoiseGaussianLikelihood(total * factor.reshape(batch)[..., None])
    model.eval()
    model.requires_grad_(False)
