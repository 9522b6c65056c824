from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure import anisotropy, measure_grain_map
from grainstats.measure.descriptors.describe_spacing import intercepts_by_direction
from grainstats.measure.intervals.pooled_maps import pool
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section, poisson_voronoi_plane


def test_stretched_grains_are_found() -> None:
    """Stretched twofold along x: chords along x are twice those along y."""
    labels = poisson_voronoi_plane((300, 200), 1 / 15**2, np.random.default_rng(3)).grain_map().labels
    m = measure_grain_map(GrainMap(np.repeat(labels, 2, axis=1), 1.0))
    found = anisotropy([m])
    assert found.p_value is not None and found.p_value < 1e-3
    assert found.intercept_ratio == pytest.approx(2.0, rel=0.06)
    assert min(found.direction_deg, 180 - found.direction_deg) < 4
    table = intercepts_by_direction(pool([m])).set_index("angle_deg")["mean_nm"]
    assert table[0.0] / table[90.0] == pytest.approx(2.0, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["voronoi", "section"])
def test_false_alarms_of_isotropic_mosaics(kind: str) -> None:
    """About 5 % of p-values lie below .05 (60 maps: up to 12 %)."""
    rng, alarms = np.random.default_rng(6), 0
    for _ in range(60):
        if kind == "voronoi":
            grain_map = poisson_voronoi_plane((170, 170), 1 / 14**2, rng).grain_map(1.0)
        else:
            grain_map = laguerre_section((170, 170), 19.0, 0.3, rng).grain_map(1.0)
        p = anisotropy([measure_grain_map(grain_map, seed=rng)]).p_value
        alarms += p is not None and p < 0.05
    assert alarms <= 7


def test_too_few_blocks_give_no_p(porous: GrainMap) -> None:
    found = anisotropy([measure_grain_map(porous)])
    assert found.p_value is None
    assert found.intercept_ratio > 1


def test_one_grain_has_no_direction() -> None:
    found = anisotropy([measure_grain_map(GrainMap(np.ones((30, 30), np.int32), 1.0))])
    assert np.isnan(found.index)
