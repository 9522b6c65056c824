"""Compiled loops of `watershed`."""

from __future__ import annotations

import numba
import numpy as np

from segment.volume.components import root

OUTSIDE = -1  #: the mask


@numba.njit(cache=True, nogil=True)
def _downhill(
    values: np.ndarray, inside: np.ndarray, z: int, y: int, x: int, masked: bool, floor: int
) -> int:
    """Index of the lowest of a voxel and its six neighbours; of equals or all below `floor`, the first."""
    nz, ny, nx = values.shape
    here = (z * ny + y) * nx + x
    best, level = here, max(values[z, y, x], floor)
    if z > 0 and (not masked or inside[z - 1, y, x]):
        v = max(values[z - 1, y, x], floor)
        if v < level or (v == level and here - ny * nx < best):
            best, level = here - ny * nx, v
    if y > 0 and (not masked or inside[z, y - 1, x]):
        v = max(values[z, y - 1, x], floor)
        if v < level or (v == level and here - nx < best):
            best, level = here - nx, v
    if x > 0 and (not masked or inside[z, y, x - 1]):
        v = max(values[z, y, x - 1], floor)
        if v < level or (v == level and here - 1 < best):
            best, level = here - 1, v
    if x + 1 < nx and (not masked or inside[z, y, x + 1]):
        v = max(values[z, y, x + 1], floor)
        if v < level:
            best, level = here + 1, v
    if y + 1 < ny and (not masked or inside[z, y + 1, x]):
        v = max(values[z, y + 1, x], floor)
        if v < level:
            best, level = here + nx, v
    if z + 1 < nz and (not masked or inside[z + 1, y, x]):
        v = max(values[z + 1, y, x], floor)
        if v < level:
            best, level = here + ny * nx, v
    return int(best)


@numba.njit(cache=True, nogil=True)
def follow_within(
    values: np.ndarray, inside: np.ndarray, way: np.ndarray, corner: np.ndarray, block: int, floor: int
) -> None:
    """For every voxel of a block, the end of its way down inside the block, or the first voxel beyond it."""
    nz, ny, nx = values.shape
    masked = inside.size == values.size
    z0, y0, x0 = corner
    z1, y1, x1 = min(z0 + block, nz), min(y0 + block, ny), min(x0 + block, nx)
    for z in range(z0, z1):
        for y in range(y0, y1):
            for x in range(x0, x1):
                if masked and not inside[z, y, x]:
                    way[z, y, x] = OUTSIDE
                else:
                    way[z, y, x] = _downhill(values, inside, z, y, x, masked, floor)
    flat = way.reshape(-1)
    for z in range(z0, z1):
        for y in range(y0, y1):
            for x in range(x0, x1):
                here = (z * ny + y) * nx + x
                if flat[here] == OUTSIDE:
                    continue
                end = flat[here]
                while _in_block(end, ny, nx, z0, y0, x0, z1, y1, x1) and flat[end] != end:
                    end = flat[end]
                step = here
                while step != end and flat[step] != end:
                    following = flat[step]
                    flat[step] = end
                    step = following
                    if not _in_block(step, ny, nx, z0, y0, x0, z1, y1, x1):
                        break


@numba.njit(cache=True, nogil=True)
def _in_block(i: int, ny: int, nx: int, z0: int, y0: int, x0: int, z1: int, y1: int, x1: int) -> bool:
    x = i % nx
    y = (i // nx) % ny
    z = i // (nx * ny)
    return z0 <= z < z1 and y0 <= y < y1 and x0 <= x < x1


@numba.njit(cache=True, nogil=True)
def follow_across(way: np.ndarray) -> None:
    """Follow the ways from block to block to their ends, in place."""
    flat = way.reshape(-1)
    for i in range(flat.size):
        if flat[i] == OUTSIDE:
            continue
        end = flat[i]
        while flat[end] != end:
            end = flat[end]
        step = i
        while flat[step] != end:
            following = flat[step]
            flat[step] = end
            step = following


@numba.njit(cache=True, nogil=True)
def number_roots(way: np.ndarray) -> int:
    """Turn ends of ways into basins 1 ... n, in place; 0 outside. Returns n.

    Roots are numbered first and marked by negative numbers, so that no second array is needed.
    """
    flat = way.reshape(-1)
    n = 0
    for i in range(flat.size):
        if flat[i] == i:
            n += 1
            flat[i] = -n - 1
    for i in range(flat.size):
        if flat[i] >= 0:
            flat[i] = flat[flat[i]]
    for i in range(flat.size):
        flat[i] = -flat[i] - 1
    return n


@numba.njit(cache=True, nogil=True)
def _slot(keys: np.ndarray, key: np.int64) -> int:
    mask = keys.size - 1
    i = ((key * 0x9E3779B97F4A7C15) >> 17) & mask
    while keys[i] != -1 and keys[i] != key:
        i = (i + 1) & mask
    return int(i)


@numba.njit(cache=True, nogil=True)
def basin_passes(
    values: np.ndarray, basins: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Every two neighbouring basins: key, lowest pass, voxel faces and the sum of levels along them.

    Then the lowest level of every basin and its number of voxels, shape (n + 1,).
    """
    nz, ny, nx = values.shape
    keys = np.full(4096, -1, np.int64)
    lowest, length, total = np.zeros(4096, np.int32), np.zeros(4096, np.int64), np.zeros(4096)
    used = 0
    bottom, size = np.full(n + 1, 256, np.int32), np.zeros(n + 1, np.int64)
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                a = basins[z, y, x]
                if a == 0:
                    continue
                level = np.int32(values[z, y, x])
                size[a] += 1
                bottom[a] = min(bottom[a], level)
                for axis in range(3):
                    w, v, u = z + (axis == 0), y + (axis == 1), x + (axis == 2)
                    if w == nz or v == ny or u == nx:
                        continue
                    b = basins[w, v, u]
                    if b == 0 or b == a:
                        continue
                    height = max(level, np.int32(values[w, v, u]))
                    key = (np.int64(min(a, b)) << 32) | np.int64(max(a, b))
                    i = _slot(keys, key)
                    if keys[i] == -1:
                        if 2 * used > keys.size:
                            keys, lowest, length, total = _grown(keys, lowest, length, total)
                            i = _slot(keys, key)
                        keys[i] = key
                        lowest[i] = height
                        used += 1
                    lowest[i] = min(lowest[i], height)
                    length[i] += 1
                    total[i] += height
    found = np.flatnonzero(keys != -1)
    return keys[found], lowest[found], length[found], total[found], bottom, size


@numba.njit(cache=True, nogil=True)
def _grown(
    keys: np.ndarray, lowest: np.ndarray, length: np.ndarray, total: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    n = 2 * keys.size
    out = np.full(n, -1, np.int64)
    a, b, c = np.zeros(n, np.int32), np.zeros(n, np.int64), np.zeros(n)
    for i in range(keys.size):
        if keys[i] != -1:
            k = _slot(out, keys[i])
            out[k], a[k], b[k], c[k] = keys[i], lowest[i], length[i], total[i]
    return out, a, b, c


@numba.njit(cache=True, nogil=True)
def absorb_shallow(
    low: np.ndarray,
    high: np.ndarray,
    level: np.ndarray,
    bottom: np.ndarray,
    size: np.ndarray,
    least: int,
    min_voxels: int,
) -> np.ndarray:
    """Unite basins across ascending passes where one is too shallow or too small; by basin, its group."""
    parent = np.arange(bottom.size).astype(np.int32)
    floor, voxels = bottom.copy(), size.copy()
    for k in range(level.size):
        a, b = root(parent, low[k]), root(parent, high[k])
        if a == b:
            continue
        if level[k] - max(floor[a], floor[b]) < least or min(voxels[a], voxels[b]) < min_voxels:
            into, other = min(a, b), max(a, b)
            parent[other] = into
            floor[into] = min(floor[a], floor[b])
            voxels[into] += voxels[other]
    for i in range(parent.size):
        parent[i] = root(parent, i)
    return parent


@numba.njit(cache=True, nogil=True)
def number_groups(labels: np.ndarray, group: np.ndarray) -> None:
    """Replace basins, in place, by their group's number: 1 ... n by first voxel."""
    number, n = np.zeros(group.size, np.int32), 0
    flat = labels.reshape(-1)
    for i in range(flat.size):
        if flat[i] > 0:
            g = group[flat[i]]
            if number[g] == 0:
                n += 1
                number[g] = n
            flat[i] = number[g]
