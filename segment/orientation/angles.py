"""Radians or degrees: what a format documents, and values that contradict it."""

from __future__ import annotations

import numpy as np

TURN = 2 * np.pi + 1e-3  #: radians, with room for rounding in files
NOT_INDEXED = 4 * np.pi  #: radians; EDAX writes it where a pattern was not indexed
SPREAD = np.pi  #: of φ₁ and φ₂: a map in degrees never keeps to such low angles in all three


def euler_radians(angles: np.ndarray, *, degrees: bool, indexed: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Angles in radians, and a warning where the values contradict the unit that the format documents.

    `angles` are of shape (n, 3), in degrees where `degrees` says so; those of points that are not `indexed`
    mean nothing.

    Examples
    --------
    >>> euler_radians(np.array([[180.0, 90, 0]]), degrees=True, indexed=np.array([True]))[0].round(4).tolist()
    [[3.1416, 1.5708, 0.0]]
    """
    seen = angles[indexed & np.isfinite(angles).all(axis=1)]
    if not seen.size:
        return np.deg2rad(angles) if degrees else angles, []
    low = np.abs(seen).max(axis=0)
    fits_radians = bool(low[0] <= TURN and low[1] <= TURN / 2 and low[2] <= TURN)
    span = np.ptp(seen[:, [0, 2]], axis=0)
    if degrees and fits_radians and (span > SPREAD).all():
        return angles, [
            "the Euler angles are in radians, though this format documents degrees: read as radians"
        ]
    if not degrees and not fits_radians and np.abs(seen).max() > NOT_INDEXED + 1e-3:
        return np.deg2rad(angles), [
            "the Euler angles are in degrees, though this format documents radians: read as degrees"
        ]
    return np.deg2rad(angles) if degrees else angles, []
