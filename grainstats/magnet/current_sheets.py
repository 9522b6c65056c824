"""Field of rings on the axis and of thin solenoids off it, and inductance of loops.

On the axis it has a closed form.  A disc of radius a and bore radius b gives, at height u above one of its
faces, the antiderivative G(u) = u ln[(a + sqrt(a² + u²)) / (b + sqrt(b² + u²))]; the field is mu0 J / 2 times
the difference of G between the two faces.  For a long cylinder this tends to mu0 J (a - b).

Off the axis a ring of rectangular section is a sum of thin solenoids over its radius.  The field of one
between two heights is the difference of one function, of complete elliptic integrals, at its two ends (Derby
& Olbert, American Journal of Physics 78 (2010) 229): a column of cells needs it at each edge only once.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from grainstats.magnet.stack import Stack

MU_0 = 1.25663706212e-6  #: T m / A; CODATA 2018, the recommended value of the magnetic constant
MM = 1e-3  #: metres in a millimetre


def axis_field_per_j(stack: Stack, z_mm: ArrayLike) -> np.ndarray:
    """B / J on the axis for a uniform current density.

    Parameters
    ----------
    stack : Stack
    z_mm : array_like
        Heights above the mid-plane of the stack.

    Returns
    -------
    ndarray
        T m² / A, of the shape of `z_mm`.

    Examples
    --------
    >>> stack = Stack(diameter_mm=30, thickness_mm=6, n_discs=2)
    >>> print(f"{axis_field_per_j(stack, 0.0):.4e}")
    1.2420e-08
    """
    z = np.asarray(z_mm, float) * MM
    outer, inner = stack.diameter_mm / 2 * MM, stack.bore_mm / 2 * MM
    total = np.zeros_like(z)
    for low, high in stack.faces_mm():
        total += rings_at_axis(z - low * MM, inner, outer) - rings_at_axis(z - high * MM, inner, outer)
    return total


def rings_at_axis(u: np.ndarray, inner: ArrayLike, outer: ArrayLike) -> np.ndarray:
    """mu0 / 2 · G(u) for rings between the radii `inner` and `outer`; all in metres, broadcast."""
    u, inner, outer = np.broadcast_arrays(u, inner, outer)
    far = outer + np.hypot(outer, u)
    near = inner + np.hypot(inner, u)
    # without a bore G tends to 0 at the face, though its logarithm does not
    ratio = np.divide(far, near, out=np.ones_like(far, dtype=float), where=near > 0)
    return MU_0 / 2 * u * np.log(ratio)


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
