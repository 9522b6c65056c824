"""Disorientation: the smallest rotation between two crystals of one phase, under the crystal's symmetry."""

from __future__ import annotations

import numpy as np

from segment.grain_orientations import CrystalPhase
from segment.orientation.quaternions import conjugate, multiply
from segment.orientation.symmetry import rotations_of

CHUNK = 1 << 17  #: pairs at a time: 25 MB of products with 24 rotations


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
