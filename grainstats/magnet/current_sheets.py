"""Field of thin solenoids off the axis, and inductance of loops, by complete elliptic integrals.

A ring of rectangular section is a sum of thin solenoids over its radius.  The field of a thin solenoid
between two heights is the difference of one function at its two ends (Derby & Olbert, American Journal of
Physics 78 (2010) 229), so that a column of cells needs that function at each edge only once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from grainstats.magnet.axis import MU_0


def loop_mutual_inductance(radius_a: ArrayLike, radius_b: ArrayLike, apart: ArrayLike) -> np.ndarray:
    """Mutual inductance of two coaxial loops whose wires are `apart` (Maxwell); metres in, henry out."""
    a, b, d = np.broadcast_arrays(*(np.asarray(v, float) for v in (radius_a, radius_b, apart)))
    reach = d**2 + 4 * a * b  # the squared distance to the far side of the other loop
    k, p = np.sqrt(4 * a * b / reach), d**2 / reach
    return MU_0 * np.sqrt(a * b) * ((2 / k - k) * special.ellipkm1(p) - 2 / k * special.ellipe(1 - p))


def sheet_end(radius: ArrayLike, r: ArrayLike, u: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """What one end of a thin solenoid adds to B_r and B_z, T m / A, per ampere in a metre of its height.

    A solenoid from height z1 to z2 gives ``sheet_end(a, r, z - z1) - sheet_end(a, r, z - z2)``.  `r` and `u`
    are the distance from the axis and the height above this end; all in metres.  On the sheet itself (r =
    radius) B_z is the mean of both sides.
    """
    a, r, u = np.broadcast_arrays(*(np.asarray(v, float) for v in (radius, r, u)))
    reach = np.sqrt(u**2 + (a + r) ** 2)
    k2 = (u**2 + (a - r) ** 2) / reach**2
    k2 = np.maximum(k2, np.finfo(float).tiny)
    gamma = (a - r) / (a + r)
    p = gamma**2
    first = special.elliprf(0.0, k2, 1.0)
    off_sheet = p > 0
    third = special.elliprj(0.0, k2, 1.0, np.where(off_sheet, p, 1.0))
    around = first + np.where(off_sheet, (gamma - p) / 3 * third, 0.0)
    b_z = MU_0 / np.pi * a / (a + r) * u / reach * around
    b_r = MU_0 / np.pi * a / reach * (first - 2 / 3 * special.elliprd(0.0, k2, 1.0))
    return b_r, b_z
