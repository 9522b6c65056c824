"""Local thickness: at every point of a phase, the largest ball inside it that holds the point."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from grainstats.measure.volume.channels import thinned
from segment.volume.stack import VoxelSize

LEVELS = 24  #: radii from half a voxel to the largest, in even steps
MOST_VOXELS = 1_000_000  #: of the coarser copy, of which 24 distance maps are made


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
    thin, edge = thinned(mask, voxel_size, MOST_VOXELS)
    if not thin.any():
        return None
    diameter = 2 * _largest_balls(thin, edge)[thin]
    middle, high = np.quantile(diameter, [0.5, 0.9])
    found = {"mean": diameter.mean(), "median": middle, "p90": high, "voxel_nm": edge.max()}
    return {name: float(value) for name, value in found.items()}


def _largest_balls(mask: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """Radius of the largest of `LEVELS` balls that covers each voxel, float32.

    The distance to the nearest voxel outside ends in its middle: up to half a voxel too far where the surface
    lies along an axis, hardly where it is oblique or curved.  A quarter is taken off.
    """
    half, beyond = float(edge.min()) / 2, float(edge.min()) / 4
    depth = distance_transform_edt(mask, sampling=edge).astype(np.float32) - np.float32(beyond)
    radius = np.where(mask, half, 0).astype(np.float32)
    for level in np.linspace(half, float(depth.max()), LEVELS):
        centres = depth >= level * (1 - 1e-6)
        near = distance_transform_edt(~centres, sampling=edge) <= level + beyond
        radius[near & mask] = level
    return radius
