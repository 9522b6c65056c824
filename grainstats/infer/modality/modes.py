"""Positions, shares and intervals of the modes of an area-weighted size distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from grainstats.infer.modality.distribution import GRID, SizeDistribution, pooled_distribution
from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.two_normals import Fit, best_of, fit_from

POPULATION_SD = (0.22, 0.36)  # of log diameter, by area, in sections of one population of sigma 0 to .3
STARTS = (0.25, 0.5, 0.75, 0.9)  # mass below the border of the starting modes; a coarse one may be one grain
RESAMPLED = 100  # times, for the modes' intervals; judgement
NORMAL = 1.96  # standard errors of a 95 % interval where the scatter is known
BLOCKS = 4  # an image alone is resampled in 4 x 4 blocks


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
    return best_of(fit_from(mass, GRID, q, start=(0.9, 0.1), sd_bounds=bounds, sweeps=sweeps) for q in STARTS)


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
    for seen in (units, [_whole_alone(unit) for unit in units]):
        drawn = [[seen[k] for k in numbers] for numbers in chosen]
        samples = [pooled_distribution(sample) for sample in drawn if any(g.n_interior for g in sample)]
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
