"""The boundary network of an orientation map: angle and kind of every boundary, against random crystals."""

import numpy as np
import pandas as pd

from segment.grain_map import GrainMap
from segment.grain_orientations import GrainOrientations
from segment.orientation.boundary_character import boundary_character
from segment.orientation.misorientation import random_share_below

BIN_DEG = 5.0  #: width of a class of `misorientation_distribution`


def with_misorientation(segments: pd.DataFrame, grain_map: GrainMap) -> pd.DataFrame:
    """Segments of a `BoundaryNetwork` with their character, where the grain map has orientations.

    ``misorientation_deg`` (of the two grains' mean orientations; NaN at pores, at the frame and between
    phases), ``low_angle`` (below 15 degrees), ``random_share`` (share of random pairs with a smaller angle)
    and ``sigma`` (3 ... 29 by Brandon's criterion in m-3m, 1 for low angles, 0 otherwise).
    """
    if grain_map.orientations is None:
        return segments
    character = boundary_character(grain_map, segments[["label_a", "label_b"]].to_numpy())
    return segments.assign(
        misorientation_deg=character.angle_deg,
        low_angle=character.low_angle,
        random_share=character.random_share,
        sigma=character.sigma,
    )


def misorientation_distribution(
    segments: pd.DataFrame, orientations: GrainOrientations, unit: str = "nm"
) -> pd.DataFrame:
    """Share of the boundary length in classes of the angle, beside that of crystals without texture.

    ``from_deg, to_deg, length_share, random_share``, of the segments of `with_misorientation`.  Random pairs
    are those of each phase, weighted by its boundary length; those below the threshold between grains, which
    no map can show, are left out.
    """
    known = segments[np.isfinite(segments["misorientation_deg"])]
    length = known[f"length_{unit}"].to_numpy()
    edges = np.arange(0, 180 + BIN_DEG, BIN_DEG)
    counted, _ = np.histogram(known["misorientation_deg"], edges, weights=length)
    phase = orientations.phase[known["label_a"].to_numpy()]
    random = np.zeros(edges.size - 1)
    for one in orientations.phases:
        weight = length[phase == one.id].sum() / max(length.sum(), 1e-300)
        if weight > 0:
            below = random_share_below(np.maximum(edges, orientations.threshold_deg), one)
            random += weight * np.diff(below) / (below[-1] - below[0])
    table = pd.DataFrame(
        {
            "from_deg": edges[:-1],
            "to_deg": edges[1:],
            "length_share": counted / max(length.sum(), 1e-300),
            "random_share": random,
        }
    )
    used = np.flatnonzero((counted > 0) | (random > 0))
    return table.iloc[: used[-1] + 1 if used.size else 0]
