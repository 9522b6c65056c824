"""A line closes a cell only with evidence along it: interrupted boundaries do, stubs and scratches do not."""

from __future__ import annotations

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells

EDGE, CELLS = 48, 4
SURE = 0.98


def network() -> np.ndarray:
    """A grid of sure boundaries with a floor that rises towards them, as a network's answer does."""
    y, x = np.mgrid[: EDGE * CELLS, : EDGE * CELLS]
    away = np.minimum(*(np.minimum(p % EDGE, EDGE - p % EDGE) for p in (y, x)))
    return np.where(away <= 1, SURE, 0.12 * np.exp(-away / 8.0)).astype(np.float32)


def n_grains(probability: np.ndarray) -> int:
    found = close_cells(BoundaryMap(probability, None, "none"), persistence=0.05, min_area_px=20)
    return found.n_grains


def test_an_interrupted_boundary_is_bridged_between_its_ends() -> None:
    probability = network()
    probability[EDGE - 2 : EDGE + 2, 20:28] = 0.2  # a sixth of one side, its ends in one line
    found = close_cells(BoundaryMap(probability, None, "none"), persistence=0.05, min_area_px=20)
    assert found.n_grains == CELLS**2
    crossing = np.flatnonzero(np.diff(found.labels[:, 24]))
    assert np.abs(crossing - (EDGE - 1)).min() <= 2


def test_an_open_stub_closes_nothing() -> None:
    probability = network()
    probability[EDGE + 2 : EDGE + 26, EDGE + 22 : EDGE + 25] = 0.9  # half across a grain, from its boundary
    assert n_grains(probability) == CELLS**2


def test_a_row_of_dots_closes_nothing() -> None:
    probability = network()
    for place in range(EDGE + 6, 2 * EDGE - 4, 8):
        probability[place : place + 3, EDGE + 23 : EDGE + 26] = 0.9
    assert n_grains(probability) == CELLS**2


def test_a_scratch_fainter_than_the_boundaries_of_its_image_closes_nothing() -> None:
    probability = network()
    diagonal = np.arange(6, EDGE * CELLS - 6)
    for shift in (0, 1):
        at = (diagonal, diagonal[::-1] - shift)
        probability[at] = np.maximum(probability[at], 0.55)
    assert n_grains(probability) == CELLS**2


def test_periodic_streaks_close_nothing() -> None:
    probability = network()
    for row in range(7, EDGE * CELLS, 9):
        probability[row] = np.maximum(probability[row], 0.45)
    assert n_grains(probability) == CELLS**2
