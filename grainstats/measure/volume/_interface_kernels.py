"""Compiled passes over a label volume: faces between grains, edges where three meet, corners."""

import numba
import numpy as np

from segment.volume._pair_table import FREE, START, grown, pair_of, pair_slot

_RADIUS = 2.6  #: voxels; window in which the normal of a face is found


def window_offsets() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Voxels within `_RADIUS` of the middle of a face, by axis of the face: int64 of shape (k, 3).

    They are relative to the voxel before the face.
    """
    reach = np.arange(-3, 5)
    grid = np.stack(np.meshgrid(reach, reach, reach, indexing="ij"), -1).reshape(-1, 3)
    found = []
    for axis in range(3):
        middle = np.zeros(3)
        middle[axis] = 0.5
        near = ((grid - middle) ** 2).sum(axis=1) <= _RADIUS**2
        found.append(grid[near].astype(np.int64))
    return found[0], found[1], found[2]


@numba.njit(cache=True, nogil=True)
def _share_of_face(
    labels: np.ndarray,
    place: tuple[int, int, int],
    axis: int,
    a: int,
    b: int,
    offsets: np.ndarray,
    edge: np.ndarray,
    sums: np.ndarray,
) -> float:
    """Cosine between the interface of grains a and b and the face after a voxel; `sums` is room, (4, 3)."""
    z, y, x = place
    nz, ny, nx = labels.shape
    sums[:] = 0.0  # of offsets, of their squares, of those to a, of those to b
    count = na = nb = 0
    for k in range(len(offsets)):
        w, v, u = z + offsets[k, 0], y + offsets[k, 1], x + offsets[k, 2]
        if w < 0 or v < 0 or u < 0 or w >= nz or v >= ny or u >= nx:
            continue
        here = labels[w, v, u]
        count += 1
        na += here == a
        nb += here == b
        for i in range(3):
            sums[0, i] += offsets[k, i]
            sums[1, i] += offsets[k, i] ** 2
            if here == a:
                sums[2, i] += offsets[k, i]
            elif here == b:
                sums[3, i] += offsets[k, i]
    normal = sums[0]
    for i in range(3):
        spread = max(sums[1, i] / count - (sums[0, i] / count) ** 2, 1e-9)
        normal[i] = (sums[3, i] / nb - sums[2, i] / na) / spread / edge[i]
    length = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    return 1.0 if length == 0.0 else abs(normal[axis]) / length


@numba.njit(cache=True, nogil=True)
def interfaces(
    labels: np.ndarray,
    edge: np.ndarray,
    offsets: tuple[np.ndarray, np.ndarray, np.ndarray],
    blocks: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keys (`pair_of`, shape (k,)) of every two labels that meet; area and number of their faces, (k, 2).

    Besides, for each block the area between grains and that between a grain and label 0, shape (n_blocks, 2),
    scaled from the n - 1 layers of faces along each axis to n, so that it may be divided by the volume.
    """
    nz, ny, nx = labels.shape
    keys, values = np.full(START, FREE, np.int64), np.zeros((START, 2))
    used, sums = 0, np.zeros((4, 3))
    by_block = np.zeros((blocks[0] * blocks[1] * blocks[2], 2))
    area = np.array([edge[1] * edge[2], edge[0] * edge[2], edge[0] * edge[1]])
    whole = np.array([n / max(n - 1, 1) for n in labels.shape])
    for z in range(nz):
        block_z = z * blocks[0] // nz
        for y in range(ny):
            block_y = block_z * blocks[1] + y * blocks[1] // ny
            for x in range(nx):
                here = labels[z, y, x]
                for axis in range(3):
                    w, v, u = z + (axis == 0), y + (axis == 1), x + (axis == 2)
                    if w == nz or v == ny or u == nx or labels[w, v, u] == here:
                        continue
                    there = labels[w, v, u]
                    share = _share_of_face(labels, (z, y, x), axis, here, there, offsets[axis], edge, sums)
                    key = pair_of(here, there)
                    i = pair_slot(keys, key)
                    if keys[i] == FREE:
                        if used * 2 > keys.size:
                            keys, values = grown(keys, values)
                            i = pair_slot(keys, key)
                        keys[i] = key
                        used += 1
                    values[i, 0] += share * area[axis]
                    values[i, 1] += 1
                    block = block_y * blocks[2] + x * blocks[2] // nx
                    by_block[block, 1 if min(here, there) == 0 else 0] += share * area[axis] * whole[axis]
    found = np.flatnonzero(keys != FREE)
    return keys[found], values[found], by_block


@numba.njit(cache=True, nogil=True)
def _others(a: int, b: int, c: int, d: int) -> int:
    """Number of different grains among four labels; label 0 is none."""
    n = 1 if a > 0 else 0
    n += b > 0 and b != a
    n += c > 0 and c != a and c != b
    n += d > 0 and d != a and d != b and d != c
    return n


@numba.njit(cache=True, nogil=True)
def triple_edges(labels: np.ndarray) -> np.ndarray:
    """Voxel edges on which three grains meet, by their direction (z, y, x).

    An edge with four grains is two triple lines side by side.
    """
    nz, ny, nx = labels.shape
    along = np.zeros(3, np.int64)
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                a = labels[z, y, x]
                for axis in range(3):
                    w, v, u = z + (axis != 0), y + (axis != 1), x + (axis != 2)
                    if w < nz and v < ny and u < nx:  # the other three around the edge
                        b, c = labels[w, v if axis == 0 else y, x], labels[z, v if axis == 2 else y, u]
                        along[axis] += max(_others(a, b, c, labels[w, v, u]) - 2, 0)
    return along


@numba.njit(cache=True, nogil=True)
def corner_groups(labels: np.ndarray) -> np.ndarray:
    """The four lowest grains, ascending, at every lattice point where at least four meet: int32 (k, 4)."""
    nz, ny, nx = labels.shape
    found, used = np.empty((1024, 4), np.int32), 0
    group = np.empty(8, np.int32)
    for z in range(nz - 1):
        for y in range(ny - 1):
            for x in range(nx - 1):
                n = 0
                for k in range(8):
                    label = labels[z + (k >> 2), y + ((k >> 1) & 1), x + (k & 1)]
                    new = label > 0
                    for j in range(n):
                        if group[j] == label:
                            new = False
                    if new:
                        group[n] = label
                        n += 1
                if n < 4:
                    continue
                if used == found.shape[0]:
                    more = np.empty((used * 2, 4), np.int32)
                    more[:used] = found
                    found = more
                found[used] = np.sort(group[:n])[:4]
                used += 1
    return found[:used]
