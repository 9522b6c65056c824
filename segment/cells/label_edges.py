"""Where the label changes to the right or below: the one walk along all borders; and what hangs together."""

import numpy as np

_STRIP_PIXELS = 1 << 22  #: compared at a time, so that no whole-map temporary exists

PixelIndices = tuple[np.ndarray, np.ndarray]  #: rows and columns, ndarrays of int64, shape (n,)


def label_edges(labels: np.ndarray) -> tuple[PixelIndices, PixelIndices]:
    """Pixels with another label on their right, and pixels with another label below; row by row.

    >>> (_, column), (row, _) = label_edges(np.array([[1, 1, 2], [3, 3, 2]]))
    >>> column.tolist(), row.tolist()
    ([1, 1], [0, 0])
    """
    return _places(labels[:, :-1], labels[:, 1:]), _places(labels[:-1], labels[1:])


def pairs_beside(labels: np.ndarray) -> np.ndarray:
    """Labels on both sides of each pixel edge at which they change; int64, shape (n, 2)."""
    (y, x), (v, u) = label_edges(labels)
    here = np.concatenate([labels[y, x], labels[v, u]])
    there = np.concatenate([labels[y, x + 1], labels[v + 1, u]])
    return np.column_stack([here, there]).astype(np.int64)


def on_edges(labels: np.ndarray, *, upper_left: bool = False) -> np.ndarray:
    """Bool of the labels' shape: the pixels of `label_edges`; or, `upper_left`, those on the other side."""
    side = np.s_[1:] if upper_left else np.s_[:-1]
    found = np.zeros(labels.shape, bool)
    found[:, side] = labels[:, :-1] != labels[:, 1:]
    found[side] |= labels[:-1] != labels[1:]
    return found


def cells_around(labels: np.ndarray) -> np.ndarray:
    """How many cells meet at each corner between four pixels, 0 where one of these is 0.

    int8, shape (rows - 1, columns - 1).
    """
    a, b, c, d = labels[:-1, :-1], labels[:-1, 1:], labels[1:, :-1], labels[1:, 1:]
    several = 1 + (b != a).astype(np.int8) + ((c != a) & (c != b)) + ((d != a) & (d != b) & (d != c))
    return np.where((a > 0) & (b > 0) & (c > 0) & (d > 0), several, np.int8(0))


def _places(first: np.ndarray, second: np.ndarray) -> PixelIndices:
    rows, width = first.shape
    strip = max(_STRIP_PIXELS // max(width, 1), 1)
    found = [
        np.flatnonzero(first[a : a + strip] != second[a : a + strip]) + a * width
        for a in range(0, max(rows, 1), strip)
    ]
    return np.divmod(np.concatenate(found), max(width, 1))


def joined_groups(n: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Number of the group of each of n things, from 0 in the order of their first members; shape (n,).

    Things `a` and `b`, ndarrays of int, belong together pair by pair. Roots hang themselves on the lowest
    neighbouring root until none changes (Shiloach and Vishkin 1982).  SciPy's way imports its linear algebra,
    .1 s.
    """
    root = np.arange(n)
    a, b = np.asarray(a), np.asarray(b)
    while a.size:
        of_a, of_b = root[a], root[b]
        np.minimum.at(root, of_a, of_b)
        np.minimum.at(root, of_b, of_a)
        while not np.array_equal(up := root[root], root):
            root = up
        apart = root[a] != root[b]
        a, b = a[apart], b[apart]
    return (np.cumsum(root == np.arange(n)) - 1)[root]
