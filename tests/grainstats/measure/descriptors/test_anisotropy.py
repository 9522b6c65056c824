from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from grainstats.measure import anisotropy, measure_grain_map
from grainstats.measure.descriptors.describe_spacing import intercepts_by_direction
from grainstats.measure.intervals.map_blocks import map_blocks
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import poisson_voronoi_plane


def test_stretched_grains_are_found() -> None:
    """Stretched twofold along x: chords along x are twice those along y."""
    labels = poisson_voronoi_plane((300, 200), 1 / 15**2, np.random.default_rng(3)).grain_map().labels
    m = measure_grain_map(GrainMap(np.repeat(labels, 2, axis=1), 1.0))
    found = anisotropy(m)
    assert found.p_value is not None and found.p_value < 1e-3
    assert found.intercept_ratio == pytest.approx(2.0, rel=0.06)
    assert min(found.direction_deg, 180 - found.direction_deg) < 4
    table = intercepts_by_direction(map_blocks(m)).set_index("angle_deg")["value"]
    assert table[0.0] / table[90.0] == pytest.approx(2.0, rel=0.1)


def test_long_grains_along_the_rows_do_not_look_shorter() -> None:
    """Cells of random points drawn out to 4 : 1; the index of such lines is .785, their ratio 4."""
    rng = np.random.default_rng(1)
    points = rng.random((1600, 2)) * (450, 1800) - (30, 120)
    y, x = np.mgrid[:390, :1560]
    nearest = cKDTree(points / (1, 4)).query(np.column_stack([y.ravel(), x.ravel() / 4]))[1]
    labels = np.unique(nearest, return_inverse=True)[1].reshape(y.shape).astype(np.int32) + 1
    crossings = [(np.diff(labels, axis=axis) != 0).mean() for axis in (0, 1)]
    found = anisotropy(measure_grain_map(GrainMap(labels, 1.0)))
    assert found.intercept_ratio == pytest.approx(crossings[0] / crossings[1], rel=0.025)
    assert found.index > 0.76


def test_too_few_blocks_give_no_p(porous: GrainMap) -> None:
    found = anisotropy(measure_grain_map(porous))
    assert found.p_value is None
    assert found.intercept_ratio > 1


def test_one_grain_has_no_direction() -> None:
    found = anisotropy(measure_grain_map(GrainMap(np.ones((30, 30), np.int32), 1.0)))
    assert np.isnan(found.index)
