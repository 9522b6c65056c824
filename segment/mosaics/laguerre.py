"""Seeded synthetic mosaics of known truth: plane sections of 3-D Laguerre mosaics, Voronoi, columnar films.

A plane section of a 3-D power (Laguerre) diagram is a 2-D power diagram: the generator at height z above the
plane with weight w acts in the plane with weight w - z**2.  Cell membership is a nearest-neighbour query in
(x, y, h) with h**2 = w_max - (w - z**2) >= 0; the cells themselves are exact polygons (`Mosaic.cells`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segment.grain_map import GrainMap
from segment.mosaics.spheres import Spheres, populations_of, scatter


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

    Parameters
    ----------
    shape : tuple of int
        Window in pixels.
    mean_diameter : float
        Number-mean sphere diameter of the fine (or only) population, pixels.
    sigma : float
        Standard deviation of the log of the diameter, the same in both populations.
    rng : Generator
    size_ratio, coarse_volume : float
        Diameter ratio R of the coarse to the fine population, and the coarse volume fraction f; f = 0 gives
        one population.
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
