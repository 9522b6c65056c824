"""Grains that are twins of each other, merged into one on request."""

import re
from dataclasses import dataclass, replace

import numpy as np

from segment.cells.borders import pair_key
from segment.cells.label_edges import joined_groups, pairs_beside
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.grain_orientations import CrystalPhase, GrainOrientations
from segment.orientation.boundary_character import deviation
from segment.orientation.misorientation import disorientation_rotation
from segment.orientation.quaternions import from_axis_angle
from segment.orientation.symmetry import LAUE_GROUPS, TRIGONAL_OR_HEXAGONAL

#: our choice, as in other programs.  One random pair of m-3m in 300 lies so near to Σ3; of Brandon's 8.66°
#: it is one in 57, which joins 6 % of the grains of a map without twins
TOLERANCE_DEG = 5.0
CUBIC = LAUE_GROUPS[-2:]  #: m-3 and m-3m


@dataclass(frozen=True)
class TwinLaw:
    """A misorientation of twins."""

    angle_deg: float
    #: direction [u v w], or [u v t w] with four indices in trigonal and hexagonal crystals
    axis: tuple[int, ...]
    tolerance_deg: float = TOLERANCE_DEG
    laue_groups: tuple[str, ...] = ()  #: phases that it holds for; empty: all

    def holds_for(self, phase: CrystalPhase) -> bool:
        """Whether it is a law of the phase's symmetry."""
        return not self.laue_groups or phase.laue_group in self.laue_groups

    def rotation(self, phase: CrystalPhase) -> np.ndarray:
        """The law as a quaternion in the phase's axes, shape (4,)."""
        return from_axis_angle(_direction(self.axis, phase), self.angle_deg)


SIGMA_3 = TwinLaw(60.0, (1, 1, 1), laue_groups=CUBIC)  #: annealing twins of cubic crystals


def twin_law(text: str) -> TwinLaw:
    """A law from what a user types: ``sigma3``, or angle and axis as ``86.3@1,1,-2,0``.

    `InputError`: neither of the two.

    Examples
    --------
    >>> twin_law("86.3@1,1,-2,0").axis
    (1, 1, -2, 0)
    """
    if text.strip().lower() in ("sigma3", "σ3", "s3", "3"):
        return SIGMA_3
    match = re.fullmatch(r"\s*([0-9.]+)\s*@\s*\[?(-?\d+(?:[ ,]+-?\d+){2,3})\]?\s*", text)
    if not match or not 0 < float(match[1]) <= 180:
        raise InputError(
            f"twin {text!r}", "it is neither sigma3 nor an angle and an axis", "Write it as 86.3@1,1,-2,0"
        )
    axis = tuple(int(v) for v in re.findall(r"-?\d+", match[2]))
    if not any(axis) or (len(axis) == 4 and axis[0] + axis[1] + axis[2] != 0):
        raise InputError(
            f"twin {text!r}", "its axis is no direction", "Of four indices the first three add to 0"
        )
    return TwinLaw(float(match[1]), axis)


def merge_twins(grain_map: GrainMap, laws: tuple[TwinLaw, ...]) -> GrainMap:
    """Merge touching grains whose misorientation is that of a twin law.

    The merged grain keeps the orientation of its largest part.  Labels are 1 ... n in the order of the first
    part's. Without laws the map is the same.
    """
    orientations = grain_map.orientations
    if not laws or orientations is None:
        return grain_map
    pairs = touching_labels(grain_map.labels)
    twins = pairs[_are_twins(orientations, pairs, laws)]
    n = grain_map.n_grains + 1
    number = joined_groups(n, *twins.T)
    area = np.bincount(grain_map.labels.ravel(), minlength=n)
    by_area = np.argsort(area, kind="stable")
    largest = np.zeros(number.max() + 1, int)
    largest[number[by_area]] = by_area
    present = [p for p in orientations.phases if (orientations.phase == p.id).any()]
    notes = tuple(
        f"no phase has the symmetry for twins {law.angle_deg:g} @ {law.axis}: give its own law (--twin)"
        for law in laws
        if not any(map(law.holds_for, present))
    )
    return replace(
        grain_map,
        labels=number[grain_map.labels].astype(np.int32),
        orientations=orientations.select(largest[1:]),
        warnings=grain_map.warnings + notes,
    )


def touching_labels(labels: np.ndarray) -> np.ndarray:
    """Pairs of grains that share a pixel edge, each once, ascending; shape (n, 2).

    >>> touching_labels(np.array([[1, 1, 2], [0, 3, 3]])).tolist()
    [[1, 2], [1, 3], [2, 3]]
    """
    every = pairs_beside(labels)
    key = np.unique(pair_key(*every[(every > 0).all(axis=1)].T))
    return np.stack([key >> 32, key & 0xFFFFFFFF], axis=1)


def _are_twins(orientations: GrainOrientations, pairs: np.ndarray, laws: tuple[TwinLaw, ...]) -> np.ndarray:
    found = np.zeros(len(pairs), bool)
    for phase in orientations.phases:
        mine = np.flatnonzero((orientations.phase[pairs] == phase.id).all(axis=1))
        q = orientations.quaternions
        rotations = disorientation_rotation(q[pairs[mine, 0]], q[pairs[mine, 1]], phase)
        for law in (law for law in laws if law.holds_for(phase)):
            found[mine] |= deviation(rotations, law.rotation(phase), phase) <= law.tolerance_deg
    return found


def _direction(axis: tuple[int, ...], phase: CrystalPhase) -> np.ndarray:
    """A direction's Cartesian coordinates in the crystal's axes, x along a and z along c (or c*).

    Where the file gives no lattice, angles are those of the symmetry and edges are equal.
    """
    if len(axis) == 4:
        u, v, t, w = axis
        axis = (u - t, v - t, w)
    gamma = 120.0 if phase.laue_group in TRIGONAL_OR_HEXAGONAL else 90.0
    a, b, c, *angles = phase.lattice or (1.0, 1.0, 1.0, 90.0, 90.0, gamma)
    alpha, beta, gamma = np.deg2rad(angles)
    x = (np.cos(alpha) - np.cos(beta) * np.cos(gamma)) / np.sin(gamma)
    z = np.sqrt(max(1 - np.cos(beta) ** 2 - x**2, 0.0))
    vectors = np.array(
        [[a, 0, 0], [b * np.cos(gamma), b * np.sin(gamma), 0], [c * np.cos(beta), c * x, c * z]]
    )
    return np.asarray(np.array(axis, float) @ vectors)
