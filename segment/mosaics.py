"""Seeded synthetic mosaics of known truth: plane sections of 3-D Laguerre mosaics, Voronoi, columnar films.

A plane section of a 3-D power (Laguerre) diagram is a 2-D power diagram: the generator at height z above the
plane with weight w acts in the plane with weight w - z**2.  Cell membership is a nearest-neighbour query in
(x, y, h) with h**2 = w_max - (w - z**2) >= 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from segment.grainmap import GrainMap


@dataclass(frozen=True, eq=False)
class Mosaic:
    """A planar power diagram seen through a rectangular window.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        Generators as (row, column) in pixels; some lie outside the window.
    height : ndarray, shape (n,)
        Non-negative height above the plane in pixels: a pixel belongs to the generator with the smallest
        distance in (row, column, height).
    shape : tuple of int
        Window, (rows, columns).
    population : ndarray of int, shape (n,)
        0 for the only or the fine population, 1 for the coarse one.
    """

    points: np.ndarray
    height: np.ndarray
    shape: tuple[int, int]
    population: np.ndarray

    def owner(self) -> np.ndarray:
        """Index of the generator that owns each pixel, int32 of `shape`."""
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
        owner = self.owner()
        present, labels = np.unique(owner, return_inverse=True)
        del present
        return GrainMap(
            labels.reshape(self.shape).astype(np.int32) + 1,
            pixel_size_nm,
            "manual" if pixel_size_nm is not None else "none",
        )


def laguerre_section(
    shape: tuple[int, int],
    mean_diameter: float,
    sigma: float,
    rng: np.random.Generator,
    *,
    size_ratio: float = 1.0,
    coarse_volume: float = 0.0,
) -> Mosaic:
    """Plane section of a 3-D Laguerre mosaic with log-normal grain sizes.

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
    median = mean_diameter * np.exp(-(sigma**2) / 2)
    mean_volume = np.pi / 6 * median**3 * np.exp(4.5 * sigma**2)
    largest = median * max(size_ratio if coarse_volume else 1.0, 1.0) * np.exp(3 * sigma)
    margin = 1.5 * largest
    box = np.array([shape[0] + 2 * margin, shape[1] + 2 * margin, 2 * margin])
    volume = box.prod()
    points, diameters, population = [], [], []
    for kind, (share, scale) in enumerate([(1 - coarse_volume, 1.0), (coarse_volume, size_ratio)]):
        n = rng.poisson(volume * share / (mean_volume * scale**3)) if share else 0
        points.append(rng.random((n, 3)) * box - margin)
        diameters.append(median * scale * np.exp(sigma * rng.standard_normal(n)))
        population.append(np.full(n, kind))
    xyz, d = np.concatenate(points), np.concatenate(diameters)
    weight = (d / 2) ** 2 - xyz[:, 2] ** 2
    height = np.sqrt(weight.max() - weight)
    return Mosaic(xyz[:, :2], height, shape, np.concatenate(population))
