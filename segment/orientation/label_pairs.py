"""Pairs of labels that share an edge."""

from __future__ import annotations

import numpy as np

from segment.cells.borders import pair_key
from segment.label_edges import pairs_beside


def touching_labels(labels: np.ndarray) -> np.ndarray:
    """Pairs of grains that share a pixel edge, each once, ascending; shape (n, 2).

    Examples
    --------
    >>> touching_labels(np.array([[1, 1, 2], [0, 3, 3]])).tolist()
    [[1, 2], [1, 3], [2, 3]]
    """
    every = pairs_beside(labels)
    key = np.unique(pair_key(*every[(every > 0).all(axis=1)].T))
    return np.stack([key >> 32, key & 0xFFFFFFFF], axis=1)
