"""The compiled loop of `segment.mosaics.laguerre_volume`."""

from __future__ import annotations

import numba
import numpy as np

BLOCK = 8  #: voxels a side; the generators that can own any of them are found once for each block


@numba.njit(cache=True, nogil=True)
def fill_owners(centre: np.ndarray, weight: np.ndarray, edge: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Generator with the least power distance at each voxel's middle, int32 of `shape`."""
    out = np.empty((shape[0], shape[1], shape[2]), np.int32)
    n = weight.size
    distance = np.empty(n)
    near = np.empty(n, np.int64)
    middle, stop = np.empty(3), np.empty(3, np.int64)
    for z0 in range(0, shape[0], BLOCK):
        for y0 in range(0, shape[1], BLOCK):
            for x0 in range(0, shape[2], BLOCK):
                first = (z0, y0, x0)
                half = 0.0
                for k in range(3):
                    stop[k] = min(first[k] + BLOCK, shape[k])
                    middle[k] = (first[k] + stop[k]) / 2 * edge[k]
                    half += ((stop[k] - first[k]) / 2 * edge[k]) ** 2
                half = np.sqrt(half)
                best = np.inf
                for i in range(n):
                    d = 0.0
                    for k in range(3):
                        d += (centre[i, k] - middle[k]) ** 2
                    distance[i] = np.sqrt(d)
                    best = min(best, (distance[i] + half) ** 2 - weight[i])
                m = 0
                for i in range(n):
                    if max(distance[i] - half, 0.0) ** 2 - weight[i] <= best:
                        near[m] = i
                        m += 1
                for z in range(z0, stop[0]):
                    for y in range(y0, stop[1]):
                        for x in range(x0, stop[2]):
                            least, owner = np.inf, 0
                            for j in range(m):
                                i = near[j]
                                d = (
                                    (centre[i, 0] - (z + 0.5) * edge[0]) ** 2
                                    + (centre[i, 1] - (y + 0.5) * edge[1]) ** 2
                                    + (centre[i, 2] - (x + 0.5) * edge[2]) ** 2
                                    - weight[i]
                                )
                                if d < least:
                                    least, owner = d, i
                            out[z, y, x] = owner
    return out
