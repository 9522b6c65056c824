"""Compiled loops of `channels`."""

from __future__ import annotations

import numba
import numpy as np

RELAXATION = 1.8  #: successive over-relaxation; 2 / (1 + sin(pi / n)) for n of about 30
TOLERANCE = 0.01  #: of the flux, between the two faces
MOST_SWEEPS = 5000  #: then the last flux is taken


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


@numba.njit(cache=True, nogil=True)
def diffusive_flux(mask: np.ndarray, edge: np.ndarray) -> float:
    """Flux through the mask from a first face at 1 to a last face at 0, over that of the whole box."""
    nz, ny, nx = mask.shape
    rate = np.array([1 / edge[0] ** 2, 1 / edge[1] ** 2, 1 / edge[2] ** 2])
    c = np.zeros(mask.shape, np.float64)
    for z in range(nz):
        c[z] = 1 - (z + 0.5) / nz
    for sweep in range(MOST_SWEEPS):
        for z in range(nz):
            for y in range(ny):
                for x in range(nx):
                    if not mask[z, y, x]:
                        continue
                    total, weight = 0.0, 0.0
                    if z == 0:
                        total += 2 * rate[0]
                        weight += 2 * rate[0]
                    elif mask[z - 1, y, x]:
                        total += rate[0] * c[z - 1, y, x]
                        weight += rate[0]
                    if z == nz - 1:
                        weight += 2 * rate[0]
                    elif mask[z + 1, y, x]:
                        total += rate[0] * c[z + 1, y, x]
                        weight += rate[0]
                    if y > 0 and mask[z, y - 1, x]:
                        total += rate[1] * c[z, y - 1, x]
                        weight += rate[1]
                    if y + 1 < ny and mask[z, y + 1, x]:
                        total += rate[1] * c[z, y + 1, x]
                        weight += rate[1]
                    if x > 0 and mask[z, y, x - 1]:
                        total += rate[2] * c[z, y, x - 1]
                        weight += rate[2]
                    if x + 1 < nx and mask[z, y, x + 1]:
                        total += rate[2] * c[z, y, x + 1]
                        weight += rate[2]
                    if weight > 0:
                        c[z, y, x] += RELAXATION * (total / weight - c[z, y, x])
        if sweep % 20 == 19:
            into, out = 0.0, 0.0
            for y in range(ny):
                for x in range(nx):
                    if mask[0, y, x]:
                        into += 2 * (1 - c[0, y, x])
                    if mask[nz - 1, y, x]:
                        out += 2 * c[nz - 1, y, x]
            if abs(into - out) <= TOLERANCE * max(into, out) or max(into, out) < 1e-9:
                break
    scale = nz / (ny * nx)
    flux = (into + out) / 2 * scale
    return flux if flux > 1e-6 else 0.0
