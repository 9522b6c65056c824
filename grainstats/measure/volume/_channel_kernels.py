"""Compiled loops of `channels`."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def shortest_paths(mask: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """Length of the shortest way from the first layer to every voxel, float32; inf where there is none.

    Raster scans forwards and backwards until nothing gets shorter.
    """
    nz, ny, nx = mask.shape
    out = np.full(mask.shape, np.inf, np.float32)
    step, length = np.empty((13, 3), np.int64), np.empty(13, np.float32)
    n = 0
    for dz in range(-1, 1):
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                if dz < 0 or dy < 0 or (dy == 0 and dx < 0):
                    if dz == 0 and dy > 0:
                        continue
                    step[n] = (dz, dy, dx)
                    length[n] = np.sqrt((dz * edge[0]) ** 2 + (dy * edge[1]) ** 2 + (dx * edge[2]) ** 2)
                    n += 1
    for y in range(ny):
        for x in range(nx):
            if mask[0, y, x]:
                out[0, y, x] = 0
    changed = True
    while changed:
        changed = False
        for turn in range(2):
            sign = 1 if turn == 0 else -1
            for i in range(nz):
                z = i if sign > 0 else nz - 1 - i
                for j in range(ny):
                    y = j if sign > 0 else ny - 1 - j
                    for m in range(nx):
                        x = m if sign > 0 else nx - 1 - m
                        if not mask[z, y, x]:
                            continue
                        best = out[z, y, x]
                        for k in range(n):
                            w, v, u = z + sign * step[k, 0], y + sign * step[k, 1], x + sign * step[k, 2]
                            if w < 0 or v < 0 or u < 0 or w >= nz or v >= ny or u >= nx:
                                continue
                            way = out[w, v, u] + length[k]
                            if way < best * np.float32(0.999999):
                                best = way
                        if best < out[z, y, x]:
                            out[z, y, x] = best
                            changed = True
    return out
