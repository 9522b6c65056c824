"""Unit quaternions (w, x, y, z) as arrays: product, conjugate, rotation of vectors, Bunge's Euler angles."""

import numpy as np
from numpy.typing import ArrayLike


def conjugate(q: np.ndarray) -> np.ndarray:
    """The inverse of unit quaternions, shape (..., 4)."""
    return np.asarray(q * np.array([1.0, -1.0, -1.0, -1.0]))


def multiply(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Hamilton's product p q of arrays that broadcast, shape (..., 4); the rotation q is done first."""
    pw, px, py, pz = np.moveaxis(p, -1, 0)
    qw, qx, qy, qz = np.moveaxis(q, -1, 0)
    return np.stack(
        [
            pw * qw - px * qx - py * qy - pz * qz,
            pw * qx + px * qw + py * qz - pz * qy,
            pw * qy - px * qz + py * qw + pz * qx,
            pw * qz + px * qy - py * qx + pz * qw,
        ],
        axis=-1,
    )


def from_axis_angle(axis: ArrayLike, degrees: float) -> np.ndarray:
    """The rotation by an angle about an axis of any length, shape (4,).

    >>> from_axis_angle([0, 0, 2], 180).round(6).tolist()
    [0.0, 0.0, 0.0, 1.0]
    """
    vector = np.asarray(axis, float)
    half = np.deg2rad(degrees) / 2
    return np.concatenate([[np.cos(half)], np.sin(half) * vector / np.linalg.norm(vector)])


def rotate(q: np.ndarray, vector: ArrayLike) -> np.ndarray:
    """q v q*: vectors of shape (..., 3) turned by quaternions of shape (..., 4)."""
    v = np.asarray(vector, float)
    pure = np.concatenate([np.zeros((*v.shape[:-1], 1)), v], axis=-1)
    return multiply(multiply(q, pure), conjugate(q))[..., 1:]


def from_euler(angles: np.ndarray) -> np.ndarray:
    """Bunge's angles, shape (..., 3), as the rotation of specimen coordinates into crystal coordinates.

    φ₁, Φ, φ₂ in radians: turn the specimen's axes about z, then about the new x, then about the new z, and
    they lie along the crystal's (H.-J. Bunge, Texture Analysis in Materials Science, 1982).  The result q,
    shape (..., 4), has ``v_crystal = q v_specimen q*``.

    A crystal turned by 90° about z sees the specimen's y as its x.

    >>> rotate(from_euler(np.array([np.pi / 2, 0, 0])), [0, 1, 0]).round(6).tolist()
    [1.0, 0.0, 0.0]
    """
    first, middle, last = np.moveaxis(np.asarray(angles, float), -1, 0)
    c, s = np.cos(middle / 2), np.sin(middle / 2)
    plus, minus = (first + last) / 2, (first - last) / 2
    return np.stack([c * np.cos(plus), -s * np.cos(minus), -s * np.sin(minus), -c * np.sin(plus)], axis=-1)
