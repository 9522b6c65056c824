"""Which of n things hang together, given pairs that do; SciPy's way imports its linear algebra, .1 s."""

from __future__ import annotations

import numpy as np


def joined_groups(n: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Number of the group of each of n things, from 0 in the order of their first members; shape (n,).

    Things `a` and `b`, ndarrays of int, belong together pair by pair. Roots hang themselves on the lowest
    neighbouring root until none changes (Shiloach and Vishkin 1982).
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
