"""Linear models of one value per sample, with degrees of freedom that hold for a handful of samples.

Without a block every sample is one independent row, so ordinary least squares *is* the mixed model: its t and
F are exact with n - p degrees of freedom under normal residuals of equal spread; no sandwich (HC) estimate is
used because those are biased low at n < 20. With a block (a campaign, a furnace run) the rows of one block
share a random intercept; it is fitted by REML and tested with Satterthwaite's degrees of freedom (Giesbrecht
& Burns 1985), which the normal-theory output of mixed-model packages lacks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from grainstats.infer.comparison.tests import FTest


@dataclass(frozen=True)
class LinearModel:
    """A fitted y = X b + block + noise.

    Attributes
    ----------
    coefficients : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
        Of the coefficients.
    variances : ndarray, shape (1,) or (2,)
        Of the noise and, with a block, of the block.
    variance_covariance : ndarray
        Of the estimated variances (inverse expected REML information).
    gradients : ndarray, shape (len(variances), p, p)
        Of `covariance` by each variance.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    variances: np.ndarray
    variance_covariance: np.ndarray
    gradients: np.ndarray

    def df(self, contrast: np.ndarray) -> float:
        """Satterthwaite's degrees of freedom of one contrast; n - p exactly for least squares."""
        variance = float(contrast @ self.covariance @ contrast)
        slope = np.array([contrast @ g @ contrast for g in self.gradients])
        return 2 * variance**2 / float(slope @ self.variance_covariance @ slope)

    def test(self, contrast: np.ndarray) -> tuple[float, float, float, float, float]:
        """Estimate, low and high (95 %), df and two-sided p of one contrast."""
        estimate = float(contrast @ self.coefficients)
        error = float(np.sqrt(contrast @ self.covariance @ contrast))
        df = self.df(contrast)
        half = float(special.stdtrit(df, 0.975)) * error
        p_value = float(2 * special.stdtr(df, -abs(estimate / error)))
        return estimate, estimate - half, estimate + half, df, p_value

    def f_test(self, contrasts: np.ndarray) -> FTest:
        """Are all `contrasts` (shape (q, p)) zero? Degrees of freedom after Fai & Cornelius (1996)."""
        covariance = contrasts @ self.covariance @ contrasts.T
        eigenvalues, vectors = np.linalg.eigh(covariance)
        rows = vectors.T @ contrasts
        t_squared = (rows @ self.coefficients) ** 2 / eigenvalues
        dfs = np.array([self.df(row) for row in rows])
        q, within = len(dfs), float(dfs.min())
        if np.ptp(dfs) > 1e-6:
            expected = float((dfs[dfs > 2] / (dfs[dfs > 2] - 2)).sum())
            within = 2 * expected / (expected - q) if expected > q else 1.0
        statistic = float(t_squared.mean())
        return FTest(statistic, q, within, float(stats.f.sf(statistic, q, within)))


def least_squares(y: np.ndarray, design: np.ndarray) -> LinearModel:
    """Ordinary least squares; `design` of shape (n, p) with full rank and n > p."""
    n, p = design.shape
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ y
    noise = float(((y - design @ coefficients) ** 2).sum() / (n - p))
    return LinearModel(
        coefficients, noise * inverse, np.array([noise]), np.array([[2 * noise**2 / (n - p)]]), inverse[None]
    )


def random_intercept(y: np.ndarray, design: np.ndarray, block: np.ndarray) -> LinearModel:
    """REML fit with a random intercept per block; falls to least squares where the block variance is zero.

    `y` and the labels `block` have shape (n,), `design` (n, p).
    """
    same = (block[:, None] == block[None, :]).astype(float)
    found = optimize.minimize_scalar(
        lambda share: _reml(y, design, same, share)[0],
        bounds=(0.0, 0.9999),
        method="bounded",
        options={"xatol": 1e-7},
    )
    if _reml(y, design, same, 0.0)[0] <= found.fun + 1e-9:
        return least_squares(y, design)
    share = float(found.x)
    noise = _reml(y, design, same, share)[1]
    return _with_information(
        y, design, [np.eye(len(y)), same], np.array([noise, noise * share / (1 - share)])
    )


def _reml(y: np.ndarray, design: np.ndarray, same: np.ndarray, share: float) -> tuple[float, float]:
    """Minus twice the profile REML log likelihood, and the noise variance, at a given block share."""
    n, p = design.shape
    covariance = np.eye(n) + share / (1 - share) * same
    solved = np.linalg.solve(covariance, np.column_stack([design, y]))
    cross = design.T @ solved[:, :p]
    residual = y - design @ np.linalg.solve(cross, design.T @ solved[:, p])
    noise = float(residual @ np.linalg.solve(covariance, residual)) / (n - p)
    value = (
        np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(cross)[1] + (n - p) * np.log(max(noise, 1e-300))
    )
    return float(value), noise


def _with_information(
    y: np.ndarray, design: np.ndarray, parts: list[np.ndarray], variances: np.ndarray
) -> LinearModel:
    inverse = np.linalg.inv(
        sum((v * part for v, part in zip(variances, parts, strict=True)), np.zeros_like(parts[0]))
    )
    covariance = np.linalg.inv(design.T @ inverse @ design)
    hat = inverse @ design @ covariance
    projection = inverse - hat @ design.T @ inverse
    information = np.array([[0.5 * np.trace(projection @ a @ projection @ b) for a in parts] for b in parts])
    gradients = np.array([hat.T @ part @ hat for part in parts])
    return LinearModel(hat.T @ y, covariance, variances, np.linalg.inv(information), gradients)
