"""How much better do two populations of grains describe the sizes than one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grainstats.infer.volume_modality.sizes import GRID, VolumeSizes

SD_BOUNDS = (0.08, 0.45)  #: of log diameter in one population: all of the null mosaics lie within
STARTS = (0.5, 0.8, 0.9, 0.95, 0.985)  #: shares of the grains that the fine population begins with
SWEEPS = 60
SMALLEST_SHARE = 0.05  #: of the volume; less are isolated coarse grains, not a population
SMALLEST_RATIO = 1.7  #: of the two modes, for the fit to count at all
NO_GAIN = 1e-3


@dataclass(frozen=True)
class TwoPopulations:
    """A fit of two normals to log diameters.

    Attributes
    ----------
    statistic : float
        Log of twice the log-likelihood gained over one normal.
    diameter : tuple of float
        Number-weighted geometric mean of each, ascending.
    sd : tuple of float
        Of log diameter.
    number_share, volume_share : tuple of float
    """

    statistic: float
    diameter: tuple[float, float]
    sd: tuple[float, float]
    number_share: tuple[float, float]
    volume_share: tuple[float, float]

    @property
    def ratio(self) -> float:
        return self.diameter[1] / self.diameter[0]

    def boundary(self) -> float:
        """Diameter above which a grain is more likely of the coarse population."""
        log = np.linspace(*np.log(self.diameter), 400)
        density = [
            np.log(n / s) - 0.5 * ((log - np.log(d)) / s) ** 2
            for d, s, n in zip(self.diameter, self.sd, self.number_share, strict=True)
        ]
        return float(np.exp(log[np.argmax(density[1] > density[0])]))


def fit_populations(samples: Sequence[VolumeSizes]) -> list[TwoPopulations]:
    """Fit every sample by number of grains (weighted EM from several starts, the best kept).

    A fit whose modes are nearer than `SMALLEST_RATIO`, or of which one holds less than `SMALLEST_SHARE` of the
    volume, counts as no gain.
    """
    mass = np.stack([s.on_grid() for s in samples])
    mean = mass @ GRID
    variance = np.clip(mass @ GRID**2 - mean**2, SD_BOUNDS[0] ** 2, None)
    one = -0.5 * (np.log(2 * np.pi * variance) + 1)
    best: tuple[np.ndarray, ...] | None = None
    for q in STARTS:
        found = _em(mass, q)
        counts = _counts(*found[1:])
        found = (np.where(counts, found[0] - one, -1.0), *found[1:])
        if best is None:
            best = found
        else:
            better = found[0] > best[0]
            best = tuple(
                np.where(better if f.ndim == 1 else better[:, None], f, b)
                for f, b in zip(found, best, strict=True)
            )
    assert best is not None
    gain, centre, sd, share = best
    volume = _volume_share(centre, sd, share)
    return [
        TwoPopulations(
            statistic=float(np.log(max(2 * s.n_eff * g, NO_GAIN))),
            diameter=_pair(np.exp(c + s.centre)),
            sd=_pair(w),
            number_share=_pair(p),
            volume_share=_pair(v),
        )
        for s, g, c, w, p, v in zip(samples, gain, centre, sd, share, volume, strict=True)
    ]


def _em(mass: np.ndarray, quantile: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Log-likelihood per grain (n,), means, SDs and shares (n, 2), the lower mean first."""
    powers = np.column_stack([np.ones_like(GRID), GRID, GRID**2])
    total = mass @ powers
    cut = GRID[np.argmax(np.cumsum(mass, axis=1) >= quantile, axis=1)][:, None]
    upper = np.where(GRID > cut, 0.95, 0.02)
    for _ in range(SWEEPS):
        high = (mass * upper) @ powers
        moments = np.stack([total - high, high], axis=1)
        share = np.clip(moments[:, :, 0], 1e-9, 1.0)
        centre = moments[:, :, 1] / share
        variance = np.clip(moments[:, :, 2] / share - centre**2, SD_BOUNDS[0] ** 2, SD_BOUNDS[1] ** 2)
        log = [
            np.log(share[:, k, None])
            - 0.5 * np.log(variance[:, k, None])
            - 0.5 * (GRID - centre[:, k, None]) ** 2 / variance[:, k, None]
            for k in (0, 1)
        ]
        odds = np.exp(np.clip(log[0] - log[1], -500, 500))
        upper = 1 / (1 + odds)
    likelihood = (mass * (log[1] + np.log1p(odds))).sum(axis=1) - 0.5 * np.log(2 * np.pi)
    order = np.argsort(centre, axis=1)
    centre, sd, share = (np.take_along_axis(v, order, 1) for v in (centre, np.sqrt(variance), share))
    return likelihood, centre, sd, share


def _volume_share(centre: np.ndarray, sd: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Of the two populations, from the third moments of log-normals, shape (n, 2)."""
    volume = share * np.exp(3 * centre + 4.5 * sd**2)
    return np.asarray(volume / volume.sum(axis=1, keepdims=True))


def _counts(centre: np.ndarray, sd: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Are these two populations at all?"""
    apart = centre[:, 1] - centre[:, 0] >= np.log(SMALLEST_RATIO)
    return np.asarray(apart & (_volume_share(centre, sd, share).min(axis=1) >= SMALLEST_SHARE))


def _pair(values: np.ndarray) -> tuple[float, float]:
    return float(values[0]), float(values[1])
