"""Misorientations of crystals without texture: the law that a measured distribution is compared with.

Random rotations have angles of density (1 - cos ω)/π.  The N rotations of a group make N rotations of each
misorientation, and the disorientation is the one nearest to zero: its density is N (1 - cos ω)/π times the
share of axes for which the rotation by ω is nearest.  Up to half the smallest angle of the group (45° in m-3m
and 4/mmm) that share is 1, and P(< ω) = N (ω - sin ω)/π.  For cubic crystals the law is Mackenzie's
(Biometrika 45, 229, 1958).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from segment.grain_orientations import CrystalPhase
from segment.orientation.symmetry import rotations_of

N_AXES = 20_000  #: on the half sphere; the mean angle of m-3m comes out within .01 degrees
STEP_DEG = 0.25  #: classes of the distribution


@lru_cache(maxsize=16)
def random_density(phase: CrystalPhase) -> tuple[np.ndarray, np.ndarray]:
    """Angles from 0 to 180 degrees, and the density of the disorientation of random pairs there, per degree.

    >>> angle, density = random_density(CrystalPhase(1, "iron", "m-3m"))
    >>> round(float((density * angle).sum() / density.sum()), 1)
    40.7
    """
    angle = np.arange(0, 180 + STEP_DEG, STEP_DEG)
    omega = np.deg2rad(angle)
    group = rotations_of(phase)
    density = np.deg2rad(len(group) * (1 - np.cos(omega)) / np.pi * _share_nearest(omega, group))
    for array in (angle, density):
        array.setflags(write=False)
    return angle, density


def random_share_below(angle_deg: np.ndarray, phase: CrystalPhase) -> np.ndarray:
    """Share of random pairs whose disorientation is below each angle, shape of `angle_deg`.

    >>> random_share_below(np.array([9.0, 24.0]), CrystalPhase(1, "Ba122", "4/mmm")).round(4).tolist()
    [0.0016, 0.0309]
    """
    angle, density = random_density(phase)
    total = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(angle))])
    return np.asarray(np.interp(angle_deg, angle, total / total[-1]))


def _share_nearest(omega: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Share of axes about which a rotation by each angle is the nearest of its equals to no rotation.

    The rotation (cos ω/2, n sin ω/2) is nearest where no s of the group gives it a larger scalar part: where
    tan(ω/2) |n · s| stays below 1 - |s₀|.
    """
    axes = _sphere(N_AXES)
    limit = np.full(len(axes), np.pi)
    for s in group[1:]:
        along = np.abs(axes @ s[1:])
        reach = np.divide(1 - abs(s[0]), along, out=np.full(len(axes), np.inf), where=along > 1e-12)
        limit = np.minimum(limit, 2 * np.arctan(reach))
    return 1 - np.searchsorted(np.sort(limit), omega, side="left") / len(axes)


def _sphere(n: int) -> np.ndarray:
    """Evenly spread directions on the half sphere (Fibonacci lattice), shape (n, 3)."""
    k = np.arange(n) + 0.5
    z = k / n
    turn = np.pi * (1 + 5**0.5) * k
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), z], axis=1)
