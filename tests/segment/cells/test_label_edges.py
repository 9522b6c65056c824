"""The walk along all borders, against every pair of neighbouring pixels looked at one by one."""

import numpy as np
import pytest

from segment.cells import label_edges
from segment.cells.label_edges import on_edges, pairs_beside


@pytest.mark.parametrize("shape", [(7, 5), (1, 6), (6, 1), (1, 1)])
def test_every_change_of_label_is_found_once(shape, monkeypatch):
    monkeypatch.setattr(label_edges, "STRIP_PIXELS", 12)
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
