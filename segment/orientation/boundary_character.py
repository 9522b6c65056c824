"""What kind of boundary lies between two grains: its angle, and its Σ (coincidence-site lattice of cubes)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from segment.grain_map import GrainMap
from segment.grain_orientations import CrystalPhase
from segment.orientation.misorientation import disorientation_rotation, misorientation_of, random_share_below
from segment.orientation.quaternions import conjugate, multiply
from segment.orientation.symmetry import rotations_of

LOW_ANGLE_DEG = 15.0  #: below: a low-angle boundary; Brandon's limit of Σ1
BRANDON_DEG = 15.0  #: tolerance of Σ1; 15° / √Σ for others (Brandon, Acta Metall. 14, 1479, 1966)

#: Σ and a rotation as whole numbers w, x, y, z (Grimmer, Bollmann, Warrington, Acta Cryst. A30, 197, 1974)
CUBIC_CSL: tuple[tuple[int, tuple[int, int, int, int]], ...] = (
    (3, (3, 1, 1, 1)),
    (5, (3, 1, 0, 0)),
    (7, (5, 1, 1, 1)),
    (9, (4, 1, 1, 0)),
    (11, (3, 1, 1, 0)),
    (13, (5, 1, 0, 0)),
    (13, (7, 1, 1, 1)),
    (15, (5, 2, 1, 0)),
    (17, (4, 1, 0, 0)),
    (17, (5, 2, 2, 1)),
    (19, (6, 1, 1, 0)),
    (19, (4, 1, 1, 1)),
    (21, (9, 1, 1, 1)),
    (21, (6, 2, 1, 1)),
    (23, (9, 3, 1, 1)),
    (25, (7, 1, 0, 0)),
    (25, (9, 3, 3, 1)),
    (27, (5, 1, 1, 0)),
    (27, (7, 2, 1, 0)),
    (29, (5, 2, 0, 0)),
    (29, (7, 2, 2, 1)),
)


def deviation(rotations: np.ndarray, law: np.ndarray, phase: CrystalPhase) -> np.ndarray:
    """Smallest angle from misorientations to a given one, over all symmetrically equal ones; degrees.

    `rotations`, shape (n, 4), lead from one crystal to another of the same phase, as `law`, shape (4,), does.

    >>> iron = CrystalPhase(1, "iron", "m-3m")
    >>> half_turn, sixty = np.array([[0.0, 1, 1, 1]]) / 3**0.5, np.array([3, 1, 1, 1]) / 12**0.5
    >>> deviation(half_turn, sixty, iron).round(4).tolist()
    [0.0]
    """
    equal = _equal_laws(tuple(law), phase)
    cosine = np.zeros(len(rotations))
    for start in range(0, len(rotations), 1 << 14):
        part = slice(start, start + (1 << 14))
        cosine[part] = np.abs(rotations[part] @ equal.T).max(axis=1, initial=0)
    return np.asarray(np.rad2deg(2 * np.arccos(np.clip(cosine, 0, 1))))


def sigma(rotations: np.ndarray, phase: CrystalPhase) -> np.ndarray:
    """Σ of misorientations of a cubic phase by Brandon's criterion; 0: none up to 29, or not m-3m.

    The smallest Σ within its tolerance is taken.  Σ1, a low-angle boundary, is 1.
    """
    found = np.zeros(len(rotations), int)
    if phase.laue_group != "m-3m":
        return found
    for number, whole in reversed(((1, (1, 0, 0, 0)), *CUBIC_CSL)):
        law = np.array(whole, float) / np.linalg.norm(whole)
        found[deviation(rotations, law, phase) <= BRANDON_DEG / number**0.5] = number
    return found


@lru_cache(maxsize=64)
def _equal_laws(law: tuple[float, ...], phase: CrystalPhase) -> np.ndarray:
    """All rotations that symmetry, or exchange of the two crystals, makes equal to one; shape (n, 4)."""
    group = rotations_of(phase)
    both = np.stack([np.array(law), conjugate(np.array(law))])
    every = multiply(multiply(group[:, None, None], both[None, :, None]), group[None, None, :]).reshape(-1, 4)
    sign = np.sign(np.take_along_axis(every, np.argmax(np.abs(every) > 1e-6, axis=1)[:, None], axis=1))
    _, index = np.unique((every * sign).round(6) + 0.0, axis=0, return_index=True)  # q and -q are one
    equal = every[np.sort(index)]
    equal.setflags(write=False)
    return equal


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
