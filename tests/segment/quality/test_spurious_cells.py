"""Cells that are none: few neighbours and half-believed borders tell them, the frame's cells do not count."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from segment.cells.borders import find_borders
from segment.quality.evidence import (
    CERTAIN,
    EVIDENCE_WEIGHTS,
    FEWEST_WHOLE_CELLS,
    OFFSET,
    cell_traits,
    spurious_share,
)

TABLE = Path(__file__).parents[3] / "docs" / "validation" / "spurious_cells.csv"


@pytest.fixture
def bricks() -> np.ndarray:
    """A wall: every whole brick has six neighbours."""
    rows, columns = np.mgrid[:200, :240]
    row = rows // 20
    return (1 + row * 8 + (columns + 15 * (row % 2)) // 36).astype(np.int32)


def with_lenses(labels: np.ndarray) -> np.ndarray:
    """A small cell on the bed joint below every second brick."""
    new = labels.copy()
    for row in range(20, 190, 20):
        for column in range(12, 230, 36):
            new[row - 2 : row + 2, column : column + 6] = new.max() + 1
    return new


def share(labels: np.ndarray, probability: np.ndarray | float) -> float:
    return spurious_share(
        labels, find_borders(labels, np.broadcast_to(np.float32(probability), labels.shape))
    )


def test_traits_of_a_brick(bricks: np.ndarray) -> None:
    cells, traits = cell_traits(bricks, find_borders(bricks, np.full(bricks.shape, 0.8, np.float32)))
    assert not set(np.unique([*bricks[0], *bricks[-1]])) & set(cells.tolist())
    np.testing.assert_allclose(traits[:, 0], np.log(4), rtol=1e-5)
    assert (traits[:, 1] == 6).all()


def test_sure_bricks_are_grains_and_lenses_between_them_are_not(bricks: np.ndarray) -> None:
    lenses = with_lenses(bricks)
    around = cv2.dilate((lenses > bricks.max()).astype(np.uint8), np.ones((3, 3), np.uint8))
    probability = np.where(around, 0.5, 0.97)
    assert share(bricks, 0.97) < 0.05
    assert share(lenses, probability) > 1 / 3


def test_nothing_is_said_of_few_cells(bricks: np.ndarray) -> None:
    assert np.isnan(share(bricks[:60, :120], 0.5))
    assert np.isnan(share(np.zeros((30, 30), np.int32), 0.5))


def test_certainty_beyond_the_limit_changes_nothing(bricks: np.ndarray) -> None:
    assert share(bricks, CERTAIN) == pytest.approx(share(bricks, 1.0))


def test_the_table_of_the_pages_is_of_these_weights() -> None:
    """Told shares rise and fall with the true ones, and hardly any image of true boundaries is flagged."""
    with TABLE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    precision, false, told = (
        np.array([float(r[name]) for r in rows]) for name in ("precision", "false", "told")
    )
    assert min(int(r["cells"]) for r in rows) >= FEWEST_WHOLE_CELLS
    assert np.corrcoef(false, told)[0, 1] > 0.6
    assert (told[precision >= 0.9] >= 1 / 3).mean() <= 0.06 < 0.5 < (told[precision < 0.8] >= 1 / 3).mean()
    assert EVIDENCE_WEIGHTS[0] < 0 and EVIDENCE_WEIGHTS[1] < 0 < OFFSET
