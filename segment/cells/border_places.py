"""Where the borders of a label map lie, and how sure each is: to be drawn, listed and visited."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segment.cells.borders import Borders, pair_key
from segment.cells.label_edges import label_edges


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
