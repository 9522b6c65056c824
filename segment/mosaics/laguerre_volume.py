"""Laguerre and Voronoi mosaics filled into voxels: grains of known truth in three dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segment.mosaics._volume_kernel import fill_owners
from segment.mosaics.spheres import EMPTY_BALL, Centres, populations_of, scatter


@dataclass(frozen=True, eq=False)
class VolumeMosaic:
    """A power diagram of spheres, seen through a box.

    Attributes
    ----------
    centre : ndarray, shape (n, 3)
        Generators as (z, y, x); the box begins at the origin.  Some lie outside.
    weight : ndarray, shape (n,)
        Squared radii: a point belongs to the generator with the least squared distance minus weight.
    population : ndarray of int, shape (n,)
        0 for the only or the fine population, 1 for the coarse one.
    box : tuple of float
        Edges (z, y, x).
    """

    centre: np.ndarray
    weight: np.ndarray
    population: np.ndarray
    box: tuple[float, float, float]

    def owners(self, shape: tuple[int, int, int]) -> np.ndarray:
        """Index of the generator that owns the middle of each voxel, int32 of `shape`."""
        edge = np.asarray(self.box) / np.asarray(shape)
        return fill_owners(self.centre, self.weight, edge, np.asarray(shape))

    def labels(self, shape: tuple[int, int, int]) -> np.ndarray:
        """Grains 1 ... n in the order of the generators that own a voxel, int32 of `shape`."""
        from segment.cells.editing import numbered

        return numbered(self.owners(shape) + 1)


def laguerre_volume(
    box: tuple[float, float, float],
    mean_diameter: float,
    sigma: float,
    rng: np.random.Generator,
    *,
    size_ratio: float = 1.0,
    coarse_volume: float = 0.0,
    centres: Centres = "poisson",
    share: float | None = None,
) -> VolumeMosaic:
    """Mosaic of one or two log-normal populations of grains.

    Parameters
    ----------
    box : tuple of float
        Edges (z, y, x) in any unit.
    mean_diameter : float
        Number-mean sphere diameter of the fine (or only) population, same unit.
    sigma : float
        Standard deviation of the log of the diameter, the same in both populations.
    rng : Generator
    size_ratio, coarse_volume : float
        Diameter ratio of the coarse to the fine population, and its volume fraction; 0 gives one population.
    centres : {"poisson", "packed"}
        Thrown at random, or pushed apart into a packing of spheres.
    share : float, optional
        Sphere volume over space.  Default 1 for "poisson" and .6 for "packed".

    Examples
    --------
    >>> mosaic = laguerre_volume((40, 40, 40), 10, 0.2, np.random.default_rng(0))
    >>> mosaic.labels((40, 40, 40)).min()
    np.int32(1)
    """
    window = np.array(box, float)
    populations = populations_of(mean_diameter, sigma, size_ratio, coarse_volume)
    spheres = scatter(populations, window, rng, centres=centres, share=share)
    return VolumeMosaic(spheres.centre + window / 2, spheres.radius**2, spheres.population, box)


def poisson_voronoi_volume(
    box: tuple[float, float, float], intensity: float, rng: np.random.Generator
) -> VolumeMosaic:
    """Poisson-Voronoi mosaic with `intensity` cells per unit of volume."""
    reach = 1.5 * (EMPTY_BALL[3] / intensity) ** (1 / 3)
    edges = np.asarray(box, float) + 2 * reach
    n = rng.poisson(edges.prod() * intensity)
    return VolumeMosaic(rng.random((n, 3)) * edges - reach, np.zeros(n), np.zeros(n, int), box)
