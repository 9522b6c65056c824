"""Laguerre and Voronoi mosaics filled into voxels: grains of known truth in three dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from packed_mosaics import Centres, spheres_of

from segment.mosaics.laguerre import EMPTY_BALL, populations_of

BLOCK = 8  #: voxels a side; the generators that can own any of them are found once for each block


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
    spheres = spheres_of(populations, window, rng, centres, share)
    return VolumeMosaic(spheres.centre + window / 2, spheres.radius**2, spheres.population, box)


def poisson_voronoi_volume(
    box: tuple[float, float, float], intensity: float, rng: np.random.Generator
) -> VolumeMosaic:
    """Poisson-Voronoi mosaic with `intensity` cells per unit of volume."""
    reach = 1.5 * (EMPTY_BALL[3] / intensity) ** (1 / 3)
    edges = np.asarray(box, float) + 2 * reach
    n = rng.poisson(edges.prod() * intensity)
    return VolumeMosaic(rng.random((n, 3)) * edges - reach, np.zeros(n), np.zeros(n, int), box)


@numba.njit(cache=True, nogil=True)
def fill_owners(centre: np.ndarray, weight: np.ndarray, edge: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Generator with the least power distance at each voxel's middle, int32 of `shape`."""
    out = np.empty((shape[0], shape[1], shape[2]), np.int32)
    n = weight.size
    distance = np.empty(n)
    near = np.empty(n, np.int64)
    middle, stop = np.empty(3), np.empty(3, np.int64)
    for z0 in range(0, shape[0], BLOCK):
        for y0 in range(0, shape[1], BLOCK):
            for x0 in range(0, shape[2], BLOCK):
                first = (z0, y0, x0)
                half = 0.0
                for k in range(3):
                    stop[k] = min(first[k] + BLOCK, shape[k])
                    middle[k] = (first[k] + stop[k]) / 2 * edge[k]
                    half += ((stop[k] - first[k]) / 2 * edge[k]) ** 2
                half = np.sqrt(half)
                best = np.inf
                for i in range(n):
                    d = 0.0
                    for k in range(3):
                        d += (centre[i, k] - middle[k]) ** 2
                    distance[i] = np.sqrt(d)
                    best = min(best, (distance[i] + half) ** 2 - weight[i])
                m = 0
                for i in range(n):
                    if max(distance[i] - half, 0.0) ** 2 - weight[i] <= best:
                        near[m] = i
                        m += 1
                for z in range(z0, stop[0]):
                    for y in range(y0, stop[1]):
                        for x in range(x0, stop[2]):
                            least, owner = np.inf, 0
                            for j in range(m):
                                i = near[j]
                                d = (
                                    (centre[i, 0] - (z + 0.5) * edge[0]) ** 2
                                    + (centre[i, 1] - (y + 0.5) * edge[1]) ** 2
                                    + (centre[i, 2] - (x + 0.5) * edge[2]) ** 2
                                    - weight[i]
                                )
                                if d < least:
                                    least, owner = d, i
                            out[z, y, x] = owner
    return out
