from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from grainstats.measure import arrangement, measure_grain_map
from grainstats.measure.descriptors.arrangement import moran_parts
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import Mosaic


def test_moran_of_a_chain_is_that_of_its_definition() -> None:
    """Values 1 to 4 in a row: n / sum(w) * sum(w z z) / sum(z z) = 4 / 6 * 2 * 1.25 / 5."""
    i, j = [0, 1, 2, 1, 2, 3], [1, 2, 3, 0, 1, 2]
    weights = sparse.csr_array((np.ones(6), (i, j)), shape=(4, 4))
    like, spread = moran_parts(np.arange(1.0, 5.0), weights)
    assert like.sum() / spread.sum() == pytest.approx(1 / 3)


def test_clusters_are_found() -> None:
    """Fine grains in one half of the image, coarse ones in the other."""
    rng = np.random.default_rng(1)
    fine, coarse = rng.random((300, 2)) * [300, 150], rng.random((40, 2)) * [300, 150] + [0, 150]
    points = np.concatenate([fine, coarse])
    flat = np.zeros(len(points))
    grain_map = Mosaic(points, flat, (300, 300), flat.astype(int)).grain_map(1.0)
    found = arrangement(measure_grain_map(grain_map))
    assert found.moran_i > 0.3
    assert found.p_clustered is not None and found.p_clustered < 0.01


def test_few_grains_give_no_p(porous: GrainMap) -> None:
    assert arrangement(measure_grain_map(porous)).p_clustered is None
