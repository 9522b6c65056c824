"""The network for images along the slices of a volume, or along all three directions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segment.micrograph.micrograph import Micrograph
from segment.unet.choices import Device
from segment.unet.model_folder import Model
from segment.unet.predict import predict
from segment.volume.stack import VoxelSize

CUBIC = (
    1.25  #: ratio of the longest to the shortest voxel edge up to which all three directions are seen alike
)
SMALLEST_PX = 64  #: what the network needs to see


def directions_for(shape: tuple[int, ...], voxel_size: VoxelSize) -> tuple[int, ...]:
    """Axes along which slices are shown to the network: all three where voxels are about cubic."""
    edges = voxel_size.xyz
    if max(edges) > CUBIC * min(edges) or min(shape) < SMALLEST_PX:
        return (0,)
    return (0, 1, 2)


def boundary_volume(
    grey: np.ndarray,
    model: Model,
    axes: tuple[int, ...],
    *,
    device: Device = "auto",
    threads: int | None = None,
) -> np.ndarray:
    """Boundary probability of every voxel, uint8 (0 ... 255) of the shape of `grey`.

    Parameters
    ----------
    grey : ndarray of uint8, shape (slices, rows, columns)
    model : Model
    axes : tuple of int
        Slices across each of these axes are shown to the network, and the answers averaged.  With one axis
        the answers of neighbouring slices are averaged instead.
    device, threads
        As in `segment.unet.predict.predict`.
    """
    total = np.zeros(grey.shape, np.uint8)
    for axis in axes:
        scale: float | None = None
        for k in _from_the_middle(grey.shape[axis]):
            image = np.ascontiguousarray(grey.take(k, axis=axis))
            found = predict(model, _micrograph(image), device=device, threads=threads, scale=scale)
            scale = found.scale
            np.moveaxis(total, axis, 0)[k] += np.rint(found.probability * (255 / len(axes))).astype(np.uint8)
    return _along_z(total) if axes == (0,) else total


def _from_the_middle(n: int) -> list[int]:
    """The middle slice first: it settles the scale for all."""
    return [n // 2, *(k for k in range(n) if k != n // 2)]


def _along_z(answers: np.ndarray) -> np.ndarray:
    """Every slice averaged with half of each neighbour, uint8."""
    out = np.empty_like(answers)
    last = len(answers) - 1
    for k in range(len(answers)):
        near = [answers[i].astype(np.uint16) for i in (max(k - 1, 0), k, min(k + 1, last))]
        out[k] = (near[0] + 2 * near[1] + near[2] + 2) // 4
    return out


def _micrograph(image: np.ndarray) -> Micrograph:
    return Micrograph(image, None, "none", Path("slice"), "", "volume")
