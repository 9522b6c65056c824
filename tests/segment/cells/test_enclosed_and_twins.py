"""Outlines within a grain are no grains; lamellae are, unless the user merges twins."""

from __future__ import annotations

import numpy as np
import pytest

from segment.boundary_map import BoundaryMap
from segment.cells.border_merging import CLEAR, CONFIDENCES, HIGHEST, cells_differ, clear_level
from segment.cells.borders import Borders
from segment.cells.close import close_cells, stand_apart
from segment.cells.enclosed import SURE_ENCLOSED, merge_enclosed
from segment.cells.recutting import fine_cells, level_of
from segment.cells.twins import merge_lamellae


def quarters(edge: int = 80) -> np.ndarray:
    labels = np.ones((edge, edge), np.int32)
    labels[:, edge // 2 :] += 1
    labels[edge // 2 :] += 2
    return labels


def sure(labels: np.ndarray, level: float = 1.0) -> np.ndarray:
    return np.full(labels.shape, level, np.float32)


def test_a_ring_within_a_grain_closes_nothing() -> None:
    labels = quarters()
    labels[10:18, 10:18] = 5  # the ring of a pit
    labels[12:16, 12:16] = 6  # its middle
    np.testing.assert_array_equal(merge_enclosed(labels, sure(labels)), quarters())


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (slice(0, 6), slice(10, 16)),  # cut by the frame
        (slice(10, 16), slice(36, 44)),  # between two grains
        (slice(4, 34), slice(4, 34)),  # as large as a grain
    ],
)
def test_other_small_cells_stay(rows: slice, columns: slice) -> None:
    labels = quarters()
    labels[rows, columns] = 5
    assert merge_enclosed(labels.copy(), sure(labels)).max() == 5


@pytest.mark.parametrize(("probability", "cells"), [(SURE_ENCLOSED - 0.05, 4), (SURE_ENCLOSED + 0.05, 6)])
def test_chips_between_two_grains_have_to_be_plain(probability: float, cells: int) -> None:
    labels = quarters()
    labels[10:22, 34:38], labels[10:22, 38:46] = 5, 6  # side by side on the boundary of two
    labels[10:22, 32:34] = 0  # and at a gap
    assert merge_enclosed(labels, sure(labels, probability)).max() == cells


def test_a_cell_where_three_grains_meet_stays() -> None:
    labels = quarters()
    labels[36:44, 36:44] = 5
    assert merge_enclosed(labels, sure(labels, 0.6)).max() == 5


def test_a_cell_at_the_edge_of_the_specimen_stays() -> None:
    labels, valid = quarters(), np.ones((80, 80), bool)
    labels[10:16, 10:16] = 5
    labels[8:18, 4:10] = 0
    valid[8:18, 4:10] = False
    assert merge_enclosed(labels.copy(), sure(labels), valid).max() == 5
    assert merge_enclosed(labels.copy(), sure(labels)).max() == 4, "a void beside it is no frame"


def test_a_lamella_joins_the_grain_that_it_crosses() -> None:
    y, x = np.mgrid[:80, :80]
    labels = np.where(y < 40, 1, 5).astype(np.int32)
    across = (x + 0.5 * y)[:40]
    labels[:40][across > 40] = 2
    labels[:40][across > 50] = 3
    merged = merge_lamellae(labels.copy())
    assert merged.max() == 2
    np.testing.assert_array_equal(merged == 1, y < 40)


def test_equal_grains_are_no_twins() -> None:
    np.testing.assert_array_equal(merge_lamellae(quarters()), quarters())


def test_a_bent_slender_grain_is_no_twin() -> None:
    y, x = np.mgrid[:100, :100]
    bent = x - 12 * np.sin(y / 16)
    labels = (1 + (bent > 45) + (bent > 55)).astype(np.int32)
    assert merge_lamellae(labels.copy()).max() == 3


def test_twins_are_kept_by_default() -> None:
    probability = np.zeros((80, 80), np.float32)
    probability[:, 35] = probability[:, 45] = 0.95
    found = BoundaryMap(probability, None, "none")
    assert close_cells(found).n_grains == 3
    assert close_cells(found, twins="merge").n_grains == 1


def test_beside_clear_lines_a_half_sure_one_is_none() -> None:
    def drawn(clear: float, faint: float) -> int:
        probability = np.zeros((96, 96), np.float32)
        probability[23::24] = probability[:, 23::24] = clear
        probability[:24, 12] = faint
        return close_cells(BoundaryMap(probability, None, "none"), persistence=0.1).n_grains

    assert drawn(0.995, 0.7) == 16, "a scratch beside plain lines"
    assert drawn(0.9, 0.7) == 17, "where lines are not so plain it may be a boundary"


def chequered(faint: float, contrast: float) -> tuple[BoundaryMap, np.ndarray]:
    """Grains of two greys between plain lines; one is halved by a border of probability `faint`."""
    probability = np.zeros((96, 96), np.float32)
    probability[23::24] = probability[:, 23::24] = 0.995
    probability[:24, 12] = faint
    rows, columns = np.indices(probability.shape) // 24
    noise = np.random.default_rng(3).normal(0, 10, probability.shape)
    return BoundaryMap(probability, None, "none"), 120 + contrast * ((rows + columns) % 2) + noise


def test_a_half_sure_boundary_stays_where_grains_differ_in_grey() -> None:
    for contrast, expected in ((0, 16), (60, 17)):
        found, grey = chequered(0.7, contrast)
        cells = close_cells(found, persistence=0.1, grey=grey.astype(np.uint8))
        assert cells.n_grains == expected
        assert (level_of(fine_cells(cells)) <= 0.7) == (expected == 17), "cut again as the map was"


def test_half_the_length_of_sure_borders_tells_whether_grains_differ() -> None:
    cells, grey = np.repeat([1, 2, 3], 100), np.repeat([0.0, 50.0, 51.0], 100)
    grey = grey + np.random.default_rng(1).normal(0, 5, 300)

    def differ(lengths: tuple[int, int], confidence: tuple[float, float] = (0.9, 0.9)) -> bool:
        pairs = np.array([[1, 2], [2, 3]], np.int32)
        return cells_differ(cells, grey, Borders(pairs, np.array(lengths), np.array(confidence)))

    assert differ((60, 40)) and not differ((40, 60))
    assert not differ((60, 40), (0.5, 0.9)), "what is not sure does not tell"
    assert not differ((60, 40), (0.5, 0.5))


def test_the_level_of_a_clear_image() -> None:
    def level(confidence: float) -> float:
        return clear_level(Borders(np.array([[1, 2]]), np.array([10]), np.array([confidence])))

    assert level(0.9999) == HIGHEST
    assert CONFIDENCES[-1] < level(0.99) < HIGHEST
    assert level(0.9) < 0.5
    assert np.log(0.98 / 0.02) - CLEAR == pytest.approx(np.log(level(0.98) / (1 - level(0.98))))
    assert clear_level(Borders(np.zeros((0, 2)), np.zeros(0), np.zeros(0))) == 0


def test_grains_that_gaps_part_stand_apart() -> None:
    labels, gap = quarters(), np.zeros((80, 80), bool)
    assert not stand_apart(labels, gap)
    gap[36:44] = gap[:, 36:44] = True
    assert stand_apart(np.where(gap, 0, labels), gap)
