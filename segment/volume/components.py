"""Connected pieces of a label volume, or of a mask, in memory of two slices."""

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
def _pieces(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sets of provisional numbers; by representative voxels (else 0), label, and a bit per side touched."""
    nz, ny, nx = labels.shape
    parent, n = np.zeros(1024, np.int32), 1
    facts = np.zeros((1024, 3), np.int64)
    above, here = np.zeros((ny, nx), np.int32), np.zeros((ny, nx), np.int32)
    for z in range(nz):
        parent, n = _label_slice(labels, z, above, here, parent, n)
        if parent.size > len(facts):
            facts = np.concatenate((facts, np.zeros((parent.size - len(facts), 3), np.int64)))
        for y in range(ny):
            for x in range(nx):
                number = here[y, x]
                if number == 0:
                    continue
                facts[number, 0] += 1
                facts[number, 1] = labels[z, y, x]
                facts[number, 2] |= (z == 0) | (z == nz - 1) << 1 | (y == 0) << 2
                facts[number, 2] |= (y == ny - 1) << 3 | (x == 0) << 4 | (x == nx - 1) << 5
        above, here = here, above
    for i in range(n - 1, 0, -1):
        whole = root(parent, i)
        if whole != i:
            facts[whole, 0] += facts[i, 0]
            facts[i, 0] = 0
            facts[whole, 2] |= facts[i, 2]
    return parent, facts


def component_table(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pieces of equal labels, 0 apart, that hang together by faces; two slices are held at a time.

    Voxels of each, its label, both of shape (n,), and whether it touches the first and last slice, row and
    column, bool of shape (n, 6).
    """
    _, facts = _pieces(labels)
    own = facts[facts[:, 0] > 0]
    return own[:, 0], own[:, 1], (own[:, 2:] >> np.arange(6) & 1).astype(bool)


@numba.njit(cache=True, nogil=True)
def _told(labels: np.ndarray, parent: np.ndarray, of_piece: np.ndarray) -> np.ndarray:
    """What each piece has, by its representative, in place of its voxels; 0 stays 0."""
    _, ny, nx = labels.shape
    out = np.zeros(labels.shape, of_piece.dtype)
    again, m = np.zeros(parent.size, np.int32), 1
    above, here = np.zeros((ny, nx), np.int32), np.zeros((ny, nx), np.int32)
    for z in range(len(labels)):
        again, m = _label_slice(labels, z, above, here, again, m)
        for y in range(ny):
            for x in range(nx):
                if here[y, x] > 0:
                    out[z, y, x] = of_piece[root(parent, here[y, x])]
        above, here = here, above
    return out


def renumbered(labels: np.ndarray, number: np.ndarray) -> np.ndarray:
    """A number in place of each piece of equal labels, in the order of `component_table`; 0 stays 0."""
    parent, facts = _pieces(labels)
    of_piece = np.zeros(len(facts), number.dtype)
    of_piece[facts[:, 0] > 0] = number
    return np.asarray(_told(labels, parent, of_piece))


def large_components(mask: np.ndarray, least: int) -> np.ndarray:
    """The mask without pieces, connected by faces, of fewer than `least` voxels; bool of its shape."""
    parent, facts = _pieces(mask)
    return np.asarray(_told(mask, parent, facts[:, 0] >= least))
