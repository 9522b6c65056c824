"""Compiled loop of `segment.cells.enclosed`, over a band of rows."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def neighbours(labels: np.ndarray, n: int, first: int, last: int) -> np.ndarray:
    """Lowest and highest label that each cell touches in a band of rows, shape (2, n + 1)."""
    rows, columns = labels.shape
    found = np.empty((2, n + 1), np.int32)
    found[0], found[1] = n + 1, 0
    for y in range(first, last):
        for x in range(columns):
            here = labels[y, x]
            for v, u in ((y, x + 1), (y + 1, x)):
                if u < columns and v < rows:
                    there = labels[v, u]
                    if there != here and there > 0 and here > 0:
                        found[0, here] = min(found[0, here], there)
                        found[1, here] = max(found[1, here], there)
                        found[0, there] = min(found[0, there], here)
                        found[1, there] = max(found[1, there], here)
    return found
