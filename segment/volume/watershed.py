"""Grains of a boundary probability in three dimensions: basins of descent, merged by persistence and border.

Every voxel leads to the lowest of its six neighbours, ties broken by position, so that the basin of each
minimum is a tree.  The labels are nearly all memory beside the probability.  Below the persistence all levels
count as one on the way down, since minima that meet there are merged in any case.

Passes are taken from the lowest up: where the shallower of two basins has risen by less than the persistence,
the two become one.  What is still too small then joins across its lowest pass.  Passes of one level are taken
in the order of their places.
"""

import numba
import numpy as np

from segment.cells.border_merging import BORDER_CONFIDENCE, join_weak
from segment.cells.borders import borders_between
from segment.cells.watershed import number_cells, root
from segment.volume._pair_table import FREE, START, grown, pair_of, pair_slot
from segment.volume.components import root_of_each, unite

_LEVELS = 255  #: of probability as uint8
#: of basins, held before those that are settled are merged: 64 MB; it changes no label
_MOST_PAIRS = 1_000_000
OUTSIDE = -1  #: way of a voxel that is in no grain
NO_GRAIN = 253  #: levels from here on are no probability but voxels without a grain
PLACES = float(1 << 33)  #: more than the faces of 2**31 voxels; with a level before them exact in float64


@numba.njit(cache=True, nogil=True)
def _downhill(values: np.ndarray, z: int, y: int, x: int, floor: int) -> int:
    """Index of the lowest of a voxel and its six neighbours; of equals or all below `floor`, the first."""
    nz, ny, nx = values.shape
    best, level = (z * ny + y) * nx + x, max(values[z, y, x], floor)
    for k in (0, 1, 2, 3, 4, 5):  # the first three lie before the voxel, nearest last
        axis, step = (k, -1) if k < 3 else (5 - k, 1)
        w, v, u = z + step * (axis == 0), y + step * (axis == 1), x + step * (axis == 2)
        if w < 0 or v < 0 or u < 0 or w == nz or v == ny or u == nx:
            continue
        near, there = max(values[w, v, u], floor), (w * ny + v) * nx + u
        if near < level or (near == level and there < best):
            best, level = there, near
    return int(best)


@numba.njit(cache=True, nogil=True)
def descend(values: np.ndarray, way: np.ndarray, floor: int) -> None:
    """For every voxel, in place, the end of its way down: its minimum, which is its own end."""
    nz, ny, nx = values.shape
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                way[z, y, x] = OUTSIDE if values[z, y, x] >= NO_GRAIN else _downhill(values, z, y, x, floor)
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
def _joined(parent: np.ndarray, facts: np.ndarray, a: int, b: int) -> int:
    """Unite two groups and their facts (lowest level, voxels, last slice); returns the representative."""
    into = unite(parent, a, b)
    other = max(a, b)
    facts[into, 0] = min(facts[into, 0], facts[other, 0])
    facts[into, 1] += facts[other, 1]
    facts[into, 2] = max(facts[into, 2], facts[other, 2])
    return into


@numba.njit(cache=True, nogil=True)
def basin_passes(
    values: np.ndarray, basins: np.ndarray, n: int, least: int, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Groups of basins, and the passes between them, in one sweep through the slices.

    Basins that meet below `least` are one group at once.  Whenever more than `most` pairs are held, groups
    that the sweep has left behind and that are too shallow are merged.  Such a group merges across its lowest
    pass in any case, whatever comes later, so that `most` changes nothing.

    Returned are the table of neighbouring groups: keys, and rows with their lowest pass (level x `PLACES` +
    its place), voxel faces and the sum of levels along them; by basin, one nearer to the representative of
    its group, int32 of shape (n + 1,); and of representatives lowest level, voxels, last slice, (n + 1, 3).
    """
    nz, ny, nx = values.shape
    parent, facts = np.arange(n + 1).astype(np.int32), np.zeros((n + 1, 3), np.int32)
    facts[:, 0] = NO_GRAIN
    keys, rows, used, limit = np.full(START, FREE, np.int64), np.zeros((START, 3)), 0, most
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                basin = basins[z, y, x]
                if basin == 0:
                    continue
                a, level = root(parent, basin), np.int32(values[z, y, x])
                facts[a, 0] = min(facts[a, 0], level)
                facts[a, 1] += 1
                facts[a, 2] = max(facts[a, 2], z)
                for axis in range(3):
                    w, v, u = z + (axis == 0), y + (axis == 1), x + (axis == 2)
                    if w == nz or v == ny or u == nx:
                        continue
                    other = basins[w, v, u]
                    if other == 0 or other == basin:
                        continue
                    b = root(parent, other)
                    if a == b:
                        continue
                    facts[b, 2] = max(facts[b, 2], w)
                    height = max(level, np.int32(values[w, v, u]))
                    if height < least:
                        a = _joined(parent, facts, a, b)
                        continue
                    key = pair_of(a, b)
                    i = pair_slot(keys, key)
                    lowest = height * PLACES + ((z * ny + y) * nx + x) * 3.0 + axis
                    if keys[i] == FREE:
                        if 2 * used > keys.size:
                            keys, rows = grown(keys, rows)
                            i = pair_slot(keys, key)
                        keys[i] = key
                        rows[i, 0] = lowest
                        used += 1
                    rows[i, 0] = min(rows[i, 0], lowest)
                    rows[i, 1] += 1
                    rows[i, 2] += height
        if used > limit:
            absorb_ended(keys, rows, parent, facts, least, 0, z)
            keys, rows, used = gathered(keys, rows, parent)
            limit = max(most, 2 * used)
    return keys, rows, parent, facts


@numba.njit(cache=True, nogil=True)
def absorb_ended(
    keys: np.ndarray,
    rows: np.ndarray,
    parent: np.ndarray,
    facts: np.ndarray,
    least: int,
    min_voxels: int,
    z: int,
) -> None:
    """Merge, in place, across ascending passes where a group ends before slice z and is shallow or small."""
    held = np.flatnonzero(keys != FREE)
    for k in held[np.argsort(rows[held, 0])]:
        a, b = root(parent, keys[k] >> 32), root(parent, keys[k] & 0xFFFFFFFF)
        if a == b:
            continue
        level = int(rows[k, 0] / PLACES)
        for group in (a, b):
            weak = level - facts[group, 0] < least or facts[group, 1] < min_voxels
            if weak and facts[group, 2] < z:
                _joined(parent, facts, a, b)
                break


@numba.njit(cache=True, nogil=True)
def gathered(keys: np.ndarray, rows: np.ndarray, parent: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """The pairs that are left between groups, as a new table, and how many they are."""
    out, sums, used = np.full(START, FREE, np.int64), np.zeros((START, 3)), 0
    for k in range(keys.size):
        if keys[k] == FREE:
            continue
        a, b = root(parent, keys[k] >> 32), root(parent, keys[k] & 0xFFFFFFFF)
        if a == b:
            continue
        if 2 * used > out.size:
            out, sums = grown(out, sums)
        i = pair_slot(out, pair_of(a, b))
        if out[i] == FREE:
            out[i], sums[i], used = pair_of(a, b), rows[k], used + 1
        else:
            sums[i, 0] = min(sums[i, 0], rows[k, 0])
            sums[i, 1:] += rows[k, 1:]
    return out, sums, used


def volume_watershed(
    probability: np.ndarray,
    *,
    persistence: float = 0.05,
    confidence: float | None = BORDER_CONFIDENCE,
    min_voxels: int = 27,
) -> np.ndarray:
    """Grains 1 ... n of a boundary probability, in the order of their first voxels; 0 for no grain.

    `probability`, uint8, is high on boundaries, up to 252 (of 255); from `NO_GRAIN` (253) on there is no
    grain.  `persistence` is the least rise (0 ... 1) from a grain's minimum to its lowest pass, `confidence`
    the least mean probability along the face of two grains that keeps them apart (None: persistence alone);
    basins of fewer than `min_voxels` are merged.  `ValueError`: more than 2**31 - 2 voxels, or another dtype.
    """
    if probability.dtype != np.uint8 or probability.size >= 2**31 - 1:
        raise ValueError("needs uint8 and at most 2**31 - 2 voxels")
    least = max(round(persistence * _LEVELS), 1)
    way = np.empty(probability.shape, np.int32)
    descend(probability, way, least - 1)
    group = _groups(probability, way, least, confidence, min_voxels)
    number_cells(way.reshape(1, -1), group)
    return way


def _groups(
    probability: np.ndarray,
    way: np.ndarray,
    least: int,
    confidence: float | None,
    min_voxels: int,
) -> np.ndarray:
    """By basin, the one that stands for its grain, int32 of shape (n + 1,); `way` becomes the basins."""
    n, end = number_roots(way), len(way)
    keys, rows, parent, facts = basin_passes(probability, way, n, least, _MOST_PAIRS)
    for fewest in (0, min_voxels):
        absorb_ended(keys, rows, parent, facts, least, fewest, end)
        keys, rows, _ = gathered(keys, rows, parent)
    group = root_of_each(parent)
    if confidence is None:
        return group
    rows, keys = rows[keys != FREE], keys[keys != FREE]
    a, b = (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)
    borders = borders_between(a, b, rows[:, 1].astype(np.int64), rows[:, 2] / _LEVELS)
    return np.asarray(join_weak(borders, n + 1, confidence)[0][group])
