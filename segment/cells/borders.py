"""Borders between neighbouring cells: where and how long each is, how sure the network was along it."""

from dataclasses import dataclass

import numpy as np

from segment.cells.label_edges import label_edges

_BLOCK_ROWS = 512  #: walked at a time: bounds memory, changes no result


@dataclass(frozen=True, eq=False)
class Borders:
    """Every pair of neighbouring cells."""

    #: int32, shape (m, 2): labels on either side, the smaller first; sorted, each pair once
    pairs: np.ndarray
    length_px: np.ndarray  #: int64, shape (m,): number of pixel edges along the border
    #: float64, shape (m,): mean boundary probability along the border: of each pixel edge the higher of its
    #: two pixels
    confidence: np.ndarray

    @property
    def total_px(self) -> int:
        """Pixel edges along all borders."""
        return int(self.length_px.sum())

    def mean_confidence(self, none: float) -> float:
        """Mean probability along all borders; `none` where there is no border."""
        return float(np.average(self.confidence, weights=self.length_px)) if self.total_px else none


def find_borders(labels: np.ndarray, probability: np.ndarray) -> Borders:
    """Borders of a label map (int32; 0 has none) with the probability along them, of the same shape."""
    return walk_borders(labels, probability)[0]


def walk_borders(labels: np.ndarray, probability: np.ndarray) -> tuple[Borders, np.ndarray]:
    """As `find_borders`, and the lowest probability at which one gets across each border, shape (m,)."""
    parts = []
    for first in range(0, labels.shape[0], _BLOCK_ROWS):
        block = slice(first, first + _BLOCK_ROWS + 1)
        own = min(_BLOCK_ROWS, labels.shape[0] - first)
        key, value = _pixel_edges(labels[block], probability[block], own)
        unique, inverse = _distinct(key)
        lowest = np.full(unique.size, np.inf)
        np.minimum.at(lowest, inverse, value)
        length = np.bincount(inverse, minlength=unique.size)
        parts.append((unique, length, np.bincount(inverse, value, unique.size), lowest))
    keys, length, total, low = (np.concatenate(column) for column in zip(*parts, strict=True))
    return gather_borders(keys, length, total, low)


def gather_borders(
    keys: np.ndarray, length: np.ndarray, total: np.ndarray, low: np.ndarray
) -> tuple[Borders, np.ndarray]:
    """As `walk_borders`, from parts of borders: `pair_key`, pixel edges, summed and lowest probability."""
    borders = _gather(keys, length, total)
    lowest = np.full(len(borders.pairs), np.inf)
    np.minimum.at(lowest, _distinct(keys)[1], low)
    return borders, lowest


def _pixel_edges(labels: np.ndarray, probability: np.ndarray, own_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """`pair_key` and higher probability of each pixel edge between two cells, from `own_rows` rows."""
    key, value = [], []
    for (y, x), (down, right) in zip(label_edges(labels), ((0, 1), (1, 0)), strict=True):
        here, there = labels[y, x], labels[y + down, x + right]
        kept = (here > 0) & (there > 0) & (y < own_rows)
        key.append(pair_key(here[kept], there[kept]))
        value.append(np.maximum(probability[y, x], probability[y + down, x + right])[kept])
    return np.concatenate(key), np.concatenate(value).astype(np.float64)


def borders_between(here: np.ndarray, there: np.ndarray, length: np.ndarray, total: np.ndarray) -> Borders:
    """Borders from pieces of them; pieces with the same cell on both sides are none.

    Each has a label on either side, so many pixel edges (`length`), and the `total` of their probabilities;
    ndarrays of shape (m,).
    """
    apart = here != there
    return _gather(pair_key(here[apart], there[apart]), length[apart], total[apart])


def join_borders(borders: Borders, cell: np.ndarray) -> Borders:
    """Borders after cells were joined: `cell[label]` is the label that each one has become."""
    here, there = cell[borders.pairs].T
    return borders_between(here, there, borders.length_px, borders.length_px * borders.confidence)


def first_pair(pairs: np.ndarray, size: int) -> np.ndarray:
    """By label 0 ... `size` - 1, the number of the first pair that holds it; len(pairs) where none does."""
    first = np.full(size, len(pairs))
    for side in pairs.T:
        np.minimum.at(first, side, np.arange(len(pairs)))
    return first


def pair_key(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """One int64 for each unordered pair of labels, sorted as the pairs are, the smaller label first."""
    return np.minimum(here, there).astype(np.int64) << 32 | np.maximum(here, there)


def _gather(keys: np.ndarray, length: np.ndarray, total: np.ndarray) -> Borders:
    """One row per distinct key."""
    unique, inverse = _distinct(keys)
    count = np.bincount(inverse, length, unique.size)
    pairs = np.stack([unique >> 32, unique & 0xFFFFFFFF], axis=1).astype(np.int32)
    confidence = np.bincount(inverse, total, unique.size) / np.maximum(count, 1)
    return Borders(pairs, count.astype(np.int64), confidence)


def _distinct(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`np.unique` with the inverse, of keys >= 0; a seventh of the time where they nearly rise."""
    order = np.argsort(keys, kind="stable")
    rising = keys[order]
    new = np.diff(rising, prepend=-1) > 0
    inverse = np.empty(keys.size, np.intp)
    inverse[order] = np.cumsum(new) - 1
    return rising[new], inverse


@dataclass(frozen=True, eq=False)
class BorderPlaces:
    """Pixel edges of every border."""

    borders: Borders
    first: np.ndarray  #: int64, shape (m + 1,): edges ``first[k] ... first[k + 1] - 1`` are those of border k
    #: rows, columns: int32, shape (k,): pixel above, or left of, each edge
    rows: np.ndarray
    columns: np.ndarray
    #: bool, shape (k,): the edge lies between that pixel and the one right of it; else below it
    beside: np.ndarray

    def least_sure(self) -> np.ndarray:
        """Numbers of the borders, the least confident first; equal ones the longest first."""
        return np.lexsort((-self.borders.length_px, self.borders.confidence))

    def edges(self, border: int, labels: np.ndarray) -> np.ndarray:
        """The edges of a border that are still there, to draw: start and step, each (row, column); (k, 2, 2).

        `labels` is the map as it is now: cells may have been joined, cut or taken out since.  A pixel's
        middle has whole numbers.
        """
        part = slice(self.first[border], self.first[border + 1])
        rows, columns, beside = self.rows[part], self.columns[part], self.beside[part]
        here = labels[rows, columns]
        there = labels[rows + ~beside, columns + beside]
        kept = (here != there) & (here > 0) & (there > 0)
        rows, columns, beside = rows[kept], columns[kept], beside[kept]
        start = np.stack([rows - 0.5 + ~beside, columns - 0.5 + beside], axis=1)
        step = np.stack([beside, ~beside], axis=1).astype(float)
        return np.stack([start, step], axis=1)

    def picture(self, shape: tuple[int, ...]) -> np.ndarray:
        """Confidence of the borders on the pixels beside them, 0 elsewhere; float32 of `shape`."""
        value = np.repeat(self.borders.confidence, np.diff(self.first)).astype(np.float32)
        drawn = np.zeros(shape, np.float32)
        drawn[self.rows, self.columns] = value
        drawn[self.rows + ~self.beside, self.columns + self.beside] = value
        return drawn


def border_places(labels: np.ndarray, borders: Borders) -> BorderPlaces:
    """Find the pixel edges of every border of a label map (int32)."""
    across, down = label_edges(labels)
    row, column = (np.concatenate(parts).astype(np.int32) for parts in zip(across, down, strict=True))
    beside = np.arange(row.size) < across[0].size
    here, there = labels[row, column], labels[row + ~beside, column + beside]
    cells = np.flatnonzero((here > 0) & (there > 0))
    key = pair_key(here[cells], there[cells])
    order = np.argsort(key, kind="stable")
    first = np.searchsorted(key[order], pair_key(*borders.pairs.T))
    kept = cells[order]
    return BorderPlaces(borders, np.append(first, key.size), row[kept], column[kept], beside[kept])
