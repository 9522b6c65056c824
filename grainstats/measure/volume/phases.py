"""Solid and voids of a volume: porosity, how they hang together, how far round a path must go, thickness."""

from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt

from segment.volume.components import component_table
from segment.volume.stack import LabelVolume, VoxelSize

_LEVELS = 24  #: radii from half a voxel to the largest, in even steps
_AXES = ("z", "y", "x")
MOST_FOR_PATHS = 4_000_000  #: voxels of the coarser copy in which paths are sought
MOST_FOR_BALLS = 1_000_000  #: and of that of which 24 distance maps are made


def phase_summary(volume: LabelVolume) -> dict[str, Any]:
    """Porosity, and how solid and voids hang together, ready for `json.dumps`.

    Returns
    -------
    dict
        ``porosity`` (share of the volume that is void) and, where it is not 0, ``solid`` (grains), ``voids``
        with connectivity, percolation, tortuosity and local thickness (``thickness_nm``).
    """
    porosity = float(np.count_nonzero(volume.void) / volume.labels.size)
    found: dict[str, Any] = {"porosity": porosity, "solid": None, "voids": None}
    if porosity > 0:
        for name in ("solid", "voids"):
            mask = volume.labels > 0 if name == "solid" else volume.void
            found[name] = connectivity(mask, volume.voxel_size)
            found[name]["thickness_nm"] = local_thickness(mask, volume.voxel_size)
            del mask  # before the next one is made
    return found


def connectivity(mask: np.ndarray, voxel_size: VoxelSize) -> dict[str, Any]:
    """How the voxels where `mask` is true hang together.

    ``fraction`` of the volume, ``n_pieces`` connected by voxel faces, ``largest_share`` of the voxels in the
    largest piece; ``percolates``: does one piece reach from face to face along x, y, z?  ``tortuosity``,
    along them too: mean length of the shortest way through the phase from one face to each point of
    the opposite one, over their distance; None where there is no way.
    """
    size, _, sides = component_table(mask)
    inside = int(size.sum())
    spans = (sides[:, ::2] & sides[:, 1::2]).any(axis=0)
    through = dict(zip(_AXES, spans.tolist(), strict=True))
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

    thin, edge = thinned(mask, voxel_size, MOST_FOR_PATHS)
    k = _AXES.index(axis)
    order = (k, *(i for i in range(3) if i != k))
    body, edge = thin.transpose(order), edge[list(order)]
    starts = [(0, *place) for place in np.argwhere(body[0]).tolist()]
    if not starts:
        return None
    ways = MCP_Geometric(np.where(body, 1.0, -1.0), sampling=tuple(edge))  # negative: no way through
    distance = ways.find_costs(starts)[0][-1]
    reached = distance[np.isfinite(distance)]
    return float(reached.mean() / ((len(body) - 1) * edge[0])) if reached.size else None


def thinned(mask: np.ndarray, voxel_size: VoxelSize, most_voxels: int) -> tuple[np.ndarray, np.ndarray]:
    """Every k-th voxel along the finely sampled axes, and the voxel edges (z, y, x) that come of it."""
    edge, step = np.array(voxel_size.zyx, float), np.ones(3, np.int64)
    shape = np.array(mask.shape)
    while np.prod(shape // step) > most_voxels and (shape // step > 2).any():
        fine = np.where(shape // step > 2, edge * step, np.inf)
        step[int(np.argmin(fine))] += 1
    return np.ascontiguousarray(mask[:: step[0], :: step[1], :: step[2]]), edge * step


def local_thickness(mask: np.ndarray, voxel_size: VoxelSize) -> dict[str, float] | None:
    """Local thickness (Hildebrand & Ruegsegger 1997) of the voxels where `mask` is true; None without any.

    Balls are centred on voxels.  Plates read right within half a voxel, rods one thin, balls one or two.
    ``mean, median, p90`` are by volume, in nanometres; ``voxel_nm`` is the largest edge of the voxels looked
    at: thickness of one or two of these is not resolved.

    >>> plate = np.zeros((30, 30, 30), bool)
    >>> plate[10:19] = True
    >>> round(local_thickness(plate, VoxelSize(1, 1, 1))["median"], 2)
    9.5
    """
    thin, edge = thinned(mask, voxel_size, MOST_FOR_BALLS)
    if not thin.any():
        return None
    diameter = 2 * _largest_balls(thin, edge)[thin]
    middle, high = np.quantile(diameter, [0.5, 0.9])
    found = {"mean": diameter.mean(), "median": middle, "p90": high, "voxel_nm": edge.max()}
    return {name: float(value) for name, value in found.items()}


def _largest_balls(mask: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """Radius of the largest of `_LEVELS` balls that covers each voxel, float32.

    The distance to the nearest voxel outside ends in its middle: up to half a voxel too far where the surface
    lies along an axis, hardly where it is oblique or curved.  A quarter is taken off.
    """
    half, beyond = float(edge.min()) / 2, float(edge.min()) / 4
    depth = distance_transform_edt(mask, sampling=edge).astype(np.float32) - np.float32(beyond)
    radius = np.where(mask, half, 0).astype(np.float32)
    for level in np.linspace(half, float(depth.max()), _LEVELS):
        centres = depth >= level * (1 - 1e-6)
        near = distance_transform_edt(~centres, sampling=edge) <= level + beyond
        radius[near & mask] = level
    return radius
