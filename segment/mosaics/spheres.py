"""Spheres (or discs) of one or two log-normal populations: the generators of Laguerre mosaics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

EMPTY_BALL = {2: 6.0, 3: 4.5}  #: area or volume of a ball that holds no centre, times their density
LONGEST_TAIL = 4.0  #: diameters lie within so many SDs of the median of the log


@dataclass(frozen=True)
class Population:
    """Log-normal spheres (or discs) that fill `space_share` of space."""

    space_share: float
    mean_diameter: float
    sigma: float
    tail: float
    dimension: int

    @property
    def median(self) -> float:
        return float(self.mean_diameter * np.exp(-(self.sigma**2) / 2))

    @property
    def largest(self) -> float:
        return float(self.median * np.exp(self.tail * self.sigma))

    @property
    def density(self) -> float:
        """Spheres per volume, or discs per area."""
        ball = np.pi / 6 if self.dimension == 3 else np.pi / 4
        moment = np.exp((self.dimension * self.sigma) ** 2 / 2)
        return float(self.space_share / (ball * self.median**self.dimension * moment))

    def diameters(self, n: int, rng: np.random.Generator) -> np.ndarray:
        normal = np.clip(rng.standard_normal(n), -self.tail, self.tail)
        return self.median * np.exp(self.sigma * normal)


@dataclass(frozen=True, eq=False)
class Spheres:
    """Generators around a window."""

    centre: np.ndarray  #: shape (n, k): relative to the middle of the window; k is 2 for discs
    radius: np.ndarray  #: shape (n,)
    population: np.ndarray  #: int, shape (n,): 0 for the only or the fine one, 1 for the coarse one
    hole: float  #: radius of a ball that is empty of random centres with a probability below 1e-8


def populations_of(
    mean_diameter: float,
    sigma: float,
    size_ratio: float,
    coarse: float,
    *,
    tail: float = LONGEST_TAIL,
    dimension: int = 3,
) -> list[Population]:
    """The fine population and, where `coarse` of the space is above 0, the coarse one."""
    fine = Population(1 - coarse, mean_diameter, sigma, tail, dimension)
    other = Population(coarse, mean_diameter * size_ratio, sigma, tail, dimension)
    return [p for p in (fine, other) if p.space_share > 0]


def scatter(
    populations: list[Population],
    window: np.ndarray,
    rng: np.random.Generator,
    *,
    share: float = 1.0,
    equally_deep: bool = False,
) -> Spheres:
    """All spheres, thrown at random, that may own a point of a window.

    The window's edges, shape (k,), are 0 for the thickness of a section.  `share` is sphere volume over
    space.  `equally_deep`: small spheres lie as far behind a section as large ones, to be pushed apart.
    """
    dimension = populations[0].dimension
    hole = float((EMPTY_BALL[dimension] / sum(p.density for p in populations)) ** (1 / dimension))
    reach = np.hypot(max(p.largest for p in populations) / 2, hole)
    found = []
    for k, p in enumerate(populations):
        depth = reach if equally_deep else np.hypot(p.largest / 2, hole)
        edges = window + 2 * np.where(window > 0, reach, depth)
        n = rng.poisson(edges.prod() * p.density)
        centre = (rng.random((n, dimension)) - 0.5) * edges
        found.append((centre, p.diameters(n, rng) / 2 * share ** (1 / dimension), np.full(n, k)))
    centre, radius, population = (np.concatenate(part) for part in zip(*found, strict=True))
    return Spheres(centre, radius, population, hole)
