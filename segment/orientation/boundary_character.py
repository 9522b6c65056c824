"""What kind of boundary lies between two grains: its angle, low or high, and its Σ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segment.grain_map import GrainMap
from segment.grain_orientations import GrainOrientations
from segment.orientation.csl import sigma
from segment.orientation.misorientation import disorientation_rotation, misorientation_of

LOW_ANGLE_DEG = 15.0  #: below: a low-angle boundary; Brandon's limit of Σ1


@dataclass(frozen=True, eq=False)
class BoundaryCharacter:
    """Character of n boundaries.

    Attributes
    ----------
    angle_deg : ndarray, shape (n,)
        Disorientation of the grains' mean orientations; NaN across phases, or where one is unknown.
    low_angle : ndarray of bool, shape (n,)
        Below 15°.
    sigma : ndarray of int, shape (n,)
        3 ... 29 in phases of m-3m by Brandon's criterion, 1 for low angles; 0: none, or another symmetry.
    """

    angle_deg: np.ndarray
    low_angle: np.ndarray
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
    ndarray, shape (n,)
        Of the grains' mean orientations.  NaN between grains of different phases, whose angle means nothing.

    Raises
    ------
    ValueError
        The grain map carries no orientations.
    """
    return misorientation_of(_orientations(grain_map), pairs)


def boundary_character(grain_map: GrainMap, pairs: np.ndarray) -> BoundaryCharacter:
    """Angle, class and Σ of boundaries between pairs of grains; parameters as `misorientation_of_pairs`."""
    orientations = _orientations(grain_map)
    pairs = np.asarray(pairs, int).reshape(-1, 2)
    angle = misorientation_of(orientations, pairs)
    number = np.zeros(len(pairs), int)
    first, second = np.maximum(pairs, 0).T
    for phase in orientations.phases:
        same = np.isfinite(angle) & (orientations.phase[first] == phase.id)
        q = orientations.quaternions
        number[same] = sigma(disorientation_rotation(q[first[same]], q[second[same]], phase), phase)
    return BoundaryCharacter(angle, angle < LOW_ANGLE_DEG, number)


def _orientations(grain_map: GrainMap) -> GrainOrientations:
    if grain_map.orientations is None:
        raise ValueError("this grain map carries no orientations")
    return grain_map.orientations
