"""Connected pieces of a label volume, or of a mask, in memory of two slices."""

from __future__ import annotations

import numba
import numpy as np

from segment.cells.watershed import root


@numba.njit(cache=True, nogil=True)
def unite(parent: np.ndarray, a: int, b: int) -> int:
    """Join two sets under their lower representative, which is returned."""
    a, b = root(parent, a), root(parent, b)
    low, high = min(a, b), max(a, b)
    parent[high] = low
    return low


@numba.njit(cache=True, nogil=True)
def root_of_each(parent: np.ndarray) -> np.ndarray:
    """Representative of every member."""
    out = np.empty_like(parent)
    for i in range(parent.size):
        out[i] = root(parent, i)
    return out


@numba.njit(cache=True, nogil=True)
def _label_slice(
    labels: np.ndarray, z: int, above: np.ndarray, here: np.ndarray, parent: np.ndarray, n: int
) -> tuple[np.ndarray, int]:
    """Provisional numbers of one slice into `here`, those of the slice before being in `above`.

    Returns the table of sets, which may have grown, and the next free number.
    """
    _, ny, nx = labels.shape
    for y in range(ny):
        for x in range(nx):
            label, number = labels[z, y, x], 0
            here[y, x] = 0
            if label == 0:
                continue
            if x > 0 and labels[z, y, x - 1] == label:
                number = here[y, x - 1]
            if y > 0 and labels[z, y - 1, x] == label:
                other = here[y - 1, x]
                number = other if number == 0 or number == other else unite(parent, number, other)
            if z > 0 and labels[z - 1, y, x] == label:
                other = above[y, x]
                number = other if number == 0 or number == other else unite(parent, number, other)
            if number == 0:
                if n == parent.size:
                    more = np.zeros(n * 2, np.int32)
                    more[:n] = parent
                    parent = more
                parent[n] = number = n
                n += 1
            here[y, x] = number
    return parent, n


@numba.njit(cache=True, nogil=True)
def _pieces(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sets of provisional numbers, and by representative voxels (else 0), label and sides touched."""
    nz, ny, nx = labels.shape
    parent, n = np.zeros(1024, np.int32), 1
    size, label, sides = np.zeros(1024, np.int64), np.zeros(1024, np.int64), np.zeros((1024, 6), np.bool_)
    above, here = np.zeros((ny, nx), np.int32), np.zeros((ny, nx), np.int32)
    for z in range(nz):
        parent, n = _label_slice(labels, z, above, here, parent, n)
        if parent.size > size.size:
            size = np.concatenate((size, np.zeros(parent.size - size.size, np.int64)))
            label = np.concatenate((label, np.zeros(parent.size - label.size, np.int64)))
            sides = np.concatenate((sides, np.zeros((parent.size - len(sides), 6), np.bool_)))
        for y in range(ny):
            for x in range(nx):
                number = here[y, x]
                if number == 0:
                    continue
                size[number] += 1
                label[number] = labels[z, y, x]
                sides[number, 0] |= z == 0
                sides[number, 1] |= z == nz - 1
                sides[number, 2] |= y == 0
                sides[number, 3] |= y == ny - 1
                sides[number, 4] |= x == 0
                sides[number, 5] |= x == nx - 1
        above, here = here, above
    for i in range(n - 1, 0, -1):
        whole = root(parent, i)
        if whole != i:
            size[whole] += size[i]
            size[i] = 0
            sides[whole] |= sides[i]
    return parent, size, label, sides


def component_table(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pieces of equal labels, 0 apart, that hang together by faces; two slices are held at a time.

    Voxels of each, its label, both of shape (n,), and whether it touches the first and last slice, row and
    column, bool of shape (n, 6).
    """
    _, size, label, sides = _pieces(labels)
    own = size > 0
    return size[own], label[own], sides[own]


@numba.njit(cache=True, nogil=True)
def large_components(mask: np.ndarray, least: int) -> np.ndarray:
    """The mask without pieces, connected by faces, of fewer than `least` voxels; bool of its shape."""
    _, ny, nx = mask.shape
    parent, size, _, _ = _pieces(mask)
    out = np.zeros(mask.shape, np.bool_)
    again, m = np.zeros(parent.size, np.int32), 1
    above, here = np.zeros((ny, nx), np.int32), np.zeros((ny, nx), np.int32)
    for z in range(len(mask)):
        again, m = _label_slice(mask, z, above, here, again, m)
        for y in range(ny):
            for x in range(nx):
                if here[y, x] > 0:
                    out[z, y, x] = size[root(parent, here[y, x])] >= least
        above, here = here, above
    return out
