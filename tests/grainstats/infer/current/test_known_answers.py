"""Lattices, Poisson-Voronoi mosaics and their limits; exact polygons beside pixels."""

from __future__ import annotations

import numpy as np
import pytest
from power_diagram import Cells, cells_of

from grainstats.infer.current import current
from grainstats.infer.current.cut_graph import CutGraph, CutSolver, cut_graph
from grainstats.measure import boundary_network
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import Mosaic, poisson_voronoi_plane

EQUAL = {"j0": 1.0}
DISORDER = 1e-7  # of the pitch: corners at which four and more cells meet become triple points of no size


def square_labels(rows: int, columns: int, edge_px: int) -> np.ndarray:
    number = np.arange(1, rows * columns + 1, dtype=np.int32).reshape(rows, columns)
    return np.kron(number, np.ones((edge_px, edge_px), np.int32))


def hexagon_mosaic(rows: int, columns: int, pitch_px: float) -> Mosaic:
    """Regular hexagons whose centres lie `pitch_px` apart along each row; the window cuts the outermost."""
    r, q = np.mgrid[-3 : rows + 4, -3 : columns + 4]
    centres = np.column_stack([(r * np.sqrt(3) / 2).ravel(), (q + (r % 2) / 2).ravel()]) * pitch_px
    centres += DISORDER * pitch_px * np.random.default_rng(0).random(centres.shape)
    shape = (round(rows * np.sqrt(3) / 2 * pitch_px), round(columns * pitch_px))
    return Mosaic(centres, np.zeros(len(centres)), shape, np.zeros(len(centres), int))


def graph_of_cells(cells: Cells, frame: tuple[float, float, float, float]) -> CutGraph:
    """Boundaries of polygonal cells inside a frame.

    Parameters
    ----------
    cells : Cells
        As from `segment.mosaics.laguerre.Mosaic.cells`; they cover the frame.
    frame : tuple of float
        (top, left, bottom, right).

    Returns
    -------
    CutGraph
        Labels are 1 + the cell's row in `cells`; each boundary is a segment of its own.
    """
    corner, index = np.unique(cells.vertices, axis=0, return_inverse=True)
    here = index.ravel()
    following = np.arange(1, here.size + 1)
    following[cells.start[1:] - 1] = cells.start[:-1]
    there = here[following]
    owner = np.repeat(np.arange(1, cells.start.size), np.diff(cells.start))
    order = np.lexsort([np.maximum(here, there), np.minimum(here, there)])
    low, high = np.minimum(here, there)[order], np.maximum(here, there)[order]
    twice = np.flatnonzero((low[1:] == low[:-1]) & (high[1:] == high[:-1]))
    grains = np.sort(np.column_stack([owner[order[twice]], owner[order[twice + 1]]]), axis=1)
    ends = np.stack([corner[low[twice]], corner[high[twice]]], axis=1)
    ends, kept = _clipped(ends, frame)
    return _clipped_graph(ends, grains[kept], frame)


def _clipped(ends: np.ndarray, frame: tuple[float, float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Straight pieces cut off at the frame, shape (m, 2, 2), and the rows that are left."""
    begin, step = ends[:, 0], ends[:, 1] - ends[:, 0]
    enter, leave = np.zeros(len(ends)), np.ones(len(ends))
    sides = [(0, frame[0], 1), (0, frame[2], -1), (1, frame[1], 1), (1, frame[3], -1)]
    exact = []
    for axis, value, sign in sides:
        a, run = sign * (begin[:, axis] - value), sign * step[:, axis]
        cross = np.divide(-a, run, out=np.full(len(ends), np.nan), where=run != 0)
        enter = np.where(run > 0, np.maximum(enter, cross), enter)
        leave = np.where(run < 0, np.minimum(leave, cross), leave)
        leave = np.where((run == 0) & (a < 0), -1.0, leave)
        exact.append(cross)
    cut = np.stack([begin + enter[:, None] * step, begin + leave[:, None] * step], axis=1)
    for (axis, value, _), cross in zip(sides, exact, strict=True):
        for end, at in ((0, enter), (1, leave)):
            cut[cross == at, end, axis] = value
    kept = np.flatnonzero(enter < leave)
    return cut[kept], kept


def _clipped_graph(
    ends: np.ndarray, grains: np.ndarray, frame: tuple[float, float, float, float]
) -> CutGraph:
    position, index = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    return CutGraph(position, index.reshape(-1, 2), length, grains, np.arange(len(ends)), frame)


def voronoi(n, edge=14, seed=0):
    rng = np.random.default_rng(seed)
    return poisson_voronoi_plane((n * edge, n * edge), 1 / edge**2, rng)


def _graph(labels):
    labels = labels.astype(np.int32)
    return cut_graph(boundary_network(GrainMap(labels), unit="px"), labels)


def _both(found):
    return [found.directions[name].j_over_j0 for name in ("x", "y")]


def _exact(cells, frame):
    solver = CutSolver(graph_of_cells(cells, frame))
    return [solver.limiting_path(solver.graph.length, name).current for name in ("x", "y")]


def test_square_lattice():
    np.testing.assert_allclose(_both(current(square_labels(20, 20, 12), EQUAL)), 1.0, atol=1e-6)


def test_hexagons_exact():
    mosaic = hexagon_mosaic(30, 30, 100.0)
    x, y = _exact(cells_of(mosaic), (0, 0, *mosaic.shape))
    assert x == pytest.approx(4 / 3, abs=0.005)
    assert y == pytest.approx(2 / np.sqrt(3), abs=1e-3)


def test_hexagons_of_pixels():
    x, y = _both(current(hexagon_mosaic(20, 20, 30).grain_map(), EQUAL))
    assert x == pytest.approx(4 / 3, rel=0.015)
    assert y == pytest.approx(2 / np.sqrt(3), rel=0.015)


def test_poisson_voronoi():
    """1.124 +- .001 at 160 across with a standard deviation of .002; here 40 across, SD .006, 16 values."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(8):
        mosaic = poisson_voronoi_plane((40, 40), 1.0, rng)
        found += _exact(cells_of(mosaic), (0, 0, 40, 40))
    assert np.mean(found) == pytest.approx(1.120, abs=0.004)
    assert 0.002 < np.std(found) < 0.010


def test_log_normal_boundaries():
    """.507 of the mean at sigma 1."""
    rng = np.random.default_rng(7)
    graph = graph_of_cells(cells_of(poisson_voronoi_plane((80, 80), 1.0, rng)), (0, 0, 80, 80))
    solver, found = CutSolver(graph), []
    for _ in range(20):
        share = np.exp(rng.standard_normal(len(graph.length)))
        weight = graph.length * share / np.average(share, weights=graph.length)
        found += [solver.limiting_path(weight, name).current for name in ("x", "y")]
    assert np.mean(found) == pytest.approx(0.507, abs=0.012)


def test_pixels_against_polygons():
    mosaic = voronoi(20, edge=14, seed=3)
    edge = 20 * 14 - 0.5
    exact = _exact(cells_of(mosaic), (0.5, 0.5, edge, edge))
    np.testing.assert_allclose(_both(current(mosaic.grain_map(), EQUAL)), exact, rtol=0.012)


@pytest.mark.parametrize("angle", [0, 3, 7, 12, 18.4, 22, 26.6, 31, 38, 44, 45])
def test_length_of_a_straight_boundary(angle):
    """No direction is longer or shorter than another: 0.3 %."""
    y, x = np.mgrid[:300, :300]
    t = np.radians(angle)
    labels = 1 + ((x - 150.2) * np.cos(t) - (y - 150.3) * np.sin(t) > 0)
    graph = _graph(labels)
    assert graph.length[0] == pytest.approx(299 / np.cos(t), rel=0.003)


def test_scaling_changes_nothing():
    labels = voronoi(12, edge=20).grain_map().labels
    larger = np.kron(labels, np.ones((2, 2), np.int32))
    np.testing.assert_allclose(_both(current(larger, EQUAL)), _both(current(labels, EQUAL)), rtol=0.006)
    law = {"j0": 3.0, "j_grain": "pinning", "k": 1.0}
    np.testing.assert_allclose(_both(current(larger, law)), _both(current(labels, law)), rtol=0.012)


def test_pixel_size_and_numbering_change_nothing():
    grain_map = voronoi(12).grain_map(pixel_size_nm=50.0)
    number = np.concatenate([[0], 1 + np.random.default_rng(1).permutation(grain_map.n_grains)])
    again = GrainMap(number[grain_map.labels].astype(np.int32))
    assert _both(current(again, EQUAL)) == _both(current(grain_map, EQUAL))


def test_turning_the_map_swaps_the_directions():
    labels = voronoi(12).grain_map().labels
    x, y = _both(current(labels, EQUAL))
    np.testing.assert_allclose(_both(current(np.ascontiguousarray(labels.T), EQUAL)), [y, x], rtol=1e-3)


@pytest.mark.parametrize("j_grain", [0.5, 1.0])
def test_grains_that_carry_no_more_than_boundaries(j_grain):
    found = _both(current(voronoi(10).grain_map(), {"j_grain": j_grain}))
    np.testing.assert_allclose(found, j_grain, rtol=0.004)


def test_strong_grains_change_nothing():
    labels = voronoi(10, edge=20).grain_map().labels
    np.testing.assert_allclose(
        _both(current(labels, {"j_grain": 50.0})), _both(current(labels, EQUAL)), rtol=0.004
    )


def test_more_points_change_a_path_through_grains_by_less_than_half_a_percent(monkeypatch):
    from grainstats.infer.current import grain_paths

    labels = voronoi(10, edge=30).grain_map().labels
    network = boundary_network(GrainMap(labels), unit="px")
    found = []
    for points in (8, 16):
        monkeypatch.setattr(grain_paths, "POINTS_ACROSS", points)
        graph = grain_paths.graph_through_grains(network, labels)
        inside = graph.grains[:, 0] == graph.grains[:, 1]
        found.append(CutSolver(graph).limiting_path(graph.length * np.where(inside, 1.1, 1.0), "x").current)
    assert found[1] == pytest.approx(found[0], rel=0.005)
    assert 1 < found[1] < 1.1


def test_cell_that_is_not_convex():
    """A path may not cut the corner of an L-shaped grain through another one that carries more."""
    labels = np.ones((100, 100), int)
    labels[:60, 40:] = 2
    strong = current(labels, {"j_grain": 1.0, "j0": 100.0})
    assert strong.directions["x"].j_over_j0 == pytest.approx(0.01, rel=0.01)
    # a void blocks the notch: the current of the L flows below it only
    hollow = np.where(labels == 2, 0, 1)
    found = current(hollow, {"j_grain": 1.0})
    assert found.directions["x"].j_over_j0 == pytest.approx(0.4, abs=0.02)
    assert found.directions["y"].j_over_j0 == pytest.approx(0.4, abs=0.02)


def test_nothing_flows_beyond_the_percolation_threshold() -> None:
    """Bonds of a planar Voronoi mosaic percolate at .66693 (Becker & Ziff, Phys. Rev. E 80 (2009) 041101).

    The limiting path then follows blocked boundaries from side to side.
    """
    labels = voronoi(50, edge=12).grain_map().labels
    below, above = (current(labels, {"blocked_share": share}, draws=30) for share in (0.6, 0.73))
    for direction in ("x", "y"):
        assert (below.directions[direction].values > 0).mean() > 0.8
        assert (above.directions[direction].values == 0).mean() > 0.9


def test_maps_of_two_scales_count_by_their_widths() -> None:
    """1 mm at two scales: a blocked map and a free one carry half together."""
    free = square_labels(25, 25, 12)
    blocked = np.kron(free, np.ones((2, 2), np.int32))
    blocked[:, 288:312] = 0
    maps = [GrainMap(free, pixel_size_nm=2.0), GrainMap(blocked, pixel_size_nm=1.0)]
    found = current(maps, EQUAL)
    assert found.directions["x"].j_over_j0 == pytest.approx(0.5, abs=0.005)
    unscaled = current([free, blocked], EQUAL)
    assert unscaled.directions["x"].j_over_j0 == pytest.approx(1 / 3, abs=0.005)
    assert any("there twice" in said for said in current([free, free], EQUAL).warnings)
