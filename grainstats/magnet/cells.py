"""The discs cut into rings of rectangular section, and the field that the rings make at each other.

All discs are cut alike.  An array over the cells has the shape (n_discs, n_z, n_r): discs and layers from the
lowest upwards, rings from the bore outwards.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft

from grainstats.magnet.current_sheets import MM, rings_at_axis, sheet_end
from grainstats.magnet.stack import Stack

SHEETS = 4  #: thin solenoids that stand for the width of one cell, at Gauss points; even: none at its middle


@dataclass(frozen=True)
class Cells:
    """Rings of equal width and height."""

    stack: Stack
    #: n_r, n_z: cells across the width and the height of one disc
    n_r: int
    n_z: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.stack.n_discs, self.n_z, self.n_r

    @cached_property
    def r_edges(self) -> np.ndarray:
        """Metres, shape (n_r + 1,)."""
        return np.linspace(self.stack.bore_mm / 2, self.stack.diameter_mm / 2, self.n_r + 1) * MM

    @cached_property
    def z_edges(self) -> np.ndarray:
        """Metres above the mid-plane of the stack, shape (n_discs, n_z + 1)."""
        return np.array([np.linspace(low, high, self.n_z + 1) for low, high in self.stack.faces_mm()]) * MM

    @property
    def radius(self) -> np.ndarray:
        """Of the cells' middle, metres, shape (n_r,)."""
        return (self.r_edges[1:] + self.r_edges[:-1]) / 2

    @property
    def dr(self) -> float:
        return float(self.r_edges[1] - self.r_edges[0])

    @property
    def dz(self) -> float:
        return self.stack.thickness_mm / self.n_z * MM

    def mean(self, j: np.ndarray) -> float:
        """Of what the cells carry, over the superconductor's volume."""
        volume = np.pi * (self.r_edges[1:] ** 2 - self.r_edges[:-1] ** 2) * self.dz
        return float(np.average(j, weights=np.broadcast_to(volume, self.shape)))

    def axis_field(self, j: np.ndarray, z_mm: np.ndarray) -> np.ndarray:
        """Field on the axis, tesla, shape of `z_mm` (1-D); exact for what the cells carry."""
        z = np.asarray(z_mm, float)[:, None, None, None] * MM
        inner, outer = self.r_edges[:-1], self.r_edges[1:]
        edges = self.z_edges[..., None]
        ends = rings_at_axis(z - edges[None], inner, outer)  # (points, discs, n_z + 1, n_r)
        return np.einsum("pdzr,dzr->p", ends[:, :, :-1] - ends[:, :, 1:], j)

    @property
    def steps(self) -> np.ndarray:
        """Heights of a cell over another in one disc, in cells: -(n_z - 1) ... n_z - 1."""
        return np.arange(1 - self.n_z, self.n_z)

    @property
    def disc_offsets(self) -> np.ndarray:
        """Heights of a disc over another, metres: -(n_discs - 1) ... n_discs - 1 times their pitch."""
        n = self.stack.n_discs
        return np.arange(1 - n, n) * (self.stack.thickness_mm + self.stack.gap_mm) * MM

    @cached_property
    def _kernels(self) -> tuple[np.ndarray, np.ndarray]:
        """Radial and axial field at a cell's middle per current density of another; see `transform`."""
        node, weight = np.polynomial.legendre.leggauss(SHEETS)
        sheet = self.radius[:, None] + node * self.dr / 2
        amount = weight * self.dr / 2
        edges = (np.append(self.steps, self.n_z) - 0.5) * self.dz
        radial: list[np.ndarray] = []
        axial: list[np.ndarray] = []
        for offset in self.disc_offsets:
            ends = sheet_end(sheet[None, :, :, None], self.radius[:, None, None, None], offset + edges)
            for parts, end in zip((radial, axial), ends, strict=True):
                parts.append(np.diff(np.einsum("ijsu,s->iju", end, amount), axis=-1))
        return self.transform(np.array(radial)), self.transform(np.array(axial))

    def transform(self, kernel: np.ndarray) -> np.ndarray:
        """Prepare what one cell does to another for `act`; shape (2 n_discs, n_r, n_r, n_z + 1), complex.

        `kernel`, shape (2 n_discs - 1, n_r, n_r, 2 n_z - 1), is by height of disc over disc, ring acted on,
        acting ring, and height of layer over layer.
        """
        n_discs, n_z, _ = self.shape
        padded = np.pad(kernel, ((1, 0), (0, 0), (0, 0), (1, 0)))
        return fft.rfftn(np.roll(padded, (-n_discs, -n_z), axis=(0, 3)), axes=(0, 3))

    def act(self, transformed: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Sum over all cells of what they do to each cell; shape (n_discs, n_z, n_r)."""
        n_discs, n_z, _ = self.shape
        spectrum = fft.rfftn(j, (2 * n_discs, 2 * n_z), axes=(0, 1))
        total = np.einsum("dijf,dfj->dfi", transformed, spectrum)
        return fft.irfftn(total, (2 * n_discs, 2 * n_z), axes=(0, 1))[:n_discs, :n_z]

    def field(self, j: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Radial and axial field at the middle of every cell, tesla; of the shape of `j`, A/m²."""
        radial, axial = self._kernels
        return self.act(radial, j), self.act(axial, j)
