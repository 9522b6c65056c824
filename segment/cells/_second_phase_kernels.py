"""Compiled loops of `segment.cells.second_phases`, each once over a band of rows."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def cover(labels: np.ndarray, phase: np.ndarray, n: int, first: int, last: int) -> np.ndarray:
    """By label 0 ... n - 1: pixels, and how many of them are phase; int32, shape (2, n)."""
    count = np.zeros((2, n), np.int32)
    for y in range(first, last):
        row, begin = labels[y], 0
        for x in range(row.size):
            if row[x] != row[begin]:
                count[0, row[begin]] += x - begin
                begin = x
            if phase[y, x]:
                count[1, row[x]] += 1
        count[0, row[begin]] += row.size - begin
    return count


@numba.njit(cache=True, nogil=True)
def take_out(
    cells: np.ndarray, grain: np.ndarray, number: np.ndarray, second_phases: np.ndarray, first: int, last: int
) -> None:
    """Renumber `cells` by `grain`, in place; where `number` is not 0, it is what `second_phases` gets."""
    for y in range(first, last):
        for x in range(cells.shape[1]):
            label = cells[y, x]
            cells[y, x] = grain[label]
            if number[label]:
                second_phases[y, x] = number[label]
