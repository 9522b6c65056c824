"""Mosaics that have grown in three dimensions: normal grain growth by a Monte-Carlo Potts model.

Anderson, Grest and Srolovitz (Philosophical Magazine B 59 (1989) 293): a voxel takes the label of a random
neighbour if that does not enlarge the boundary, else with the Boltzmann probability.  The box is periodic.
"""

from __future__ import annotations

import numba
import numpy as np

START_VOXELS = 27.0  #: mean volume at the start
TEMPERATURE = 0.5  #: in units of one bond of the 26-neighbourhood: boundaries do not stick to the lattice
QUENCH = 3  #: sweeps without temperature at the end
MOST_SWEEPS = 5_000  #: then growth has stopped

#: steps (planes, rows, columns) to the 26 voxels around one
_NEIGHBOURS = np.array(
    [(z, y, x) for z in (-1, 0, 1) for y in (-1, 0, 1) for x in (-1, 0, 1) if (z, y, x) != (0, 0, 0)],
    dtype=np.int64,
)


def potts_volume(shape: tuple[int, int, int], mean_volume: float, rng: np.random.Generator) -> np.ndarray:
    """Grow a mosaic until its mean grain volume is `mean_volume` voxels.

    Parameters
    ----------
    shape : tuple of int
        (slices, rows, columns) of the periodic lattice.
    mean_volume : float
        Eight times `START_VOXELS` or more for grains that have forgotten the start.
    rng : Generator

    Returns
    -------
    ndarray of int32
        Grains 1 ... n; they go on beyond the opposite face.

    Examples
    --------
    >>> grown = potts_volume((24, 24, 24), 60.0, np.random.default_rng(0))
    >>> bool(50 < grown.size / grown.max() < 80)
    True
    """
    from scipy.spatial import cKDTree

    from segment.cells.editing import numbered

    n = max(round(np.prod(shape) / START_VOXELS), 1)
    tree = cKDTree(rng.random((n, 3)) * shape, boxsize=shape)
    voxels = np.stack(np.meshgrid(*(np.arange(s) + 0.5 for s in shape), indexing="ij"), axis=-1)
    labels = numbered(tree.query(voxels)[1].astype(np.int32) + 1)
    for _ in range(MOST_SWEEPS):
        if labels.size >= mean_volume * labels.max():
            break
        _sweep(labels, TEMPERATURE, rng)
        labels = numbered(labels)
    for _ in range(QUENCH):
        _sweep(labels, 0.0, rng)
    return numbered(labels)


@numba.njit(cache=True)
def _sweep(labels: np.ndarray, temperature: float, rng: np.random.Generator) -> None:
    """As many attempts as there are boundary voxels, at random ones of them; changes `labels` in place."""
    nz, ny, nx = labels.shape
    sites = np.empty(labels.size, np.int64)
    count = 0
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                own = labels[z, y, x]
                if (
                    labels[z, y, (x + 1) % nx] != own
                    or labels[z, (y + 1) % ny, x] != own
                    or labels[(z + 1) % nz, y, x] != own
                    or labels[z, y, x - 1] != own
                    or labels[z, y - 1, x] != own
                    or labels[z - 1, y, x] != own
                ):
                    sites[count] = (z * ny + y) * nx + x
                    count += 1
    for _ in range(count):
        site = sites[int(rng.random() * count)]
        z, y, x = site // (ny * nx), site // nx % ny, site % nx
        own = labels[z, y, x]
        step = _NEIGHBOURS[int(rng.random() * len(_NEIGHBOURS))]
        other = labels[(z + step[0]) % nz, (y + step[1]) % ny, (x + step[2]) % nx]
        if other == own:
            continue
        gain = 0
        for k in range(len(_NEIGHBOURS)):
            d = _NEIGHBOURS[k]
            near = labels[(z + d[0]) % nz, (y + d[1]) % ny, (x + d[2]) % nx]
            gain += (near == own) - (near == other)
        if gain <= 0 or (temperature > 0 and rng.random() < np.exp(-gain / temperature)):
            labels[z, y, x] = other
