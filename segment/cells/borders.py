"""Borders between neighbouring cells: how long each is and how sure the network was along it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segment.grain_map import GrainMap

BLOCK_ROWS = 512


@dataclass(frozen=True, eq=False)
class Borders:
    """Every pair of neighbouring cells.

    Attributes
    ----------
    pairs : ndarray of int32, shape (m, 2)
        Labels on either side, the smaller first; sorted, each pair once.
    length_px : ndarray of int64, shape (m,)
        Number of pixel edges along the border.
    confidence : ndarray of float64, shape (m,)
        Mean boundary probability along the border: of each pixel edge the higher of its two pixels.
    """

    pairs: np.ndarray
    length_px: np.ndarray
    confidence: np.ndarray

    def grain_confidence(self, n_grains: int) -> np.ndarray:
        """Mean probability around each cell, shape (n_grains + 1,), by label; NaN without a neighbour."""
        weight, total = np.zeros(n_grains + 1), np.zeros(n_grains + 1)
        for side in self.pairs.T:
            weight += np.bincount(side, self.length_px, n_grains + 1)
            total += np.bincount(side, self.length_px * self.confidence, n_grains + 1)
        mean = np.full(n_grains + 1, np.nan)
        np.divide(total, weight, out=mean, where=weight > 0)
        return mean


def calibrated_borders(grain_map: GrainMap) -> Borders:
    """Pairs of neighbouring grains with length and confidence.

    The confidence of a border is the share of such borders that are boundaries, as measured for the model
    (`GrainMap.reliability`), else the mean probability along it.

    Raises
    ------
    ValueError
        The map carries no probability.
    """
    if grain_map.probability is None:
        raise ValueError("this grain map carries no boundary probability")
    found = find_borders(grain_map.labels, grain_map.probability)
    if grain_map.reliability is None:
        return found
    return replace(found, confidence=grain_map.reliability(found.confidence))


def find_borders(labels: np.ndarray, probability: np.ndarray) -> Borders:
    """Borders of a label map with the probability along them.

    Parameters
    ----------
    labels : ndarray of int32, shape (rows, columns)
        0 is no cell and has no border.
    probability : ndarray of float32, shape (rows, columns)

    Returns
    -------
    Borders
    """
    parts = [
        _edges(labels[first : first + BLOCK_ROWS + 1], probability[first : first + BLOCK_ROWS + 1])
        for first in range(0, labels.shape[0], BLOCK_ROWS)
    ]
    keys = np.concatenate([key for key, _, _ in parts])
    length = np.concatenate([count for _, count, _ in parts])
    total = np.concatenate([mass for _, _, mass in parts])
    return _gather(keys, length, total)


def borders_between(here: np.ndarray, there: np.ndarray, length: np.ndarray, total: np.ndarray) -> Borders:
    """Borders from pieces of them; pieces with the same cell on both sides are none.

    Parameters
    ----------
    here, there : ndarray of int32, shape (m,)
        Labels on either side of each piece.
    length : ndarray of int, shape (m,)
        Its pixel edges.
    total : ndarray of float64, shape (m,)
        Sum of their probabilities.
    """
    apart = here != there
    return _gather(pair_key(here[apart], there[apart]), length[apart], total[apart])


def join_borders(borders: Borders, cell: np.ndarray) -> Borders:
    """Borders after cells were joined: `cell[label]` is the label that each one has become."""
    here, there = cell[borders.pairs].T
    return borders_between(here, there, borders.length_px, borders.length_px * borders.confidence)


def pair_key(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """One int64 for each unordered pair of labels, sorted as the pairs are, the smaller label first."""
    key: np.ndarray = np.minimum(here, there).astype(np.int64) << 32 | np.maximum(here, there)
    return key


def _gather(keys: np.ndarray, length: np.ndarray, total: np.ndarray) -> Borders:
    """One row per distinct key."""
    unique, inverse = np.unique(keys, return_inverse=True)
    count = np.bincount(inverse, length, unique.size)
    pairs = np.stack([unique >> 32, unique & 0xFFFFFFFF], axis=1).astype(np.int32)
    confidence = np.bincount(inverse, total, unique.size) / np.maximum(count, 1)
    return Borders(pairs, count.astype(np.int64), confidence)


def _edges(labels: np.ndarray, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs in a block of rows (its last row belongs to the next block: only vertical edges reach it)."""
    own = slice(None) if labels.shape[0] <= BLOCK_ROWS else slice(-1)
    keys, masses = [], []
    for here, there, p_here, p_there in (
        (labels[own, :-1], labels[own, 1:], probability[own, :-1], probability[own, 1:]),
        (labels[:-1], labels[1:], probability[:-1], probability[1:]),
    ):
        at = np.nonzero((here != there) & (here > 0) & (there > 0))
        a, b = here[at], there[at]
        keys.append(pair_key(a, b))
        masses.append(np.maximum(p_here[at], p_there[at]).astype(np.float64))
    key, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    return (
        key,
        np.bincount(inverse, minlength=key.size),
        np.bincount(inverse, np.concatenate(masses), key.size),
    )


def border_confidence(labels: np.ndarray, probability: np.ndarray) -> tuple[int, float]:
    """Pixel edges between cells, and the mean probability along them (0 where there is none)."""
    length, total = 0, 0.0
    for first in range(0, len(labels), BLOCK_ROWS):
        rows, after = slice(first, first + BLOCK_ROWS), slice(first, first + BLOCK_ROWS + 1)
        for here, there, p_here, p_there in (
            (labels[rows, :-1], labels[rows, 1:], probability[rows, :-1], probability[rows, 1:]),
            (labels[after][:-1], labels[after][1:], probability[after][:-1], probability[after][1:]),
        ):
            border = (here != there) & (here > 0) & (there > 0)
            length += int(np.count_nonzero(border))
            total += float(np.maximum(p_here[border], p_there[border]).sum(dtype=np.float64))
    return length, total / length if length else 0.0
