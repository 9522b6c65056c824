"""The field on the axis of discs and rings that carry a uniform azimuthal current: closed form.

A disc of radius a and bore radius b gives, at height u above one of its faces, the antiderivative
G(u) = u ln[(a + sqrt(a² + u²)) / (b + sqrt(b² + u²))]; the field is mu0 J / 2 times the difference of G
between the two faces.  For a long cylinder this tends to mu0 J (a - b).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

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
