"""Exact cells of a planar power diagram: vertices, areas and boxes without a pixel.

The lower convex hull of the generators lifted to (y, x, y**2 + x**2 - w) is the dual of the diagram; the
plane through a facet of the hull has the slope 2 c where c is a vertex of the diagram (Aurenhammer 1987).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segment.mosaics.laguerre import Mosaic


@dataclass(frozen=True, eq=False)
class Cells:
    """Convex cells, as flat arrays; cell i owns vertices ``start[i] : start[i + 1]``."""

    vertices: np.ndarray  #: shape (m, 2): (row, column) in pixels, in order around each cell
    start: np.ndarray  #: int, shape (n + 1,)
    generator: np.ndarray  #: int, shape (n,): index of the generator in the mosaic

    def _successor(self) -> np.ndarray:
        following = np.arange(1, len(self.vertices) + 1)
        following[self.start[1:] - 1] = self.start[:-1]
        return following

    def take(self, chosen: np.ndarray) -> Cells:
        """Only the cells where `chosen`, bool of shape (n,), is true."""
        index = np.flatnonzero(chosen)
        count = np.diff(self.start)[index]
        start = np.concatenate([[0], np.cumsum(count)])
        where = np.repeat(self.start[index] - start[:-1], count) + np.arange(start[-1])
        return Cells(self.vertices[where], start, self.generator[index])

    @property
    def area(self) -> np.ndarray:
        """Area of each whole cell in square pixels, shape (n,)."""
        a, b = self.vertices, self.vertices[self._successor()]
        return np.abs(np.add.reduceat(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], self.start[:-1])) / 2

    @property
    def box(self) -> np.ndarray:
        """Bounding boxes (y0, x0, y1, x1), shape (n, 4)."""
        low = np.minimum.reduceat(self.vertices, self.start[:-1])
        high = np.maximum.reduceat(self.vertices, self.start[:-1])
        return np.hstack([low, high])

    @property
    def centroid(self) -> np.ndarray:
        """Mean of the vertices, shape (n, 2); inside the cell."""
        count = np.diff(self.start)[:, None]
        return np.add.reduceat(self.vertices, self.start[:-1]) / count

    def visible_area(self, y0: float, x0: float, height: float, width: float) -> np.ndarray:
        """Area of each cell inside a rectangle, exact, shape (n,).

        The integral of ``clip(x, 0, width) dy`` around a cell, its edges cut to 0 <= y <= height.
        """
        a = self.vertices - (y0, x0)
        b = a[self._successor()]
        ya, yb = np.clip(a[:, 0], 0, height), np.clip(b[:, 0], 0, height)
        run = b[:, 0] - a[:, 0]
        slope = np.divide(b[:, 1] - a[:, 1], run, out=np.zeros_like(run), where=run != 0)
        xa = a[:, 1] + slope * (ya - a[:, 0])
        xb = a[:, 1] + slope * (yb - a[:, 0])
        step = xb - xa
        flat = np.abs(step) < 1e-9
        mean = np.where(
            flat,
            np.clip(xa, 0, width),
            (_integral_of_clip(xb, width) - _integral_of_clip(xa, width)) / np.where(flat, 1.0, step),
        )
        return np.abs(np.add.reduceat((yb - ya) * mean, self.start[:-1]))


def _integral_of_clip(x: np.ndarray, width: float) -> np.ndarray:
    inside = np.clip(x, 0, width)
    return np.asarray(inside**2 / 2 + width * np.maximum(x - width, 0))


def cells_of(mosaic: Mosaic) -> Cells:
    """Exact polygons of a mosaic's cells, also of those that only touch or lie outside its window."""
    return power_cells(mosaic.points, -(mosaic.height**2))


def power_cells(points: np.ndarray, weight: np.ndarray) -> Cells:
    """Cells of the power diagram of `points` (n, 2) with `weight` (n,), in pixels and pixels squared.

    Generators whose cell is empty are left out; the outermost cells are closed by eight far generators and
    have no meaning beyond the hull of the points.
    """
    from scipy.spatial import ConvexHull

    centre = points.mean(axis=0)
    shifted = points - centre
    scale = np.abs(shifted).max()
    angle = np.arange(8) * np.pi / 4 + 0.1
    far = 6 * scale * np.column_stack([np.cos(angle), np.sin(angle)])
    flat = np.vstack([shifted, far]) / scale
    lifted = np.append(weight, np.full(8, weight.min())) / scale**2
    hull = ConvexHull(np.column_stack([flat, (flat**2).sum(axis=1) - lifted]))
    lower = hull.equations[:, 2] < -1e-12
    normal = hull.equations[lower]
    corner = -normal[:, :2] / normal[:, 2:3] / 2 * scale + centre
    owner = hull.simplices[lower].ravel()
    real = owner < len(points)
    return _cells_of_corners(owner[real], np.repeat(corner, 3, axis=0)[real])


def _cells_of_corners(owner: np.ndarray, corner: np.ndarray) -> Cells:
    generator, index, count = np.unique(owner, return_inverse=True, return_counts=True)
    middle = np.column_stack([np.bincount(index, corner[:, k]) for k in (0, 1)]) / count[:, None]
    offset = corner - middle[index]
    order = np.lexsort([np.arctan2(offset[:, 1], offset[:, 0]), index])
    return Cells(corner[order], np.concatenate([[0], np.cumsum(count)]), generator)
