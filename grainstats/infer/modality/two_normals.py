"""Two normals fitted to distributions on a grid: expectation and maximisation, many distributions at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

Fit = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Log-likelihood per unit of weight, shape (n,); means, SDs, shares, shape (n, 2), the lower mean first."""


def best_of(fits: Iterable[Fit], value: Callable[[Fit], np.ndarray] | None = None) -> Fit:
    """For each distribution the fit of the largest likelihood, or `value`, which then stands in its place."""
    best: tuple[np.ndarray, ...] | None = None
    for found in fits:
        found = found if value is None else (value(found), *found[1:])
        if best is None:
            best = found
            continue
        better = found[0] > best[0]
        best = tuple(
            np.where(better if f.ndim == 1 else better[:, None], f, b)
            for f, b in zip(found, best, strict=True)
        )
    assert best is not None
    return best  # type: ignore[return-value]


def fit_from(
    mass: np.ndarray,
    grid: np.ndarray,
    quantile: float,
    *,
    start: tuple[float, float],
    sd_bounds: np.ndarray,
    sweeps: int,
) -> Fit:
    """Fit to `mass`, shape (n, len(grid)), whose rows sum to 1, from populations parted at a quantile.

    `quantile` of the mass lies below the border of the starting populations; `start` are the chances of the
    upper one above and below it.  The SD of either normal keeps within `sd_bounds`, shape (n, 2) or (1, 2).
    """
    powers = np.column_stack([np.ones_like(grid), grid, grid**2])
    total = mass @ powers
    cut = grid[np.argmax(np.cumsum(mass, axis=1) >= quantile, axis=1)][:, None]
    upper = np.where(grid > cut, *start)
    for _ in range(sweeps):
        high = (mass * upper) @ powers
        moments = np.stack([total - high, high], axis=1)
        share = np.clip(moments[:, :, 0], 1e-9, 1.0)
        mean = moments[:, :, 1] / share
        variance = np.clip(moments[:, :, 2] / share - mean**2, sd_bounds[:, :1] ** 2, sd_bounds[:, 1:] ** 2)
        log = [
            (np.log(share[:, k]) - 0.5 * np.log(variance[:, k]))[:, None]
            - 0.5 * (grid - mean[:, k, None]) ** 2 / variance[:, k, None]
            for k in (0, 1)
        ]
        odds = np.exp(np.clip(log[0] - log[1], -700, 700))
        upper = 1 / (1 + odds)
    likelihood = (mass * (log[1] + np.log1p(odds))).sum(axis=1) - 0.5 * np.log(2 * np.pi)
    order = np.argsort(mean, axis=1)
    mean, sd, share = (np.take_along_axis(v, order, 1) for v in (mean, np.sqrt(variance), share))
    return likelihood, mean, sd, share
