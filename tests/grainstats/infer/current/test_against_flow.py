"""The limiting path against maximum flows by other solvers, on the graph of grains."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from grainstats.infer.current.cut_graph import CutSolver, cut_graph
from grainstats.infer.current.volume import face_areas, maximum_flow
from grainstats.measure import boundary_network
from grainstats.measure.window import labels_with_hidden
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import poisson_voronoi_plane


def _flow(graph, weight, labels, hidden=None):
    """From the left side of the frame to the right one by networkx; hidden regions conduct without limit."""
    g = nx.Graph()
    for (a, b), w in zip(graph.grains, weight, strict=True):
        if a > 0 and b > 0:
            before = g.edges[a, b]["capacity"] if g.has_edge(a, b) else 0.0
            g.add_edge(int(a), int(b), capacity=before + w)
    for name, column in (("left", 0), ("right", -1)):
        for grain in np.unique(labels[:, column]):
            if grain > 0:
                g.add_edge(name, int(grain))
    if hidden is not None:
        grown = hidden.copy()
        grown[1:] |= hidden[:-1]
        grown[:-1] |= hidden[1:]
        grown[:, 1:] |= hidden[:, :-1]
        grown[:, :-1] |= hidden[:, 1:]
        for grain in np.unique(labels[grown & ~hidden]):
            g.add_edge("hidden", int(grain))
    return nx.maximum_flow_value(g, "left", "right") / graph.width("x")


def _case(seed, voids=0, hide=False):
    rng = np.random.default_rng(seed)
    labels = poisson_voronoi_plane((96, 96), 1 / 16**2, rng).grain_map().labels
    if voids:
        empty = rng.choice(np.arange(1, labels.max() + 1), voids, replace=False)
        labels = np.where(np.isin(labels, empty), 0, labels)
        labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
    valid = None
    if hide:
        valid = np.ones(labels.shape, bool)
        valid[35:60, 40:62] = False
        labels = np.where(valid, labels, 0)
        labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
    grain_map = GrainMap(labels.astype(np.int32), valid=valid)
    graph = cut_graph(boundary_network(grain_map, unit="px"), labels_with_hidden(grain_map))
    share = rng.lognormal(0, 1, len(graph.length))
    share[rng.random(len(share)) < 0.2] = 0.0
    return grain_map, graph, np.where(graph.free, 0.0, graph.length * share)


@pytest.mark.parametrize("seed", range(6))
def test_grains_only(seed):
    grain_map, graph, weight = _case(seed)
    found = CutSolver(graph).limiting_path(weight, "x").current
    assert found == pytest.approx(_flow(graph, weight, grain_map.labels), rel=1e-9)


@pytest.mark.parametrize("seed", range(6, 12))
def test_with_voids(seed):
    grain_map, graph, weight = _case(seed, voids=5)
    found = CutSolver(graph).limiting_path(weight, "x").current
    assert found == pytest.approx(_flow(graph, weight, grain_map.labels), rel=1e-9)


@pytest.mark.parametrize("seed", range(12, 18))
def test_round_a_hidden_region(seed):
    grain_map, graph, weight = _case(seed, hide=True)
    found = CutSolver(graph).limiting_path(weight, "x").current
    expected = _flow(graph, weight, grain_map.labels, ~grain_map.valid)
    assert found == pytest.approx(expected, rel=1e-9)


def test_path_is_a_path():
    _, graph, weight = _case(1)
    path = CutSolver(graph).limiting_path(weight, "x")
    assert weight[path.edges].sum() / graph.width("x") == pytest.approx(path.current)
    ends = graph.edge[path.edges]
    for one, other in pairwise(ends):
        assert set(one) & set(other)
    top, bottom = graph.sides("x")
    assert bottom[ends[0]].any() and top[ends[-1]].any()


def test_volume_flow_against_networkx():
    rng = np.random.default_rng(3)
    coarse = rng.permutation(4**3).reshape(4, 4, 4) + 1
    labels = np.kron(coarse, np.ones((6, 6, 6), int))
    faces = face_areas(labels)
    capacity = faces.length * rng.lognormal(0, 1, len(faces.length))
    first, last = np.unique(labels[0]), np.unique(labels[-1])
    g = nx.Graph()
    for (a, b), c in zip(faces.pairs, capacity, strict=True):
        g.add_edge(int(a), int(b), capacity=c)
    for name, grains in (("first", first), ("last", last)):
        g.add_edges_from((name, int(grain)) for grain in grains)
    expected = nx.maximum_flow_value(g, "first", "last")
    assert maximum_flow(faces.pairs, capacity, first, last) == pytest.approx(expected, rel=1e-4)
