"""Does a phase hang together, and how far round must a path through it go?"""

from __future__ import annotations

from typing import Any

import numpy as np

from segment.volume.components import component_table
from segment.volume.stack import VoxelSize

AXES = ("z", "y", "x")
MOST_VOXELS = 4_000_000  #: of the coarser copy in which paths are sought


def connectivity(mask: np.ndarray, voxel_size: VoxelSize) -> dict[str, Any]:
    """How the voxels where `mask` is true hang together.

    ``fraction`` of the volume, ``n_pieces`` connected by voxel faces, ``largest_share`` of the voxels in the
    largest piece; ``percolates``: does one piece reach from face to face along x, y, z?  ``tortuosity``,
    along them too: mean length of the shortest way through the phase from one face to each point of
    the opposite one, over their distance; None where there is no way.

    >>> rod = np.zeros((8, 8, 8), bool)
    >>> rod[:, 2:5, 2:5] = True
    >>> found = connectivity(rod, VoxelSize(1, 1, 1))
    >>> found["percolates"]["z"], found["percolates"]["x"], round(found["tortuosity"]["z"], 3)
    (True, False, 1.0)
    """
    size, _, sides = component_table(mask)
    inside = int(size.sum())
    spans = (sides[:, ::2] & sides[:, 1::2]).any(axis=0)
    through = dict(zip(AXES, spans.tolist(), strict=True))
    return {
        "fraction": inside / mask.size,
        "n_pieces": size.size,
        "largest_share": int(size.max()) / inside if inside else 0.0,
        "percolates": {name: through[name] for name in "xyz"},
        "tortuosity": {name: tortuosity(mask, voxel_size, name) if through[name] else None for name in "xyz"},
    }


def tortuosity(mask: np.ndarray, voxel_size: VoxelSize, axis: str) -> float | None:
    """Geometric tortuosity along x, y or z; see `connectivity`.

    Ways go from voxel to voxel over faces, edges and corners, which is up to 10 % longer than the straight
    line in directions between; a volume of more than 4 million voxels is thinned out evenly first.
    """
    from skimage.graph import MCP_Geometric

    thin, edge = thinned(mask, voxel_size)
    k = AXES.index(axis)
    order = (k, *(i for i in range(3) if i != k))
    body, edge = thin.transpose(order), edge[list(order)]
    starts = [(0, *place) for place in np.argwhere(body[0]).tolist()]
    if not starts:
        return None
    ways = MCP_Geometric(np.where(body, 1.0, -1.0), sampling=tuple(edge))  # negative: no way through
    distance = ways.find_costs(starts)[0][-1]
    reached = distance[np.isfinite(distance)]
    return float(reached.mean() / ((len(body) - 1) * edge[0])) if reached.size else None


def thinned(
    mask: np.ndarray, voxel_size: VoxelSize, most_voxels: int = MOST_VOXELS
) -> tuple[np.ndarray, np.ndarray]:
    """Every k-th voxel along the finely sampled axes, and the voxel edges (z, y, x) that come of it."""
    edge, step = np.array(voxel_size.zyx, float), np.ones(3, np.int64)
    shape = np.array(mask.shape)
    while np.prod(shape // step) > most_voxels and (shape // step > 2).any():
        fine = np.where(shape // step > 2, edge * step, np.inf)
        step[int(np.argmin(fine))] += 1
    return np.ascontiguousarray(mask[:: step[0], :: step[1], :: step[2]]), edge * step
