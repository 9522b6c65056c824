"""Exact Gaussian process for a few dozen experiments: fitted in milliseconds, drawn as whole functions.

Matérn-5/2 covariance with a lengthscale per input, constant mean by generalised least squares, noise = what
is known of each measurement + a learned part. Hyperparameters maximise the posterior under log-normal priors,
those of lengthscales scaled by dimension (Hvarfner et al. 2024); formulas: Rasmussen & Williams 2006, ch. 2
and 5. Draws are functions that can be evaluated anywhere (Wilson et al. 2020), which is what lets one
process feed another. Checked against GPyTorch in the tests; needs numpy and scipy alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize

Paths = Callable[[np.ndarray], np.ndarray]
"""Draws as functions: points of shape (m, d) or (draws, m, d) -> values of shape (draws, m)."""

LENGTH_PRIOR = (0.4, 0.7)
"""Log-normal prior of a lengthscale: median over the square root of the number of inputs, and log-sd.
Narrower than BoTorch's default (4.11, 1.73), under which a dozen experiments in five dimensions fit lengths
of .05 beside 10 and intervals that miss (`scripts/bench_optimizer.py --prior`)."""
_NOISE_LOG_MEAN, _NOISE_LOG_SD, _SIGNAL_LOG_SD = -4.0, 1.0, 1.0
_FREQUENCIES = 256
_SQRT5 = np.sqrt(5.0)


def matern52(first: np.ndarray, second: np.ndarray, lengths: np.ndarray, signal: float) -> np.ndarray:
    """Matérn-5/2 covariance; points of shape (..., n, d) and (..., m, d) -> (..., n, m)."""
    a, b = first / lengths, second / lengths
    squared = (a**2).sum(-1)[..., :, None] + (b**2).sum(-1)[..., None, :] - 2 * a @ np.swapaxes(b, -1, -2)
    r = _SQRT5 * np.sqrt(np.maximum(squared, 0))
    return signal * (1 + r + r * r / 3) * np.exp(-r)


@dataclass(frozen=True, eq=False)
class GaussianProcess:
    """A fitted process; y is standardised inside, every result is in the user's units.

    Attributes
    ----------
    x : ndarray, shape (n, d)
        Scaled to about [0, 1].
    y : ndarray, shape (n,)
        Standardised.
    known : ndarray, shape (n,)
        Known measurement variance, standardised.
    lengths : ndarray, shape (d,)
    signal, noise, mean : float
        Variances of function and learned noise, constant mean; standardised.
    centre, scale : float
        Of the standardisation.
    log_posterior : float
    """

    x: np.ndarray
    y: np.ndarray
    known: np.ndarray
    lengths: np.ndarray
    signal: float
    noise: float
    mean: float
    centre: float
    scale: float
    log_posterior: float

    @property
    def noise_variance(self) -> np.ndarray:
        """Variance of every measurement, in units of y squared, shape (n,)."""
        return (self.known + self.noise) * self.scale**2

    def _factor(self, keep: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points kept, Cholesky factor of their covariance, and weights of the mean."""
        keep = np.ones(len(self.y), bool) if keep is None else keep
        x = self.x[keep]
        covariance = matern52(x, x, self.lengths, self.signal)
        covariance[np.diag_indices_from(covariance)] += self.known[keep] + self.noise + 1e-8
        factor = np.linalg.cholesky(covariance)
        return x, factor, linalg.cho_solve((factor, True), self.y[keep] - self.mean)

    def predict(self, x: np.ndarray, keep: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the noise-free function.

        Parameters
        ----------
        x : ndarray, shape (m, d)
        keep : ndarray of bool, shape (n,), optional
            Use these measurements only.
        """
        known, factor, weights = self._factor(keep)
        cross = matern52(x, known, self.lengths, self.signal)
        solved = linalg.solve_triangular(factor, cross.T, lower=True)
        variance = np.maximum(self.signal - (solved**2).sum(0), 1e-10)
        return self.centre + self.scale * (self.mean + cross @ weights), variance * self.scale**2

    def leave_one_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance, noise included, of every measurement given the others (R & W 5.12)."""
        _, factor, weights = self._factor()
        inverse = linalg.cho_solve((factor, True), np.eye(len(self.y)))
        precision = np.diag(inverse)
        left_out = self.y - weights / precision
        return self.centre + self.scale * left_out, self.scale**2 / precision

    def paths(self, draws: int, rng: np.random.Generator) -> Paths:
        """Draw whole functions from the posterior: random Fourier features, corrected at the data.

        Every draw has its own frequencies, so that the spread over draws is unbiased.
        """
        n, d = self.x.shape
        tails = np.sqrt(5 / rng.chisquare(5, (draws, 1, _FREQUENCIES)))
        waves = rng.normal(size=(draws, d, _FREQUENCIES)) * tails / self.lengths[:, None]
        phases = rng.uniform(0, 2 * np.pi, (draws, _FREQUENCIES))
        weights = rng.normal(size=(draws, _FREQUENCIES)) * np.sqrt(2 * self.signal / _FREQUENCIES)
        noise = rng.normal(size=(draws, n)) * np.sqrt(self.known + self.noise)
        banks = [
            (w, p, v)
            for w, p, v in zip(*(a.astype(np.float32) for a in (waves, phases, weights)), strict=True)
        ]

        def prior(x: np.ndarray) -> np.ndarray:
            x = np.broadcast_to(x, (draws, *x.shape[-2:])).astype(np.float32)
            rows = [np.cos(a @ w + p) @ v for a, (w, p, v) in zip(x, banks, strict=True)]
            return np.stack(rows).astype(float)

        _, factor, _ = self._factor()
        update = linalg.cho_solve((factor, True), (self.y - self.mean - prior(self.x) - noise).T).T

        def evaluate(x: np.ndarray) -> np.ndarray:
            cross = matern52(x, self.x, self.lengths, self.signal)
            value = update @ cross.T if x.ndim == 2 else (cross @ update[:, :, None])[..., 0]
            return np.asarray(self.centre + self.scale * (self.mean + prior(x) + value))

        return evaluate


def fit(
    x: np.ndarray,
    y: np.ndarray,
    known_variance: np.ndarray | None = None,
    length_prior: tuple[float, float] = LENGTH_PRIOR,
) -> GaussianProcess:
    """Fit by maximum posterior from two starts.

    Parameters
    ----------
    x : ndarray, shape (n, d)
        Scaled to about [0, 1].
    y : ndarray, shape (n,)
    known_variance : ndarray, shape (n,), optional
        Variance of each measurement as far as it is known, in units of y squared.
    length_prior : (float, float)
        As `LENGTH_PRIOR`.
    """
    centre, scale = float(y.mean()), float(y.std()) or 1.0
    standard = (y - centre) / scale
    known = np.zeros(len(y)) if known_variance is None else known_variance / scale**2
    squared = (x[:, None, :] - x[None, :, :]) ** 2
    d = x.shape[1]
    prior = float(np.log(length_prior[0] * np.sqrt(d))), length_prior[1]

    def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
        return _negative_log_posterior(theta, squared, standard, known, prior)

    bounds = [(-3.5, 6.0)] * d + [(-4.0, 3.0), (-9.0, 0.7)]
    starts = [
        np.array([np.log(0.5)] * d + [0.0, -4.0]),
        np.array([prior[0]] * d + [0.0, -2.0]),
    ]
    found = [optimize.minimize(objective, s, jac=True, method="L-BFGS-B", bounds=bounds) for s in starts]
    best = min(found, key=lambda f: float(f.fun))
    lengths, signal, noise = np.exp(best.x[:d]), float(np.exp(best.x[d])), float(np.exp(best.x[d + 1]))
    return GaussianProcess(
        x, standard, known, lengths, signal, noise, _mean(squared, standard, known, lengths, signal, noise),
        centre, scale, -float(best.fun),
    )  # fmt: skip


def _covariance(
    squared: np.ndarray, lengths: np.ndarray, signal: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariance, what its derivatives share, and the scaled squared distances per input."""
    scaled = squared / lengths**2
    r = _SQRT5 * np.sqrt(scaled.sum(-1))
    decay = signal * np.exp(-r)
    return (1 + r + r * r / 3) * decay, 5 / 3 * (1 + r) * decay, scaled


def _mean(
    squared: np.ndarray, y: np.ndarray, known: np.ndarray, lengths: np.ndarray, signal: float, noise: float
) -> float:
    covariance = _covariance(squared, lengths, signal)[0] + np.diag(known + noise + 1e-8)
    ones = np.linalg.solve(covariance, np.ones(len(y)))
    return float(ones @ y / ones.sum())


def _negative_log_posterior(
    theta: np.ndarray, squared: np.ndarray, y: np.ndarray, known: np.ndarray, prior: tuple[float, float]
) -> tuple[float, np.ndarray]:
    """Minus log marginal likelihood and log prior, with the gradient in log hyperparameters."""
    n, d = len(y), squared.shape[-1]
    lengths, signal, noise = np.exp(theta[:d]), np.exp(theta[d]), np.exp(theta[d + 1])
    kernel, slope, scaled = _covariance(squared, lengths, signal)
    factor = np.linalg.cholesky(kernel + np.diag(known + noise + 1e-8))
    inverse = linalg.cho_solve((factor, True), np.eye(n), check_finite=False)
    ones = inverse.sum(0)
    residual = y - ones @ y / ones.sum()
    weights = inverse @ residual
    value = 0.5 * residual @ weights + np.log(np.diag(factor)).sum() + 0.5 * n * np.log(2 * np.pi)
    outer = np.outer(weights, weights) - inverse
    gradient = np.empty(d + 2)
    gradient[:d] = -0.5 * np.einsum("ij,ijk->k", outer * slope, scaled)
    gradient[d] = -0.5 * (outer * kernel).sum()
    gradient[d + 1] = -0.5 * np.trace(outer) * noise
    means = np.array([prior[0]] * d + [0.0, _NOISE_LOG_MEAN])
    sds = np.array([prior[1]] * d + [_SIGNAL_LOG_SD, _NOISE_LOG_SD])
    off = (theta - means) / sds
    return float(value + 0.5 * (off**2).sum()), gradient + off / sds
