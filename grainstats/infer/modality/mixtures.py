"""Two normals against one on gridded standardised distributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grainstats.infer.modality.distribution import GRID

VARIANCE_FLOOR = 0.01  # of the total variance
START_QUANTILES = (
    0.25,
    0.5,
    0.75,
)  #: mass below the border of the starting populations; the best fit is kept


@dataclass(frozen=True, eq=False)
class TwoNormals:
    """Weighted maximum-likelihood fit of two normals to each row of gridded masses.

    Attributes
    ----------
    gain : ndarray, shape (n,)
        Twice the log-likelihood gained over one normal, per unit of weight.
    mean, sd, share : ndarray, shape (n, 2)
        Of the two normals in standardised units, the lower mean first.
    """

    gain: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    share: np.ndarray


def fit_two_normals(
    mass: np.ndarray,
    *,
    sd_bounds: np.ndarray | None = None,
    sweeps: int = 80,
    starts: tuple[float, ...] = START_QUANTILES,
) -> TwoNormals:
    """EM from several starts, the best kept.

    Parameters
    ----------
    mass : ndarray, shape (n, 145)
        Distributions on `GRID`; rows sum to 1.
    sd_bounds : ndarray, shape (n, 2), optional
        Smallest and largest SD of either normal; without it the variance floor alone holds.
    sweeps : int
    starts : tuple of float
        Quantiles at which the two normals are parted before the first sweep.
    """
    bounds = np.array([[VARIANCE_FLOOR**0.5, np.inf]]) if sd_bounds is None else sd_bounds
    first = mass @ GRID
    variance = np.maximum(mass @ GRID**2 - first**2, VARIANCE_FLOOR)  # grains of one size have none
    one = -0.5 * np.log(2 * np.pi * variance) - 0.5
    cumulated = np.cumsum(mass, axis=1)
    best: tuple[np.ndarray, ...] | None = None
    for q in starts:
        cut = GRID[np.argmax(cumulated >= q, axis=1)][:, None]
        found = _expectation_maximisation(mass, np.where(GRID > cut, 0.9, 0.1), bounds, sweeps)
        if best is None:
            best = found
        else:
            better = found[0] > best[0]
            best = tuple(
                np.where(better[:, None] if b.ndim == 2 else better, f, b)
                for f, b in zip(found, best, strict=True)
            )
    assert best is not None
    likelihood, mean, sd, share = best
    order = np.argsort(mean, axis=1)
    mean, sd, share = (np.take_along_axis(v, order, 1) for v in (mean, sd, share))
    return TwoNormals(2 * (likelihood - one), mean, sd, share)


def _expectation_maximisation(
    mass: np.ndarray, upper: np.ndarray, bounds: np.ndarray, sweeps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Log-likelihood (n,), means, SDs and shares (n, 2); `upper` is the responsibility to start from."""
    powers = np.column_stack([np.ones_like(GRID), GRID, GRID**2])
    total = mass @ powers
    for _ in range(sweeps):
        high = (mass * upper) @ powers
        moments = np.stack([total - high, high], axis=1)
        share = np.clip(moments[:, :, 0], 1e-9, 1.0)
        mean = moments[:, :, 1] / share
        variance = np.clip(moments[:, :, 2] / share - mean**2, bounds[:, :1] ** 2, bounds[:, 1:] ** 2)
        log = [
            (np.log(share[:, k]) - 0.5 * np.log(variance[:, k]))[:, None]
            - 0.5 * (GRID - mean[:, k, None]) ** 2 / variance[:, k, None]
            for k in (0, 1)
        ]
        odds = np.exp(np.clip(log[0] - log[1], -700, 700))
        upper = 1 / (1 + odds)
    density = log[1] + np.log1p(odds)
    likelihood = (mass * density).sum(axis=1) - 0.5 * np.log(2 * np.pi)
    return likelihood, mean, np.sqrt(variance), share
