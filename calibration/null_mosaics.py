"""Windows cut from mosaics of known truth, as `ImageGrains`: exact cells, no pixels.

The pixel limit of a micrograph is kept by dropping cells below an area, as `grainstats.measure` does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from packed_mosaics import Centres, laguerre_mosaic
from power_diagram import Cells, cells_of

from grainstats.infer.modality.image_grains import ImageGrains
from segment.choices import Null
from segment.mosaics.laguerre import Mosaic

UNIT = 32.0  # pixels per mean diameter of the simulated mosaics


@dataclass(frozen=True)
class Population:
    """One cell of a calibration table.

    Attributes
    ----------
    sigma : float
        SD of log diameter; 0 with centres "poisson" is Poisson-Voronoi.
    size_ratio, coarse : float
        Diameter ratio and volume (section) or area (columnar) fraction of a coarse population; 0: uniform.
    centres : {"poisson", "packed"}
    share : float or None
        As in `packed_mosaics.spheres_of`.
    tail : float
        Diameters lie within so many SDs of the log.
    null : {"section", "columnar"}
    """

    sigma: float
    size_ratio: float = 1.0
    coarse: float = 0.0
    centres: Centres = "poisson"
    share: float | None = None
    tail: float = 4.0
    null: Null = "section"

    def mosaic(self, side: float, rng: np.random.Generator, *, aspect: float = 1.0) -> Mosaic:
        """A mosaic of this population; `side` is that of the square of its area, in mean fine diameters."""
        height, width = rectangle(side * UNIT, aspect)
        shape = (int(np.ceil(height)), int(np.ceil(width)))
        return laguerre_mosaic(
            shape,
            UNIT,
            self.sigma,
            rng,
            columnar=self.null == "columnar",
            size_ratio=self.size_ratio,
            coarse=self.coarse,
            centres=self.centres,
            share=self.share,
            longest_tail=self.tail,
        )


def rectangle(side: float, aspect: float) -> tuple[float, float]:
    """Height and width of the rectangle with the area of a square of this side."""
    return side / aspect**0.5, side * aspect**0.5


def window_side(
    population: Population, n_interior: float, rng: np.random.Generator, *, aspect: float = 1.0
) -> tuple[float, float]:
    """Side of a window that holds `n_interior` whole grains on average, and the mean area of a cell.

    Measured on a pilot mosaic of some 2000 cells: a cell with the box (a, b) lies wholly inside a window
    (h, w) at (h - a)(w - b) of its places.  The side, of the square of the same area, is in mean diameters,
    the area in square pixels of the mosaics.
    """
    spread = np.exp(1.5 * population.sigma**2)
    pilot = 30.0 * spread * (population.size_ratio**0.35 if population.coarse else 1.0)
    mosaic = population.mosaic(pilot, rng)
    cells, edge = cells_of(mosaic), mosaic.shape[0]
    box, centre = cells.box, cells.centroid
    seen = ((centre > 0) & (centre < edge)).all(axis=1)
    height, width = (box[seen, 2:] - box[seen, :2]).T

    def whole(side: float) -> float:
        h, w = rectangle(side, aspect)
        return float((np.maximum(h - height, 0) * np.maximum(w - width, 0)).sum()) / edge**2

    low, high = 0.0, 2.0 * edge
    while whole(high) < n_interior:
        high *= 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if whole(middle) < n_interior else (low, middle)
    return high / UNIT, edge**2 / int(seen.sum())


def cut_window(
    cells: Cells,
    corner: tuple[float, float],
    size: float | tuple[float, float],
    *,
    min_area: float = 0.0,
) -> ImageGrains:
    """Grains of a rectangular window of exact cells; lengths keep the unit of the cells.

    Cells whose visible part is below `min_area` are lost, as in a segmentation.  `size` is (height, width),
    or the side of a square.
    """
    window = np.broadcast_to(np.asarray(size, float), 2)
    low, high = cells.box[:, :2] - corner, cells.box[:, 2:] - corner
    touching = np.asarray((low < window).all(axis=1) & (high > 0).all(axis=1))
    inside = np.asarray((low > 0).all(axis=1) & (high < window).all(axis=1))
    edge = cells.take(touching & ~inside)
    visible = edge.visible_area(*corner, *window)
    seen = visible > min_area
    whole = cells.take(inside)
    keep = whole.area > min_area
    extent = (high - low)[inside][keep]
    return ImageGrains(
        diameter_nm=np.sqrt(4 / np.pi * whole.area[keep]),
        weight=window.prod() / np.prod(window - extent, axis=1),
        pixel_size_nm=1.0,
        window_nm=(float(window[0]), float(window[1])),
        frame_diameter_nm=np.sqrt(4 / np.pi * visible[seen]),
        centre_nm=whole.centroid[keep] - corner,
        frame_centre_nm=np.clip(edge.centroid[seen] - corner, 0, window),
    )
