"""Laguerre mosaics of spheres or discs thrown at random or pushed apart into a packing."""

from __future__ import annotations

from typing import Literal

import numpy as np
from sphere_packing import pack

from segment.mosaics.laguerre import (
    LONGEST_TAIL,
    Mosaic,
    Population,
    Spheres,
    populations_of,
    scatter,
    section,
)

Centres = Literal["poisson", "packed"]
PACKED_SHARE = {2: 0.75, 3: 0.6}  #: disc area or sphere volume over space in a random dense packing


def spheres_of(
    populations: list[Population],
    window: np.ndarray,
    rng: np.random.Generator,
    centres: Centres,
    share: float | None,
) -> Spheres:
    """All spheres that may own a point of a window; `share` is sphere volume over space (None: the usual)."""
    if centres == "poisson":
        return scatter(populations, window, rng, share=1.0 if share is None else share)
    share = PACKED_SHARE[populations[0].dimension] if share is None else share
    thrown = scatter(populations, window, rng, share=share, equally_deep=True)
    centre, kept = pack(thrown.centre, thrown.radius, window, thrown.hole)
    return Spheres(centre, thrown.radius[kept], thrown.population[kept], thrown.hole)


def laguerre_mosaic(
    shape: tuple[int, int],
    mean_diameter: float,
    sigma: float,
    rng: np.random.Generator,
    *,
    columnar: bool = False,
    size_ratio: float = 1.0,
    coarse: float = 0.0,
    centres: Centres = "poisson",
    share: float | None = None,
    longest_tail: float = LONGEST_TAIL,
) -> Mosaic:
    """As `segment.mosaics.laguerre` makes them, in any packing; `coarse` is a share of volume or area."""
    dimension = 2 if columnar else 3
    populations = populations_of(
        mean_diameter, sigma, size_ratio, coarse, tail=longest_tail, dimension=dimension
    )
    window = np.array(shape if columnar else (*shape, 0.0), float)
    return section(spheres_of(populations, window, rng, centres, share), shape)
