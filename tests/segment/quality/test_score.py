"""The score: known answers, and the same figures as the reference script beside the real data."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from segment.mosaics.laguerre import laguerre_section
from segment.quality.score import cells_of_tracing, intercepts, score


def squares(edge: int, size: int = 128) -> np.ndarray:
    y, x = np.mgrid[0:size, 0:size] // edge
    return y * (size // edge) + x + 1


def test_perfect_cells_score_one() -> None:
    perfect = score(squares(16), squares(16))
    assert perfect.f1 == pytest.approx(1)
    assert perfect.intercept_ratio == perfect.diameter_ratio == perfect.grains_ratio == 1


def test_every_second_line_missing() -> None:
    found = score(squares(32), squares(16))
    assert found.precision == pytest.approx(1)
    assert found.recall == pytest.approx(0.45, abs=0.1)
    assert found.intercept_ratio == pytest.approx(2)
    assert found.diameter_ratio == pytest.approx(2)


def test_shift_beyond_the_tolerance_counts() -> None:
    truth = squares(32)
    near, far = (truth[:, np.maximum(np.arange(128) - shift, 0)] for shift in (3, 8))
    assert score(near, truth).f1 > 0.97
    assert score(far, truth).f1 < 0.75


def test_intercepts_of_squares() -> None:
    assert np.unique(intercepts(squares(16))).tolist() == [16]


def test_cells_of_a_thick_tracing_tile_the_frame() -> None:
    truth = squares(32)
    lines = np.zeros(truth.shape, bool)
    lines[:, 30:35] = lines[:, 62:67] = lines[:, 94:99] = True
    lines |= lines.T
    cells = cells_of_tracing(lines)
    assert cells.min() == 1
    assert cells.max() == 16
    assert score(cells, truth).f1 == pytest.approx(1)


@pytest.mark.realdata
def test_same_figures_as_the_reference_script(shared_eval: Path) -> None:
    spec = importlib.util.spec_from_file_location("reference_score", shared_eval / "score.py")
    assert spec is not None and spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    truth, found = (
        laguerre_section((300, 300), 30, sigma, np.random.default_rng(0)).grain_map().labels
        for sigma in (0.3, 0.35)
    )
    theirs, ours = reference.score(found, truth), score(found, truth)
    assert ours.f1 == pytest.approx(theirs["f1"], abs=0.005)
    assert ours.intercept_ratio == pytest.approx(theirs["mli_ratio"], abs=0.005)
    assert ours.diameter_ratio == pytest.approx(theirs["ecd_ratio"], abs=0.005)
    assert ours.area_weighted_diameter_ratio == pytest.approx(theirs["aw_ecd_ratio"], abs=0.005)
