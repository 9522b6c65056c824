"""Corners without a third boundary: none in polygons, many where borders lack, whatever the scale."""

from __future__ import annotations

import numpy as np
import pytest
from fit_boundary_loss import without_borders
from scipy.spatial import cKDTree

from segment.cells.label_edges import on_edges
from segment.grain_map import GrainMap
from segment.quality.boundary_loss import SOUND, corners_per_junction


def voronoi(side: int = 400, cells: int = 300) -> np.ndarray:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:side, :side]
    nearest = cKDTree(rng.uniform(0, side, (cells, 2))).query(np.column_stack([y.ravel(), x.ravel()]))[1]
    return (nearest.reshape(side, side) + 1).astype(np.int32)


def lacking(labels: np.ndarray, share: float) -> np.ndarray:
    return without_borders(GrainMap(labels), share, np.random.default_rng(1)).labels


def test_polygons_have_none_and_missing_borders_leave_some() -> None:
    labels = voronoi()
    found = [corners_per_junction(lacking(labels, share)) for share in (0.0, 0.05, 0.15)]
    assert found[0] == 0.0
    assert 0.03 < found[1] < 0.5 * found[2]
    assert found[2] > SOUND


def test_twin_lamellae_meet_boundaries_without_a_corner() -> None:
    labels = voronoi()
    y, x = np.mgrid[: labels.shape[0], : labels.shape[1]]
    lamella = ((labels % 3 == 0) & ((x + y) % 30 < 8)).astype(np.int32)
    assert corners_per_junction(labels + lamella * 1000) < 0.02


def test_magnification_changes_little() -> None:
    labels = lacking(voronoi(), 0.1)
    twice = labels.repeat(2, 0).repeat(2, 1)
    assert corners_per_junction(twice) == pytest.approx(corners_per_junction(labels), rel=0.15)


def test_wide_gaps_and_few_junctions_say_nothing() -> None:
    labels = lacking(voronoi(), 0.15)
    assert corners_per_junction(labels[:120, :120]) == 0.0
    assert corners_per_junction(np.zeros((80, 80), np.int32)) == 0.0
    assert corners_per_junction(np.where(on_edges(labels), 0, labels)) == 0.0
