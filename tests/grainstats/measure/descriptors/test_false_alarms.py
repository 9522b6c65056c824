"""Random isotropic mosaics: some 5 % have a direction, or clusters, at p < .05; of 50 maps up to 12 %."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from grainstats.measure import Measurement, anisotropy, arrangement, measure_grain_map
from segment.mosaics.laguerre import laguerre_section, poisson_voronoi_plane

MAPS = 50


@pytest.fixture(scope="module")
def sections() -> list[Measurement]:
    """Of mosaics of one and, every other one, of two populations."""
    rng, measured = np.random.default_rng(2), []
    for k in range(MAPS):
        ratio = {"size_ratio": 3.0, "coarse_volume": 0.4} if k % 2 else {}
        grain_map = laguerre_section((220, 220), 18.0 if ratio else 22.0, 0.3, rng, **ratio).grain_map(1.0)
        measured.append(measure_grain_map(grain_map, seed=k))
    return measured


@pytest.fixture(scope="module")
def voronoi_maps() -> list[Measurement]:
    rng = np.random.default_rng(6)
    maps = [poisson_voronoi_plane((170, 170), 1 / 14**2, rng).grain_map(1.0) for _ in range(MAPS)]
    return [measure_grain_map(grain_map, seed=k) for k, grain_map in enumerate(maps)]


def alarms(p_values: list[float | None]) -> int:
    return sum(p is not None and p < 0.05 for p in p_values)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sections", "voronoi_maps"])
def test_a_direction(kind: str, request: pytest.FixtureRequest) -> None:
    assert alarms([anisotropy(m).p_value for m in request.getfixturevalue(kind)]) <= 6


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sections", "voronoi_maps"])
def test_clusters(kind: str, request: pytest.FixtureRequest) -> None:
    """Plane Voronoi mosaics have some likeness of neighbours by themselves; ten of them together, too."""
    p_values = [arrangement(m).p_clustered for m in request.getfixturevalue(kind)]
    assert alarms(p_values) <= 6
    of_ten = np.array([p for p in p_values if p is not None])[: MAPS // 10 * 10].reshape(-1, 10)
    assert sum(stats.combine_pvalues(ten).pvalue < 0.05 for ten in of_ten) <= 1
