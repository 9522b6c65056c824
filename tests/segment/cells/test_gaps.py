"""Narrow gaps are boundaries and wide ones voids; a pit has no length; the user says how narrow."""

from __future__ import annotations

import numpy as np
import pytest

from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.cells.label_gaps import mean_intercept_px, narrow_gaps
from segment.grain_map import GrainMap

SIZE, HALF = 120, 60


def split(width: int) -> tuple[np.ndarray, np.ndarray]:
    """Rims of a gap down the middle of the image, and the gap."""
    gap = np.zeros((SIZE, SIZE), bool)
    gap[:, HALF : HALF + width] = True
    rims = np.zeros((SIZE, SIZE), np.float32)
    rims[:, [HALF - 1, HALF + width]] = 0.9
    return rims, gap


def closed(width: int, **settings: float) -> GrainMap:
    probability, gap = split(width)
    return close_cells(BoundaryMap(probability, None, "none", not_grain=gap), persistence=0.2, **settings)


def test_grains_meet_in_the_middle_of_a_narrow_gap() -> None:
    found = closed(4)
    assert found.n_grains == 2 and found.n_second_phases == 0 and found.labels.all()
    assert set((found.labels == 1).sum(axis=1).tolist()) <= {HALF + 2, HALF + 1, HALF + 3}
    assert found.probability is not None and found.probability[:, HALF : HALF + 4].min() == 1


def test_a_wide_gap_is_a_void() -> None:
    found = closed(24)
    assert found.n_grains == 2 and found.n_second_phases == 1
    assert not found.labels[:, HALF : HALF + 24].any()


def test_the_user_says_what_is_narrow() -> None:
    assert not closed(4, gap_width=0.0).labels[:, HALF : HALF + 4].any()
    assert closed(8, gap_width=0.05).labels.min() == 0
    assert closed(8, gap_width=0.3).labels.min() == 1


def test_a_pit_is_no_gap() -> None:
    pit = np.zeros((SIZE, SIZE), bool)
    pit[20:24, 20:24] = True
    assert narrow_gaps(pit, np.ones((SIZE, SIZE), np.int32), 0.1) is None


@pytest.mark.parametrize("factor", [2, 3])
def test_gaps_grow_with_the_image(factor: int) -> None:
    _, gap = split(5)
    labels = (~gap).astype(np.int32)
    small = narrow_gaps(gap, labels, 0.15)
    large = narrow_gaps(*(np.kron(a, np.ones((factor, factor), a.dtype)) for a in (gap, labels)), 0.15)
    assert small is not None and large is not None and large.sum() == small.sum() * factor**2


def test_mean_intercept_of_a_checkerboard() -> None:
    labels = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((12, 12), int)).astype(np.int32)
    assert mean_intercept_px(labels) == 12
    assert mean_intercept_px(np.zeros((5, 5), np.int32)) == 0
