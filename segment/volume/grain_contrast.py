"""Grains of different grey (channelling contrast): dark ones look like voids, bright ones like a phase."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from segment.volume.phases import MAD_TO_SD, SOLID

#: deviation of the solid's grey over that within `NEAR_PX`.  Chosen on made stacks: said of 16 of 20 with
#: .02 of the volume too much as voids, of 8 of 40 alike that are right, of 8 of 160 of slight contrast
UNLIKE = 3.5
SMOOTHING_PX, NEAR_PX = 1.0, 3  #: SD of the Gaussian that takes noise out; distance within most grains
EDGE_PX = 5  #: of the solid, left out beside other phases
SLICES = 16  #: looked at
LEAST_VOXELS = 1000  #: of solid; judgement
QUIET = 0.3  #: grey levels, the rounding of 8 bits


def contrast_note(grey: np.ndarray, phase: np.ndarray) -> tuple[str, ...]:
    """What to know where grains of the solid differ in grey, and other phases were found.

    `grey` and `phase` are uint8 of shape (slices, rows, columns), the phase as `find_phases` gives it.
    """
    chosen = slice(0, None, max(1, len(grey) // SLICES))
    solid = ndimage.minimum_filter((phase[chosen] == SOLID).view(np.uint8), (1, EDGE_PX, EDGE_PX)) > 0
    if solid.sum() < LEAST_VOXELS or (phase == SOLID).all():
        return ()
    smooth = ndimage.gaussian_filter(grey[chosen].astype(np.float32), (0, SMOOTHING_PX, SMOOTHING_PX))
    step = (smooth[..., NEAR_PX:] - smooth[..., :-NEAR_PX])[solid[..., NEAR_PX:] & solid[..., :-NEAR_PX]]
    near = MAD_TO_SD * float(np.median(np.abs(step))) / np.sqrt(2) + QUIET
    inside = smooth[solid]
    if MAD_TO_SD * float(np.median(np.abs(inside - np.median(inside)))) < UNLIKE * near:
        return ()
    return (
        "grey differs from grain to grain: dark grains may count as voids, bright ones as second phase; "
        "--phases 1, 2 or 3 says which phases there are",
    )
