from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from grainstats.measure import arrangement, measure_grain_map
from grainstats.measure.descriptors.arrangement import moran, randomisation_moments
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import Mosaic


def test_moments_are_those_of_random_exchange() -> None:
    rng = np.random.default_rng(0)
    i, j = np.triu_indices(30, 1)
    chosen = rng.random(i.size) < 0.2
    i, j = i[chosen], j[chosen]
    weights = sparse.csr_array((np.ones(2 * i.size), (np.r_[i, j], np.r_[j, i])), shape=(30, 30))
    z = rng.gamma(2.0, size=30)
    shuffled = np.array([moran(rng.permutation(z), weights) for _ in range(6000)])
    expected, error = randomisation_moments(z, weights)
    assert shuffled.mean() == pytest.approx(expected, abs=4 * error / np.sqrt(6000))
    assert shuffled.std() == pytest.approx(error, rel=0.05)


def test_clusters_are_found() -> None:
    """Fine grains in one half of the image, coarse ones in the other."""
    rng = np.random.default_rng(1)
    fine, coarse = rng.random((300, 2)) * [300, 150], rng.random((40, 2)) * [300, 150] + [0, 150]
    points = np.concatenate([fine, coarse])
    flat = np.zeros(len(points))
    grain_map = Mosaic(points, flat, (300, 300), flat.astype(int)).grain_map(1.0)
    found = arrangement(measure_grain_map(grain_map))
    assert found.moran_i > 0.3
    assert found.p_clustered is not None and found.p_clustered < 1e-6


def test_few_grains_give_no_p(porous: GrainMap) -> None:
    assert arrangement(measure_grain_map(porous)).p_clustered is None
