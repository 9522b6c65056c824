"""Compiled loops of `segment.bodies`, once over the pixels each."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def cover(cells: np.ndarray, body: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """By label 0 ... n - 1: pixels, and how many of them are body."""
    area, covered = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for y in range(cells.shape[0]):
        row, begin = cells[y], 0
        for x in range(row.size):
            if row[x] != row[begin]:
                area[row[begin]] += x - begin
                begin = x
            if body[y, x]:
                covered[row[x]] += 1
        area[row[begin]] += row.size - begin
    return area, covered


@numba.njit(cache=True, nogil=True)
def take_out(cells: np.ndarray, grain: np.ndarray, number: np.ndarray, bodies: np.ndarray) -> None:
    """Renumber `cells` by `grain`, in place; where `number` is not 0, it is what `bodies` gets."""
    for y in range(cells.shape[0]):
        for x in range(cells.shape[1]):
            label = cells[y, x]
            cells[y, x] = grain[label]
            if number[label]:
                bodies[y, x] = number[label]
