"""Positions, shares and intervals of the modes of an area-weighted size distribution, by two normals."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from grainstats.infer.modality.distribution import GRID, SizeDistribution, distribution_of
from grainstats.infer.modality.image_grains import ImageGrains

POPULATION_SD = (0.22, 0.36)  # of log diameter, by area, in sections of one population of sigma 0 to .3
_STARTS = (0.25, 0.5, 0.75, 0.9)  # mass below the border of the starting modes; a coarse one may be one grain
RESAMPLED = 100  # times, for the modes' intervals; judgement
NORMAL = 1.96  # standard errors of a 95 % interval where the scatter is known
BLOCKS = 4  # an image alone is resampled in 4 x 4 blocks
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


@dataclass(frozen=True)
class Modes:
    """Two fitted modes, or the one centre of a distribution."""

    diameter_nm: tuple[float, ...]  #: ascending equivalent circle diameters
    share: tuple[float, ...]  #: area fractions; they sum to 1
    ci_nm: tuple[tuple[float, float], ...] = ()  #: 95 % intervals; empty where none could be made

    @property
    def ratio(self) -> float | None:
        return self.diameter_nm[1] / self.diameter_nm[0] if len(self.diameter_nm) == 2 else None


def two_modes(distributions: Sequence[SizeDistribution]) -> list[Modes]:
    """Means and shares of two normals fitted to the log diameters, each as wide as one population is.

    Unbounded normals often split one skewed population into a narrow and a broad one at the same place.
    """
    _, means, _, shares = bounded_fit(distributions)
    return [
        Modes(tuple(map(float, np.exp(d.mean + d.sd * mean))), tuple(map(float, share)))
        for d, mean, share in zip(distributions, means, shares, strict=True)
    ]


def bounded_fit(distributions: Sequence[SizeDistribution], *, sweeps: int = 80) -> Fit:
    """Two normals whose SDs of log diameter lie within `POPULATION_SD`; in units of each SD."""
    spread = np.array([max(d.sd, 1e-6) for d in distributions])[:, None]
    mass = np.stack([d.on_grid() for d in distributions])
    bounds = np.array([POPULATION_SD]) / spread
    return best_of(
        fit_from(mass, GRID, q, start=(0.9, 0.1), sd_bounds=bounds, sweeps=sweeps) for q in _STARTS
    )


def one_mode(distribution: SizeDistribution) -> Modes:
    """The area-weighted geometric mean diameter."""
    return Modes((float(np.exp(distribution.mean)),), (1.0,))


def with_intervals(modes: Modes, images: Sequence[ImageGrains], rng: np.random.Generator) -> Modes:
    """95 % intervals by resampling images (five or more) or 4 x 4 blocks of each image.

    Percentiles, reaching further by Student's t over the normal quantile, since few units scatter too little
    (Hesterberg 2015).  Small windows make the product limit too large and whole grains alone too small: the
    interval reaches as far as that of either.
    """
    units = list(images) if len(images) >= 5 else [b for g in images for b in _blocks(g)]
    n = len(units)
    if sum(u.n_interior > 0 for u in units) < 5:
        return modes
    reach = float(special.stdtrit(n - 1, 0.975)) / NORMAL * np.sqrt(n / (n - 1))
    chosen = rng.integers(n, size=(RESAMPLED, n))
    ends = []
    for seen in ([_rising(unit) for unit in units], [_whole_alone(unit) for unit in units]):
        drawn = [[seen[k] for k in numbers] for numbers in chosen]
        samples = [distribution_of(sample) for sample in drawn if any(g.n_interior for g in sample)]
        position = np.array([d.mean for d in samples])[:, None]
        if len(modes.diameter_nm) == 2:
            position = (
                position + np.array([d.sd for d in samples])[:, None] * bounded_fit(samples, sweeps=40)[1]
            )
        middle = np.median(position, axis=0)
        ends.append(np.exp(middle + reach * (np.quantile(position, [0.025, 0.975], axis=0) - middle)))
    low, high = np.min([e[0] for e in ends], axis=0), np.max([e[1] for e in ends], axis=0)
    return replace(modes, ci_nm=tuple((float(a), float(b)) for a, b in zip(low, high, strict=True)))


def _whole_alone(image: ImageGrains) -> ImageGrains:
    return image.only(np.ones(image.n_interior, bool), np.zeros(len(image.frame_diameter_nm), bool))


def _rising(image: ImageGrains) -> ImageGrains:
    """The image with its grains by size, so that those of several are soon in order.

    Where no grain is cut their weights are summed as they stand, and so they stay.
    """
    if not len(image.frame_diameter_nm):
        return image
    return image.only(*(np.argsort(d, kind="stable") for d in (image.diameter_nm, image.frame_diameter_nm)))


def _blocks(image: ImageGrains) -> list[ImageGrains]:
    """The image's grains by the block of the window that holds their centroid."""
    if len(image.centre_nm) != image.n_interior:
        return []
    window = np.asarray(image.window_nm)

    def block(centre: np.ndarray) -> np.ndarray:
        row, column = np.clip((centre / window * BLOCKS).astype(int), 0, BLOCKS - 1).T
        return np.asarray(row * BLOCKS + column)

    inside, edge = block(image.centre_nm), block(image.frame_centre_nm)
    return [image.only(inside == k, edge == k) for k in range(BLOCKS**2)]
