"""What kind of boundary lies between two grains: its angle, low or high, and its Σ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segment.grain_map import GrainMap
from segment.grain_orientations import CrystalPhase
from segment.orientation.csl import sigma
from segment.orientation.misorientation import disorientation_rotation, misorientation_of
from segment.orientation.random_misorientation import random_share_below

LOW_ANGLE_DEG = 15.0  #: below: a low-angle boundary; Brandon's limit of Σ1


@dataclass(frozen=True, eq=False)
class BoundaryCharacter:
    """Character of n boundaries."""

    #: shape (n,): disorientation of the grains' mean orientations; NaN across phases, or where one is unknown
    angle_deg: np.ndarray
    low_angle: np.ndarray  #: bool, shape (n,): below 15°
    #: shape (n,): share of random pairs of the phase, at or above the threshold between grains, whose angle
    #: is smaller; evenly spread between 0 and 1 where the crystals have no texture.  NaN as `angle_deg`.
    random_share: np.ndarray
    #: int, shape (n,): 3 ... 29 in phases of m-3m by Brandon's criterion, 1 for low angles; 0: none, or
    #: another symmetry
    sigma: np.ndarray


def misorientation_of_pairs(grain_map: GrainMap, pairs: np.ndarray) -> np.ndarray:
    """Disorientation of pairs of grains, degrees.

    Parameters
    ----------
    grain_map : GrainMap
        With orientations (`segment.orientation.grain_map_of`).
    pairs : ndarray of int, shape (n, 2)
        Labels; those that are no grains (0 and less) give NaN.

    Returns
    -------
    ndarray of shape (n,)
        Of the grains' mean orientations.  NaN between grains of different phases, whose angle means nothing.

    Raises
    ------
    ValueError
        The grain map carries no orientations.
    """
    known = grain_map.orientations
    if known is None:
        raise ValueError("this grain map carries no orientations")
    pairs = np.asarray(pairs, int).reshape(-1, 2)
    return misorientation_of(known.quaternions, known.phase, known.phases, pairs)


def boundary_character(grain_map: GrainMap, pairs: np.ndarray) -> BoundaryCharacter:
    """Angle, class and Σ of boundaries between pairs of grains; parameters as `misorientation_of_pairs`."""
    angle, known = misorientation_of_pairs(grain_map, pairs), grain_map.orientations
    assert known is not None
    number, below = np.zeros(len(angle), int), np.full(len(angle), np.nan)
    first, second = np.maximum(np.asarray(pairs, int).reshape(-1, 2), 0).T
    q = known.quaternions
    for phase in known.phases:
        same = np.isfinite(angle) & (known.phase[first] == phase.id)
        below[same] = _random_share(angle[same], phase, known.threshold_deg)
        number[same] = sigma(disorientation_rotation(q[first[same]], q[second[same]], phase), phase)
    return BoundaryCharacter(angle, angle < LOW_ANGLE_DEG, below, number)


def _random_share(angle: np.ndarray, phase: CrystalPhase, threshold_deg: float) -> np.ndarray:
    """Share of random pairs between the threshold and each angle."""
    least = float(random_share_below(np.array([threshold_deg]), phase)[0])
    share = (random_share_below(angle, phase) - least) / (1 - least)
    return np.asarray(np.clip(share, 0, 1))
