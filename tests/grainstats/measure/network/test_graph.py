from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure import boundary_network
from grainstats.measure.network.pixel_cracks import find_cracks
from segment.grain_map import GrainMap


def half_planes(angle_deg: float, size: int = 200) -> tuple[GrainMap, float]:
    """Two grains with a straight boundary at an angle, and its true length between pixel centres."""
    y, x = np.mgrid[:size, :size]
    centre, turn = (size - 1) / 2 + 0.21, np.deg2rad(angle_deg)
    labels = ((x - centre) * np.cos(turn) + (y - centre) * np.sin(turn) > 0).astype(np.int32) + 1
    direction = np.array([-np.cos(turn), np.sin(turn)])  # (x, y) turned by a right angle, as (y, x)
    low, high = -np.inf, np.inf
    for d in direction:
        if abs(d) > 1e-12:
            a, b = sorted((-centre / d, (size - 1 - centre) / d))
            low, high = max(low, a), min(high, b)
    return GrainMap(labels, 1.0), high - low


def test_straight_boundaries_are_measured_without_staircase() -> None:
    """Unbiased over directions, and no direction off by more than 1.5 %."""
    error = []
    for angle in np.random.default_rng(2).uniform(0, 180, 24):
        grain_map, length = half_planes(float(angle))
        error.append(boundary_network(grain_map).length() / length - 1)
    assert abs(np.mean(error)) < 0.003
    assert np.max(np.abs(error)) < 0.015


@pytest.mark.parametrize("radius", [6, 12, 40])
def test_circle(radius: int) -> None:
    y, x = np.mgrid[:100, :100]
    labels = ((y - 49.7) ** 2 + (x - 50.2) ** 2 < radius**2).astype(np.int32) + 1
    network = boundary_network(GrainMap(labels, 1.0))
    assert len(network.segments) == 1
    assert network.length() == pytest.approx(2 * np.pi * radius, rel=0.012)
    assert np.isnan(network.segments["straightness"][0])
    assert (network.segments[["junction_a", "junction_b"]] == -1).all(axis=None)


def test_triple_junction_is_found_to_a_fraction_of_a_pixel() -> None:
    y, x = np.mgrid[:80, :80]
    angle = np.rad2deg(np.arctan2(-(y - 40.3), x - 38.6)) % 360
    labels = np.digitize(angle, [20, 140, 260]).astype(np.int32) % 3 + 1
    network = boundary_network(GrainMap(labels, 1.0))
    assert len(network.junctions) == 1
    junction = network.junctions.iloc[0]
    assert junction["n_grains"] == 3
    assert np.hypot(junction["y_px"] - 40.3, junction["x_px"] - 38.6) < 0.8
    assert sorted(network.segments["label_a"] * 10 + network.segments["label_b"]) == [12, 13, 23]
    assert (network.segments["straightness"] > 0.98).all()


def test_quadruple_point_is_one_junction_that_counts_two() -> None:
    labels = np.ones((20, 20), np.int32)
    labels[:10, 10:] = 2
    labels[10:, :10] = 3
    labels[10:, 10:] = 4
    network = boundary_network(GrainMap(labels, 1.0))
    assert list(network.junctions["n_grains"]) == [4]
    assert network.triple_points.sum() == 2
    shifted = labels.copy()
    shifted[10:, 10] = 3  # two triple points one pixel apart
    network = boundary_network(GrainMap(shifted, 1.0))
    assert list(network.junctions["n_grains"]) == [4]
    assert network.triple_points.sum() == 2


def test_pores_and_hidden_regions_are_no_grain_boundaries(porous: GrainMap, masked: GrainMap) -> None:
    pores = boundary_network(porous)
    assert pores.length("grain") == pytest.approx(13, rel=0.03)
    assert pores.length("phase") == pytest.approx(24, rel=0.12)  # corners are rounded
    assert pores.triple_points.sum() == 0
    assert list(pores.junctions["n_labels"]) == [3, 3]
    hidden = boundary_network(masked)
    assert hidden.length("grain") == pytest.approx(19, rel=0.01)
    assert hidden.length("phase") == 0
    assert hidden.length("frame") == pytest.approx(18, rel=0.1)


def test_lengths_are_in_the_unit_asked_for(voronoi: GrainMap) -> None:
    nm, px = boundary_network(voronoi), boundary_network(voronoi, unit="px")
    np.testing.assert_allclose(nm.segments["length_nm"], 2 * px.segments["length_px"])


def test_every_corner_is_a_link_a_junction_or_an_end(section: GrainMap) -> None:
    """Euler's relation of the crack graph, and each junction has three or four spokes."""
    cracks = find_cracks(section.labels)
    spokes = np.bincount(cracks.spoke[:, 1], minlength=len(cracks.corner))
    assert set(spokes[cracks.on_frame]) == {1}
    assert set(spokes[~cracks.on_frame]) <= {3, 4}
    ends = np.bincount(np.concatenate([cracks.link.ravel(), cracks.spoke[:, 0]]))
    assert (ends == 2).all()


def test_touching_corners_of_two_grains_are_crossed_straight_over() -> None:
    labels = np.ones((6, 6), np.int32)
    labels[:3, 3:] = 2
    labels[3:, :3] = 2
    cracks = find_cracks(labels)
    assert cracks.on_frame.all()
    assert len(cracks.corner) == 4
    assert boundary_network(GrainMap(labels, 1.0)).triple_points.sum() == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1)])
def test_smallest_maps(shape: tuple[int, int]) -> None:
    network = boundary_network(GrainMap(np.ones(shape, np.int32), 1.0))
    assert len(network.segments) == 0
    assert network.length() == 0


def test_segment_ends_are_junctions(section: GrainMap) -> None:
    network = boundary_network(section)
    ends = network.segments[["junction_a", "junction_b"]].to_numpy()
    assert ends.max() < len(network.junctions)
    junction = network.junctions.set_index("junction")
    inner = network.segments[(ends >= 0).all(axis=1)]
    a = junction.loc[inner["junction_a"], ["y_px", "x_px"]].to_numpy()
    b = junction.loc[inner["junction_b"], ["y_px", "x_px"]].to_numpy()
    excess = np.hypot(*(a - b).T) - inner["length_nm"]
    # a merged junction lies in the middle of its members, 1.5 px from one to the next
    assert (excess < 1.5).mean() > 0.98
    assert (excess < 6).all()
