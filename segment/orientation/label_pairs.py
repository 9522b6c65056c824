"""Pairs of labels that share an edge."""

from __future__ import annotations

import numpy as np


def touching_labels(labels: np.ndarray) -> np.ndarray:
    """Pairs of grains that share a pixel edge, each once, ascending; shape (n, 2).

    Examples
    --------
    >>> touching_labels(np.array([[1, 1, 2], [0, 3, 3]])).tolist()
    [[1, 2], [1, 3], [2, 3]]
    """
    across = np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()], axis=1)
    down = np.stack([labels[:-1].ravel(), labels[1:].ravel()], axis=1)
    every = np.concatenate([across, down]).astype(np.int64)
    every = every[(every[:, 0] != every[:, 1]) & (every > 0).all(axis=1)]
    every.sort(axis=1)
    base = int(labels.max(initial=0)) + 1
    code = np.unique(every[:, 0] * base + every[:, 1])
    return np.stack([code // base, code % base], axis=1)
