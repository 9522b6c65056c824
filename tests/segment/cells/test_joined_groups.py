"""Groups are those of SciPy's connected components, numbered alike."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from segment.cells.label_edges import joined_groups


def test_groups_are_connected_components():
    rng = np.random.default_rng(0)
    for _ in range(100):
        n, m = int(rng.integers(1, 60)), int(rng.integers(0, 80))
        a, b = rng.integers(0, n, (2, m))
        graph = sparse.coo_array((np.ones(m, bool), (a, b)), shape=(n, n))
        right = csgraph.connected_components(graph, directed=False)[1]
        assert np.array_equal(joined_groups(n, a, b), right)


def test_a_long_chain_in_any_order_is_one_group():
    place = np.random.default_rng(1).permutation(50_000)
    assert not joined_groups(place.size, place[1:], place[:-1]).any()
