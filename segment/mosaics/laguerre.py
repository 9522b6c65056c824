"""Seeded synthetic mosaics of known truth: plane sections of 3-D Laguerre mosaics, Voronoi, columnar films.

A plane section of a 3-D power (Laguerre) diagram is a 2-D power diagram: the generator at height z above the
plane with weight w acts in the plane with weight w - z**2.  Cell membership is a nearest-neighbour query in
(x, y, h) with h**2 = w_max - (w - z**2) >= 0; the cells themselves are exact polygons (`Mosaic.cells`).
The generators are spheres (or discs) of one or two log-normal populations.
"""

from dataclasses import dataclass

import numpy as np

from segment.grain_map import GrainMap

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


@dataclass(frozen=True, eq=False)
class Mosaic:
    """A planar power diagram seen through a rectangular window."""

    points: np.ndarray  #: shape (n, 2): generators as (row, column) in pixels; some lie outside the window
    #: shape (n,): non-negative height above the plane in pixels: a pixel belongs to the generator with the
    #: smallest distance in (row, column, height)
    height: np.ndarray
    shape: tuple[int, int]  #: window, (rows, columns)
    population: np.ndarray  #: int, shape (n,): 0 for the only or the fine population, 1 for the coarse one

    def owner(self) -> np.ndarray:
        """Index of the generator that owns each pixel, int32 of `shape`."""
        from scipy.spatial import cKDTree  # takes .04 s, and every verdict imports this module

        rows, columns = self.shape
        tree = cKDTree(np.column_stack([self.points, self.height]))
        out = np.empty(self.shape, np.int32)
        x = np.arange(columns) + 0.5
        for first in range(0, rows, 256):
            y = np.arange(first, min(first + 256, rows)) + 0.5
            yy, xx = np.meshgrid(y, x, indexing="ij")
            query = np.stack([yy, xx, np.zeros_like(yy)], axis=-1)
            out[first : first + 256] = tree.query(query)[1]
        return out

    def grain_map(self, pixel_size_nm: float | None = None) -> GrainMap:
        """Rasterise; labels are 1 ... n in the order of the generators that own a pixel."""
        from segment.cells.editing import numbered

        labels = numbered(self.owner() + 1)
        return GrainMap(labels, pixel_size_nm, "manual" if pixel_size_nm is not None else "none")


def laguerre_section(
    shape: tuple[int, int],
    mean_diameter: float,
    sigma: float,
    rng: np.random.Generator,
    *,
    size_ratio: float = 1.0,
    coarse_volume: float = 0.0,
) -> Mosaic:
    """Plane section of a 3-D Laguerre mosaic with log-normal grain sizes, thrown at random.

    `shape` is the window in pixels, `mean_diameter` the number-mean sphere diameter of the fine (or only)
    population in pixels, `sigma` the standard deviation of the log of the diameter in both. `size_ratio` is
    the diameter ratio R of the coarse to the fine population, `coarse_volume` the coarse volume fraction f;
    f = 0 gives one population.
    """
    populations = populations_of(mean_diameter, sigma, size_ratio, coarse_volume)
    return section(scatter(populations, np.array([*shape, 0.0]), rng), shape)


def poisson_voronoi_plane(shape: tuple[int, int], intensity: float, rng: np.random.Generator) -> Mosaic:
    """Planar Poisson-Voronoi mosaic with `intensity` cells per square pixel."""
    reach = 4 / np.sqrt(intensity)
    box = np.array(shape) + 2 * reach
    points = rng.random((rng.poisson(box.prod() * intensity), 2)) * box - reach
    return Mosaic(points, np.zeros(len(points)), shape, np.zeros(len(points), int))


def columnar_laguerre(
    shape: tuple[int, int],
    mean_diameter: float,
    sigma: float,
    rng: np.random.Generator,
    *,
    size_ratio: float = 1.0,
    coarse_area: float = 0.0,
) -> Mosaic:
    """Planar Laguerre mosaic, as `laguerre_section` with discs for spheres: a film of columns, from above."""
    populations = populations_of(mean_diameter, sigma, size_ratio, coarse_area, dimension=2)
    return section(scatter(populations, np.array(shape, float), rng), shape)


def section(spheres: Spheres, shape: tuple[int, int]) -> Mosaic:
    """Mosaic in the plane of the window's middle; generators that are hidden in it go."""
    weight = spheres.radius**2 - (spheres.centre[:, 2:] ** 2).sum(axis=1)
    keep = weight > -(spheres.hole**2)
    weight, points = weight[keep], spheres.centre[keep, :2] + np.array(shape) / 2
    height = np.sqrt(weight.max() - weight)
    return Mosaic(points, height, shape, spheres.population[keep])
