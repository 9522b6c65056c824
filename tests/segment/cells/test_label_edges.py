"""Borders, corners and groups, against pixels looked at one by one and SciPy's connected components."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import csgraph

from segment.cells import label_edges
from segment.cells.label_edges import cells_around, joined_groups, on_edges, pairs_beside


@pytest.mark.parametrize("shape", [(7, 5), (1, 6), (6, 1), (1, 1)])
def test_every_change_of_label_is_found_once(shape, monkeypatch):
    monkeypatch.setattr(label_edges, "_STRIP_PIXELS", 12)
    labels = np.random.default_rng(0).integers(0, 3, shape)
    (y, x), (v, u) = label_edges.label_edges(labels)
    right = [(r, c) for r, c in np.ndindex(shape) if c + 1 < shape[1] and labels[r, c] != labels[r, c + 1]]
    below = [(r, c) for r, c in np.ndindex(shape) if r + 1 < shape[0] and labels[r, c] != labels[r + 1, c]]
    assert list(zip(y, x, strict=True)) == right and list(zip(v, u, strict=True)) == below
    expected = [(labels[p], labels[p[0], p[1] + 1]) for p in right]
    expected += [(labels[p], labels[p[0] + 1, p[1]]) for p in below]
    assert [tuple(pair) for pair in pairs_beside(labels)] == expected
    assert set(map(tuple, np.argwhere(on_edges(labels)))) == {*right, *below}
    other = {*((r, c + 1) for r, c in right), *((r + 1, c) for r, c in below)}
    assert set(map(tuple, np.argwhere(on_edges(labels, upper_left=True)))) == other


def test_cells_around_a_corner():
    labels = np.random.default_rng(1).integers(0, 5, (9, 8))
    found = cells_around(labels)
    for y, x in np.ndindex(found.shape):
        square = labels[y : y + 2, x : x + 2]
        assert found[y, x] == np.unique(square).size * square.all()


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
