"""Warnings: raised where an answer is empty, undecided, unlike grains or incomplete; silent otherwise."""

from dataclasses import replace

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.cells.borders import find_borders
from segment.cells.close import close_cells
from segment.grain_map import Reliability
from segment.quality.calibration_table import Confidence, Weighing
from segment.quality.evidence_numbers import Evidence
from segment.quality.warnings import (
    MISSED,
    NO_GRAINS,
    SPURIOUS,
    UNLIKE_GRAINS,
    cell_warnings,
    corner_warnings,
    evidence_warnings,
    probability_warnings,
)

EVIDENCE = Evidence(80, 0.2, 0.3, 0.01, 0.05, 0.02, 140, 0.8, 0.86, 0.8, 0.03, 0.1, 0.1, 2.5, 3.0, 0.1)
TABLE = Confidence(
    borders=Reliability((0.0, 1.0), (0.0, 1.0)),
    unlike_grains=Weighing(("widest_angle",), (140.0,), (10.0,), (1.0,), 0.0, 1.5),
    missed=Weighing(("solidity",), (0.86,), (0.1,), (-1.0,), 0.1, 0.25),
)


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
    return probability_warnings(answer) + cell_warnings(close_cells(answer, persistence=0.1))


def test_clear_cells_raise_no_doubt():
    assert doubts(grid()) == ()


def test_corners_without_a_third_boundary_are_said_once():
    assert corner_warnings(0.1, ()) == ()
    (said,) = corner_warnings(0.23, ("only 9 cells are in the image",))
    assert said.startswith(MISSED) and "23 corners to 100 junctions" in said
    for told in (MISSED, UNLIKE_GRAINS, NO_GRAINS):
        assert corner_warnings(0.23, (f"{told}, about 30%",)) == ()


def test_flat_answer_shows_no_grains():
    assert probability_warnings(boundary_map(np.full((64, 64), 0.03))) == (NO_GRAINS,)


def test_undecided_answer_is_said():
    probability = np.random.default_rng(0).uniform(0.2, 0.75, (100, 100))
    assert any("undecided" in doubt for doubt in doubts(probability))


def test_few_cells_are_said():
    assert any("only 4 cells" in doubt for doubt in doubts(grid(edge=50, cells=2)))


def test_strange_evidence_is_said_alone():
    unlike_grains = replace(EVIDENCE, widest_angle=160, solidity=0.6)
    assert evidence_warnings(unlike_grains, TABLE) == (UNLIKE_GRAINS,)
    assert evidence_warnings(EVIDENCE, TABLE) == ()


def test_missing_boundary_is_said_with_its_share():
    (doubt,) = evidence_warnings(replace(EVIDENCE, solidity=0.84), TABLE)
    assert doubt.startswith(MISSED)
    assert "26%" in doubt  # 1 - exp(-(0.1 + 0.2)): log of true over found length is .3


def test_cells_that_are_none_are_said_with_their_share_beside_missing_boundary():
    spurious, missed = evidence_warnings(replace(EVIDENCE, spurious=0.42, solidity=0.84), TABLE)
    assert spurious.startswith(SPURIOUS) and "42%" in spurious and missed.startswith(MISSED)
    assert evidence_warnings(replace(EVIDENCE, spurious=0.32), TABLE) == ()
    assert evidence_warnings(replace(EVIDENCE, spurious=float("nan")), TABLE) == ()


def test_nothing_seen_says_nothing():
    assert evidence_warnings(None, TABLE) == ()


def test_border_confidence_is_the_mean_over_pixel_edges():
    labels = np.array([[1, 1, 2], [1, 1, 2], [0, 3, 3]], np.int32)
    probability = np.array([[0, 0.5, 0.1], [0, 0.7, 0.1], [0, 0.2, 0.9]], np.float32)
    borders = find_borders(labels, probability)
    length, confidence = borders.total_px, borders.mean_confidence(0.0)
    assert length == 4  # two edges 1|2, one 1|3, one 2|3
    np.testing.assert_allclose(confidence, (0.5 + 0.7 + 0.7 + 0.9) / 4, rtol=1e-6)
