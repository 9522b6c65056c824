"""Connected pieces of a label volume, or of a mask."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def root(parent: np.ndarray, i: int) -> int:
    """Representative of a set, paths halved on the way."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@numba.njit(cache=True, nogil=True)
def unite(parent: np.ndarray, a: int, b: int) -> int:
    """Join two sets under their lower representative, which is returned."""
    a, b = root(parent, a), root(parent, b)
    low, high = min(a, b), max(a, b)
    parent[high] = low
    return low


@numba.njit(cache=True, nogil=True)
def connected_pieces(labels: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the pieces of equal labels that hang together by faces.

    Parameters
    ----------
    labels : ndarray of int or bool, shape (slices, rows, columns)
        0 is background.

    Returns
    -------
    pieces : ndarray of int32, same shape
        1 ... n in the order of their first voxels; 0 in the background.
    n : int
    """
    nz, ny, nx = labels.shape
    out = np.zeros(labels.shape, np.int32)
    parent, n = np.zeros(1024, np.int32), 1
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                label = labels[z, y, x]
                if label == 0:
                    continue
                here = 0
                if x > 0 and labels[z, y, x - 1] == label:
                    here = out[z, y, x - 1]
                if y > 0 and labels[z, y - 1, x] == label:
                    other = out[z, y - 1, x]
                    here = other if here == 0 or here == other else unite(parent, here, other)
                if z > 0 and labels[z - 1, y, x] == label:
                    other = out[z - 1, y, x]
                    here = other if here == 0 or here == other else unite(parent, here, other)
                if here == 0:
                    if n == parent.size:
                        more = np.zeros(n * 2, np.int32)
                        more[:n] = parent
                        parent = more
                    parent[n] = here = n
                    n += 1
                out[z, y, x] = here
    number, found = np.zeros(n, np.int32), 0
    for i in range(1, n):
        if parent[i] == i:
            found += 1
            number[i] = found
        else:
            number[i] = number[root(parent, i)]
    for z in range(nz):
        for y in range(ny):
            row = out[z, y]
            for x in range(nx):
                if row[x] > 0:
                    row[x] = number[row[x]]
    return out, found
