"""Doubts: raised where an answer is empty, undecided, weak or full of loose ends; silent on clear cells."""

import numpy as np

from segment.boundarymap import BoundaryMap
from segment.doubts import (
    NO_GRAINS,
    border_confidence,
    cell_doubts,
    open_lines,
    probability_doubts,
    solidity,
)
from segment.grainmap import GrainMap, close_cells


def boundary_map(probability: np.ndarray) -> BoundaryMap:
    return BoundaryMap(probability.astype(np.float32), None, "none")


def grid(line: float = 0.95, edge: int = 20, cells: int = 5) -> np.ndarray:
    probability = np.full((edge * cells, edge * cells), 0.02)
    for offset in (-1, 0):
        probability[edge + offset :: edge] = line
        probability[:, edge + offset :: edge] = line
    return probability[:-1, :-1]


def doubts(probability: np.ndarray) -> tuple[str, ...]:
    answer = boundary_map(probability)
    return probability_doubts(answer) + cell_doubts(close_cells(answer, persistence=0.1))


def test_clear_cells_raise_no_doubt():
    assert doubts(grid()) == ()


def test_flat_answer_shows_no_grains():
    assert probability_doubts(boundary_map(np.full((64, 64), 0.03))) == (NO_GRAINS,)


def test_undecided_answer_is_said():
    probability = np.random.default_rng(0).uniform(0.2, 0.75, (100, 100))
    assert any("undecided" in doubt for doubt in doubts(probability))


def test_weak_borders_and_few_cells_are_said():
    found = doubts(grid(line=0.55, edge=50, cells=2))
    assert any("unsure" in doubt for doubt in found)
    assert any("only 4 cells" in doubt for doubt in found)


def test_lines_that_close_nothing_are_said():
    probability = grid()
    assert open_lines(close_cells(boundary_map(probability), persistence=0.1), 4) == 0
    for row in range(8, 95, 20):
        for column in range(5, 90, 20):
            probability[row : row + 3, column : column + 10] = 0.9
    assert any("close no cell" in doubt for doubt in doubts(probability))


def test_solidity_of_squares_discs_and_combs():
    assert solidity(np.arange(1, 10, dtype=np.int32).reshape(3, 3).repeat(20, 0).repeat(20, 1)) == 1.0
    y, x = np.mgrid[:80, :80] - 39.5
    assert solidity((np.hypot(y, x) < 35).astype(np.int32)) > 0.97
    comb = np.zeros((60, 60), np.int32)
    comb[:, ::4] = comb[:4] = 1
    assert solidity(comb) < 0.5
    assert np.isnan(solidity(np.zeros((9, 9), np.int32)))


def test_ragged_cells_are_said():
    y, x = np.mgrid[:120, :120]
    waves = (x + 14 * np.sign(np.sin(y / 2.5))) // 24
    labels = np.unique(waves * 10 + y // 30, return_inverse=True)[1].reshape(y.shape).astype(np.int32) + 1
    grains = GrainMap(labels, probability=np.full(labels.shape, 0.9, np.float32))
    assert any("ragged" in doubt for doubt in cell_doubts(grains))


def test_border_confidence_is_the_mean_over_pixel_edges():
    labels = np.array([[1, 1, 2], [1, 1, 2], [0, 3, 3]], np.int32)
    probability = np.array([[0, 0.5, 0.1], [0, 0.7, 0.1], [0, 0.2, 0.9]], np.float32)
    length, confidence = border_confidence(labels, probability)
    assert length == 4  # two edges 1|2, one 1|3, one 2|3
    np.testing.assert_allclose(confidence, (0.5 + 0.7 + 0.7 + 0.9) / 4, rtol=1e-6)


def test_numbers_do_not_depend_on_the_blocks(monkeypatch):
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 6, (60, 50)).astype(np.int32).repeat(3, 0).repeat(3, 1)
    probability = rng.random(labels.shape).astype(np.float32)
    grains = GrainMap(labels, probability=probability)
    whole = border_confidence(labels, probability), open_lines(grains, 1)
    monkeypatch.setattr("segment.doubts.BLOCK_ROWS", 17)
    blocks = border_confidence(labels, probability), open_lines(grains, 1)
    np.testing.assert_allclose(np.hstack(whole), np.hstack(blocks))
    assert 0 < whole[1] < 1
