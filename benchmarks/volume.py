"""From a label volume to tables, and from a boundary probability to grains, in three dimensions."""

from __future__ import annotations

import numpy as np
from laguerre_volume import laguerre_volume
from scipy import ndimage

from grainstats.measure.volume import measure_volume, volume_summary
from segment.volume import LabelVolume, VoxelSize
from segment.volume.watershed import NO_GRAIN, volume_watershed

TILE, MEAN_DIAMETER = 128, 24.0  #: voxels; a larger volume is the mosaic side by side


def labels_of(edge: int) -> np.ndarray:
    """Mosaics side by side, each with labels of its own, int32."""
    mosaic = laguerre_volume((TILE,) * 3, MEAN_DIAMETER, 0.25, np.random.default_rng(0))
    one, n = mosaic.labels((TILE,) * 3), edge // TILE
    out = np.empty((edge,) * 3, np.int32)
    for k, corner in enumerate(np.ndindex(n, n, n)):
        where = tuple(slice(TILE * c, TILE * (c + 1)) for c in corner)
        out[where] = one + k * int(one.max())
    return out


def probability_of(edge: int) -> np.ndarray:
    """Blurred and noisy boundaries of the mosaic side by side, uint8."""
    one = labels_of(TILE)
    line = np.zeros(one.shape, np.float32)
    for axis in range(3):
        line += np.diff(one, axis=axis, append=np.take(one, [-1], axis)) != 0
    noisy = 2 * ndimage.gaussian_filter(np.minimum(line, 1), 1.2)
    noisy += np.random.default_rng(0).normal(0, 0.03, one.shape)
    return np.tile(np.clip(255 * noisy, 0, NO_GRAIN - 1).astype(np.uint8), (edge // TILE,) * 3)


class Volume:
    """Cubes of several edges: the time is to grow as the number of voxels."""

    params = (128, 256, 512)
    param_names = ("edge",)
    timeout = 600

    def setup(self, edge: int) -> None:
        labels = labels_of(edge)
        self.volume = LabelVolume(labels, VoxelSize(10, 10, 10), np.arange(int(labels.max()) + 1))
        self.probability = probability_of(edge)
        volume_watershed(self.probability[:32, :32, :32])

    def time_measure(self, edge: int) -> None:
        volume_summary(measure_volume(self.volume))

    def time_watershed(self, edge: int) -> None:
        volume_watershed(self.probability)

    def peakmem_measure(self, edge: int) -> None:
        measure_volume(self.volume)
