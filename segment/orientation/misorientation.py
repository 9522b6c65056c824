"""Disorientation: the smallest rotation between two crystals of one phase, and its law without texture.

Random rotations have angles of density (1 - cos ω)/π.  The N rotations of a group make N rotations of each
misorientation, and the disorientation is the one nearest to zero: its density is N (1 - cos ω)/π times the
share of axes for which the rotation by ω is nearest.  Up to half the smallest angle of the group (45° in m-3m
and 4/mmm) that share is 1, and P(< ω) = N (ω - sin ω)/π.  For cubic crystals the law is Mackenzie's
(Biometrika 45, 229, 1958).
"""

from functools import lru_cache

import numpy as np

from segment.grain_orientations import CrystalPhase
from segment.orientation.quaternions import conjugate, multiply
from segment.orientation.symmetry import rotations_of

CHUNK = 1 << 17  #: pairs at a time: 25 MB of products with 24 rotations
N_AXES = 20_000  #: on the half sphere; the mean angle of m-3m comes out within .01 degrees
STEP_DEG = 0.25  #: classes of the distribution


def disorientation(a: np.ndarray, b: np.ndarray, phase: CrystalPhase) -> np.ndarray:
    """Angle of the disorientation of crystals of one phase, degrees, shape (n,); NaN gives NaN.

    `a` and `b`, shape (n, 4), are orientations as in `OrientationMap`.  The angle reaches 62.8 in m-3m, 93.84
    in 6/mmm and 98.42 in 4/mmm.

    Turned by 100° about its four-fold axis, a cube is turned by 10°.

    >>> from segment.orientation.quaternions import from_axis_angle
    >>> iron = CrystalPhase(1, "iron", "m-3m")
    >>> a, b = (from_axis_angle([0, 0, 1], angle)[None] for angle in (0, 100))
    >>> disorientation(a, b, iron).round(6).tolist()
    [10.0]
    """
    cosine, _ = _nearest(a, b, phase)
    return np.rad2deg(2 * np.arccos(np.clip(cosine, 0, 1)))


def disorientation_rotation(a: np.ndarray, b: np.ndarray, phase: CrystalPhase) -> np.ndarray:
    """The disorientations themselves, as quaternions from crystal a to crystal b, shape (n, 4), w ≥ 0.

    The axis is one of the symmetrically equal ones.
    """
    _, nearest = _nearest(a, b, phase)
    rotation = multiply(multiply(b, conjugate(a)), rotations_of(phase)[nearest])
    return np.where(rotation[:, :1] < 0, -rotation, rotation)


def nearest_variant(q: np.ndarray, reference: np.ndarray, phase: CrystalPhase) -> np.ndarray:
    """The symmetrically equal orientation of each nearest to a reference, shape (n, 4), same sign."""
    _, nearest = _nearest(q, reference, phase)
    variant = multiply(conjugate(rotations_of(phase)[nearest]), q)
    return np.where((variant * reference).sum(axis=1, keepdims=True) < 0, -variant, variant)


def mean_orientations(
    q: np.ndarray, label: np.ndarray, phase: np.ndarray, phases: tuple[CrystalPhase, ...]
) -> np.ndarray:
    """Mean orientation of each label's points, shape of `phase` and 4; NaN without points.

    Points of orientation `q`, shape (n, 4), belong to `label`, shape (n,), whose phase is ``phase[label]``.
    They are turned by symmetry to lie nearest to the label's first one, then to the mean.
    """
    mean = np.full((len(phase), 4), np.nan)
    known, first = np.unique(label, return_index=True)
    mean[known] = q[first]
    for _ in range(2):
        for one in phases:
            mine = phase[label] == one.id
            near = nearest_variant(q[mine], mean[label[mine]], one)
            total = np.stack([np.bincount(label[mine], near[:, k], len(phase)) for k in range(4)], axis=1)
            grains = np.unique(label[mine])
            mean[grains] = total[grains] / np.linalg.norm(total[grains], axis=1, keepdims=True)
    return mean


def _nearest(a: np.ndarray, b: np.ndarray, phase: CrystalPhase) -> tuple[np.ndarray, np.ndarray]:
    """Cosine of half the disorientation, and the rotation s that makes ``b a* s`` smallest; shape (n,) each.

    The trace of ``s₁ m s₂`` is that of ``m s₂ s₁``: one side's symmetry is enough for the angle.
    """
    rotations = conjugate(rotations_of(phase))
    cosine, nearest = np.empty(len(a)), np.empty(len(a), int)
    for start in range(0, len(a), CHUNK):
        part = slice(start, start + CHUNK)
        every = np.abs(multiply(b[part], conjugate(a[part])) @ rotations.T)
        nearest[part] = every.argmax(axis=1)
        cosine[part] = every[np.arange(len(every)), nearest[part]]
    return cosine, nearest


def misorientation_of(
    quaternions: np.ndarray, phase: np.ndarray, phases: tuple[CrystalPhase, ...], pairs: np.ndarray
) -> np.ndarray:
    """Disorientation of pairs of grains or points, degrees, shape (m,); NaN across phases or where unknown.

    `pairs`, shape (m, 2), are places in `quaternions` (n, 4) and in `phase` (n,), which is 0 where none is
    known; a place below 0 counts as 0.
    """
    angle = np.full(len(pairs), np.nan)
    first, second = np.maximum(pairs, 0).T
    for one in phases:
        same = (phase[first] == one.id) & (phase[second] == one.id)
        angle[same] = disorientation(quaternions[first[same]], quaternions[second[same]], one)
    return angle


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
