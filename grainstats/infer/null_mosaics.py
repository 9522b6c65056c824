"""Windows cut from mosaics of known truth, as `ImageGrains`: exact cells, no pixels.

The pixel limit of a micrograph is kept by dropping cells below an area, as `grainstats.measure` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from grainstats.infer.grains import ImageGrains
from grainstats.infer.verdict import Null
from segment.mosaics import Centres, Mosaic, columnar_laguerre, laguerre_section
from segment.power_cells import Cells

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
        As in `segment.mosaics.laguerre_section`.
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

    def mosaic(self, side: float, rng: np.random.Generator) -> Mosaic:
        """A square mosaic of this population, `side` in mean diameters of its fine grains."""
        shape = (int(np.ceil(side * UNIT)),) * 2
        make = laguerre_section if self.null == "section" else columnar_laguerre
        fraction = "coarse_volume" if self.null == "section" else "coarse_area"
        options: dict[str, Any] = {
            "size_ratio": self.size_ratio,
            fraction: self.coarse,
            "centres": self.centres,
            "share": self.share,
            "longest_tail": self.tail,
        }
        return make(shape, UNIT, self.sigma, rng, **options)


def window_side(population: Population, n_interior: int, rng: np.random.Generator) -> tuple[float, float]:
    """Side of a square window with about `n_interior` whole grains, and the mean area of a cell.

    Measured on a pilot mosaic; the side in mean diameters, the area in square pixels of the mosaics.
    """
    spread = np.exp(1.5 * population.sigma**2)
    side = 30.0 * spread * (population.size_ratio**0.35 if population.coarse else 1.0)
    mosaic = population.mosaic(side, rng)
    cells, edge = mosaic.cells(), mosaic.shape[0]
    box, centre = cells.box, cells.centroid
    density = ((centre > 0) & (centre < edge)).all(axis=1).sum() / edge**2
    inside = (box[:, :2] > 0).all(axis=1) & (box[:, 2:] < edge).all(axis=1)
    extent = float((box[inside, 2] - box[inside, 0]).mean())
    return float(np.sqrt(n_interior / density) + extent) / UNIT, float(1 / density)


def cut_window(
    cells: Cells,
    corner: tuple[float, float],
    size: float | tuple[float, float],
    *,
    min_area: float = 0.0,
    image_id: str = "",
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
        n_grains=int(keep.sum() + seen.sum()),
        image_id=image_id,
        frame_diameter_nm=np.sqrt(4 / np.pi * visible[seen]),
        centre_nm=whole.centroid[keep] - corner,
        frame_centre_nm=np.clip(edge.centroid[seen] - corner, 0, window),
    )
