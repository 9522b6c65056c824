"""The network for images along the slices of a volume, or along all three directions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segment.choices import Device
from segment.micrograph.micrograph import Micrograph
from segment.unet.model_folder import Model
from segment.unet.predict import predict
from segment.volume.stack import VoxelSize

CUBIC = 1.25  #: longest over shortest voxel edge up to which all three directions are seen alike
SMALLEST_PX = 64  #: what the network needs to see


def sees_every_direction(shape: tuple[int, ...], voxel_size: VoxelSize) -> bool:
    """Whether slices across all three axes are alike to the network: voxels are about cubic."""
    edges = voxel_size.xyz
    return max(edges) <= CUBIC * min(edges) and min(shape) >= SMALLEST_PX


def boundary_volume(
    grey: np.ndarray, model: Model, axes: tuple[int, ...], *, device: Device = "auto"
) -> np.ndarray:
    """Boundary probability of every voxel, uint8 (0 ... 255) of the shape of `grey`, uint8.

    Slices across each of `axes` are shown to the network, and the answers averaged.  With one axis the
    answers of neighbouring slices are averaged instead.
    """
    total = np.zeros(grey.shape, np.uint8)
    for axis in axes:
        scale: float | None = None
        middle, n = grey.shape[axis] // 2, grey.shape[axis]
        for k in (middle, *range(middle), *range(middle + 1, n)):  # the first settles the scale for all
            image = np.ascontiguousarray(grey.take(k, axis=axis))
            shown = Micrograph(image, None, "none", Path("slice"), "", "volume")
            found = predict(model, shown, device=device, scale=scale)
            scale = found.scale
            np.moveaxis(total, axis, 0)[k] += np.rint(found.probability * (255 / len(axes))).astype(np.uint8)
    return _along_z(total) if axes == (0,) else total


def _along_z(answers: np.ndarray) -> np.ndarray:
    """Every slice averaged with half of each neighbour, uint8."""
    out = np.empty_like(answers)
    last = len(answers) - 1
    for k in range(len(answers)):
        near = [answers[i].astype(np.uint16) for i in (max(k - 1, 0), k, min(k + 1, last))]
        out[k] = (near[0] + 2 * near[1] + near[2] + 2) // 4
    return out
