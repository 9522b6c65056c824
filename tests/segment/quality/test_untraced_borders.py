"""The angle at which a border meets others tells whether it is a boundary, without its probability."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree
from untraced_borders import MEETS, lacking, meetings

SIDE, STEP = 400, 40.0


@pytest.fixture(scope="module")
def hexagons() -> tuple[np.ndarray, np.ndarray]:
    """Labels from 1, and the rows of the cells' centres."""
    y, x = np.mgrid[-1:14, -1:12].reshape(2, -1).astype(float)
    centre = np.column_stack([y * STEP * 0.75**0.5, (x + 0.5 * (y % 2)) * STEP])
    at = np.indices((SIDE, SIDE)).reshape(2, -1).T
    nearest = cKDTree(centre).query(at)[1].reshape(SIDE, SIDE)
    used, labels = np.unique(nearest, return_inverse=True)
    return labels.reshape(SIDE, SIDE).astype(np.int32) + 1, centre[used]


def mean_of(ends: pd.DataFrame, what: str) -> float:
    return float(ends.loc[ends["what"] == what, MEETS].mean())


def test_boundaries_of_hexagons_meet_at_120_degrees(hexagons) -> None:
    labels, _ = hexagons
    ends = meetings(labels, labels)
    assert set(ends["what"]) == {"drawn"} and len(ends) > 300
    assert mean_of(ends, "drawn") == pytest.approx(1.0, abs=0.05)


def test_a_boundary_that_is_left_out_ends_at_corners(hexagons) -> None:
    labels, _ = hexagons
    found = np.where(
        labels % 7 == 1, np.maximum(labels - 1, 1), labels
    )  # joined to the neighbour on the left
    assert mean_of(meetings(labels, found), "left out") == pytest.approx(1.0, abs=0.15)


def test_a_line_through_a_cell_ends_on_straight_boundaries(hexagons) -> None:
    labels, centre = hexagons
    low = (np.arange(SIDE)[:, None] < centre[labels - 1][..., 0]) & (labels % 3 == 0)
    cut = labels + (int(labels.max()) * low).astype(np.int32)
    assert mean_of(meetings(cut, labels), "left out") == pytest.approx(0.0, abs=0.1)


def test_a_tracing_lacks_what_meets_as_boundaries_do() -> None:
    def rows(kind: str, name: str, none: float, px: float) -> list[dict]:
        return [
            {"kind": kind, "laboratory": name, "image": "1", "what": what, "traced": traced, "ends": 100,
             "sum": 100 * (0.8 if traced else none), "px": px, "traced_px": 1000.0}
            for what in ("drawn", "left out") for traced in (True, False)
        ]  # fmt: skip

    table = lacking(
        pd.DataFrame(
            rows("rendered", "a", 0.2, 9) + rows("rendered", "b", 0.4, 9) + rows("traced", "c", 0.5, 50)
        )
    )
    assert table["lacks"].tolist() == pytest.approx([0.05 * 0.4] * 2, abs=1e-3)
    assert table.loc[0, ["least", "most"]].tolist() == pytest.approx([0.05 * 0.25, 0.05 * 0.5], abs=1e-3)
