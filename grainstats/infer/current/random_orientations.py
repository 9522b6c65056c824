"""Random orientations of a texture."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from grainstats.infer.current.law import Texture
from segment.orientation.quaternions import multiply


def random_orientations(n: int, texture: Texture, spread_deg: float, rng: np.random.Generator) -> np.ndarray:
    """Unit quaternions drawn from a texture, shape (n, 4).

    "random": all alike; "fibre": c along the normal, any turn about it; "biaxial": all axes along those of
    the specimen.  `spread_deg` is the standard deviation of the tilt about each axis, without effect on
    "random".

    Examples
    --------
    >>> q = random_orientations(5, "biaxial", 0.0, np.random.default_rng(0))
    >>> bool((abs(q[:, 0]) == 1).all())
    True
    """
    if texture == "random":
        q = rng.standard_normal((n, 4))
        return q / np.linalg.norm(q, axis=1, keepdims=True)
    tilt = np.radians(spread_deg) * rng.standard_normal((n, 3))
    turn = np.zeros((n, 4))
    turn[:, 0] = 1.0
    if texture == "fibre":
        tilt[:, 2] = 0.0
        half = rng.random(n) * np.pi
        turn[:, 0], turn[:, 3] = np.cos(half), np.sin(half)
    return multiply(turn, np.roll(Rotation.from_rotvec(tilt).as_quat(), 1, axis=1))
