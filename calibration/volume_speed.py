"""Print CPU time and peak memory of measuring and segmenting volumes: docs/how-to/volumes.md.

    python calibration/volume_speed.py EDGE [measure|watershed]

A mosaic of 128 voxels an edge, 24 to a grain, is repeated to the volume of EDGE voxels an edge.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
from scipy import ndimage

from grainstats.measure.volume import measure_volume, volume_summary
from segment.mosaics.laguerre_volume import laguerre_volume
from segment.volume import LabelVolume, VoxelSize
from segment.volume.watershed import volume_watershed

TILE, MEAN_DIAMETER = 128, 24.0


def tile() -> np.ndarray:
    """Labels of one mosaic."""
    mosaic = laguerre_volume((TILE,) * 3, MEAN_DIAMETER, 0.25, np.random.default_rng(0))
    return mosaic.labels((TILE,) * 3)


def labels_of(edge: int) -> np.ndarray:
    """The mosaic side by side, each copy with labels of its own."""
    one, n = tile(), edge // TILE
    out = np.empty((edge,) * 3, np.int32)
    for k, (z, y, x) in enumerate(np.ndindex(n, n, n)):
        where = tuple(slice(TILE * c, TILE * (c + 1)) for c in (z, y, x))
        out[where] = one + k * int(one.max())
    return out


def probability_of(edge: int) -> np.ndarray:
    """Blurred boundaries of the mosaic side by side, uint8."""
    one = tile()
    line = np.zeros(one.shape, np.float32)
    for axis in range(3):
        line += np.diff(one, axis=axis, append=np.take(one, [-1], axis)) != 0
    noisy = 2 * ndimage.gaussian_filter(np.minimum(line, 1), 1.2)
    noisy += np.random.default_rng(0).normal(0, 0.03, one.shape)
    return np.tile(np.clip(255 * noisy, 0, 255).astype(np.uint8), (edge // TILE,) * 3)


def main(edge: int, what: str) -> None:
    """Once small for the compiler, then the figure."""
    for n in (TILE, edge):
        data = labels_of(n) if what == "measure" else probability_of(n)
        begun = time.process_time()
        if what == "measure":
            volume = LabelVolume(data, VoxelSize(10, 10, 10), np.arange(int(data.max()) + 1))
            volume_summary(measure_volume(volume))
        else:
            volume_watershed(data)
        used = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{what} {edge}^3: {used:.1f} s CPU, {used / edge**3 * 1e9:.0f} ns a voxel, peak {peak:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "measure")
