"""The field everywhere: inside, between and outside the discs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from grainstats.magnet.cells import Cells
from grainstats.magnet.current_sheets import MM, sheet_end
from grainstats.magnet.stack import Stack

NODES = 20  #: Gauss points on either side of the point's own radius


@dataclass(frozen=True, eq=False)
class FieldMap:
    """Flux density in a half-plane through the axis."""

    r_mm: np.ndarray  #: shape (n,)
    z_mm: np.ndarray  #: shape (m,): above the mid-plane of the stack
    #: b_r_T, b_z_T: shape (m, n)
    b_r_T: np.ndarray
    b_z_T: np.ndarray


def field_map(stack: Stack, j_A_per_m2: float, r_mm: ArrayLike, z_mm: ArrayLike) -> FieldMap:
    """Field of discs that carry a uniform azimuthal current density.

    Parameters
    ----------
    stack : Stack
    j_A_per_m2 : float
    r_mm, z_mm : array_like, 1-D
        Distances from the axis, and heights above the mid-plane of the stack.

    Returns
    -------
    FieldMap
        Exact to about 1e-6 but at the edges of the discs.

    Examples
    --------
    >>> field = field_map(Stack(30, 6, n_discs=2), 1.61e8, [0.0], [0.0])
    >>> print(f"{field.b_z_T[0, 0]:.3f} T")
    2.000 T
    """
    inner, outer = stack.bore_mm / 2 * MM, stack.diameter_mm / 2 * MM

    def sheets(radius: float) -> tuple[np.ndarray, np.ndarray]:
        sheet, width = _sheets(inner, outer, radius)
        return sheet, j_A_per_m2 * np.broadcast_to(width, (stack.n_discs, 1, width.size))

    return _mapped(np.array(stack.faces_mm()) * MM, sheets, r_mm, z_mm)


def _sheets(inner: float, outer: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Radii and weights that integrate over a ring; dense near `radius`, where the integrand bends."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    t, dt = (x + 1) / 2, w / 2
    own = min(max(radius, inner), outer)
    nodes, weights = [], []
    for far in (inner, outer):
        if abs(far - own) > 1e-12 * outer:
            nodes.append(own + (far - own) * t**3)
            weights.append(abs(far - own) * 3 * t**2 * dt)
    return np.concatenate(nodes), np.concatenate(weights)


def field_map_of_cells(cells: Cells, j: np.ndarray, r_mm: ArrayLike, z_mm: ArrayLike) -> FieldMap:
    """Field of discs whose cells carry the current densities `j`, A/m², shape (n_discs, n_z, n_r)."""
    x, w = np.polynomial.legendre.leggauss(2)
    sheet = (cells.radius[:, None] + x * cells.dr / 2).ravel()
    amount = np.repeat(j, x.size, axis=2) * np.tile(w / 2, cells.n_r) * cells.dr
    return _mapped(cells.z_edges, lambda radius: (sheet, amount), r_mm, z_mm)


def _mapped(
    edges: np.ndarray,
    sheets: Callable[[float], tuple[np.ndarray, np.ndarray]],
    r_mm: ArrayLike,
    z_mm: ArrayLike,
) -> FieldMap:
    """Sum over thin solenoids between the edges of the layers, shape (n_discs, n_layers + 1), metres.

    For a distance from the axis in metres `sheets` gives the radii of the solenoids that serve there, shape
    (s,), and their currents per metre of height, shape (n_discs, n_layers, s).
    """
    r, z = np.atleast_1d(np.asarray(r_mm, float)), np.atleast_1d(np.asarray(z_mm, float))
    b_r, b_z = np.zeros((z.size, r.size)), np.zeros((z.size, r.size))
    u = z[:, None, None] * MM - edges[None]
    for column, radius in enumerate(r * MM):
        sheet, amount = sheets(float(radius))
        ends = sheet_end(sheet, radius, u[..., None])
        for out, end in zip((b_r, b_z), ends, strict=True):
            out[:, column] = np.einsum("pdzs,dzs->p", end[:, :, :-1] - end[:, :, 1:], amount)
    return FieldMap(r, z, b_r, b_z)
