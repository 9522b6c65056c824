"""Lattices whose every length is known: the square lattice of side a, and the regular hexagonal lattice."""

from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure import boundary_network, grain_table, intercept_table, measure_grain_map
from grainstats.measure.descriptors.describe_spacing import mean_intercept
from grainstats.measure.intervals.map_blocks import map_blocks
from segment.grain_map import GrainMap


def square_lattice(side: int, cells: int) -> GrainMap:
    number = np.arange(cells * cells, dtype=np.int32).reshape(cells, cells) + 1
    return GrainMap(np.kron(number, np.ones((side, side), np.int32)), 1.0, "manual")


def cropped(lattice: GrainMap, margin: int) -> GrainMap:
    """The same lattice with half cells at the frame, so that as many lines as cells lie in the window."""
    inner = lattice.labels[margin:-margin, margin:-margin]
    _, labels = np.unique(inner, return_inverse=True)
    return GrainMap(labels.reshape(inner.shape).astype(np.int32) + 1, 1.0, "manual")


def hexagonal_lattice(distance: float, shape: tuple[int, int]) -> GrainMap:
    """Voronoi cells of a triangular point lattice with this distance of neighbours."""
    from scipy.spatial import cKDTree

    row = distance * np.sqrt(3) / 2
    points = np.array(
        [
            (i * row, (j + (i % 2) / 2) * distance)
            for i in range(-2, int(shape[0] / row) + 3)
            for j in range(-2, int(shape[1] / distance) + 3)
        ]
    )
    pixel = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    owner = cKDTree(points + np.array([0.123, 0.377])).query(pixel)[1]
    _, labels = np.unique(owner, return_inverse=True)
    return GrainMap(labels.reshape(shape).astype(np.int32) + 1, 1.0, "manual")


@pytest.mark.parametrize("angle", [0.0, 90.0])
def test_square_lattice_chords_along_the_axes_are_its_side(angle: float) -> None:
    table = intercept_table(square_lattice(20, 6), angles=(angle,), spacing=7.3)
    whole = table[table["censored"] == "none"]
    assert len(whole) >= 4 * 16
    # near a corner of four cells the smoothing rounds by a hundredth of a pixel, elsewhere the line is exact
    np.testing.assert_allclose(whole["length_nm"], 20.0, atol=0.02)
    cut = table[table["censored"] == "one"]
    np.testing.assert_allclose(cut["length_nm"], 19.5, atol=0.02)  # lines end at pixel centres


@pytest.mark.parametrize("angle", [30.0, 45.0, 60.0, 135.0])
def test_square_lattice_mean_chord_at_an_angle(angle: float) -> None:
    """Line of direction t meets a / (|cos t| + |sin t|) of lattice per cell."""
    blocks = map_blocks(measure_grain_map(cropped(square_lattice(24, 20), 12), angles=(angle,), spacing=1.7))
    turn = np.deg2rad(angle)
    expected = 24 / (abs(np.cos(turn)) + abs(np.sin(turn)))
    assert mean_intercept(blocks).value == pytest.approx(expected, rel=0.01)


def test_square_lattice_isotropic_mean_chord_is_cauchys() -> None:
    """Mean chord over all directions pi A / P, here pi a / 4."""
    angles = tuple(np.arange(0.0, 180.0, 7.5))
    blocks = map_blocks(measure_grain_map(cropped(square_lattice(24, 20), 12), angles=angles, spacing=3.1))
    assert mean_intercept(blocks).value == pytest.approx(np.pi * 24 / 4, rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_the_default_directions_read_lattices_within_one_percent(seed: int) -> None:
    """Cauchy's pi A / P: pi a / 4 for squares of side a and for hexagons with neighbours a apart."""
    lattices = {
        "square": (cropped(square_lattice(24, 20), 12), np.pi * 24 / 4),
        "hexagonal": (hexagonal_lattice(24.0, (480, 480)), np.pi * 24 / 4),
    }
    for name, (lattice, expected) in lattices.items():
        found = mean_intercept(map_blocks(measure_grain_map(lattice, spacing=3.1, seed=seed))).value
        assert found == pytest.approx(expected, rel=0.01), name


def test_square_lattice_network() -> None:
    cells, side = 6, 20
    network = boundary_network(square_lattice(side, cells))
    inner = network.segments[(network.segments["junction_a"] >= 0) & (network.segments["junction_b"] >= 0)]
    assert len(network.segments) == 2 * cells * (cells - 1)
    assert len(inner) == 2 * (cells - 1) * (cells - 2)
    # 1.0054: the calibration of digital lines, which an axis-parallel line does not need
    np.testing.assert_allclose(inner["length_nm"], side / 1.0054, rtol=1e-3)
    assert network.length() == pytest.approx(2 * (cells - 1) * (cells * side - 1) / 1.0054, rel=1e-6)
    assert len(network.junctions) == (cells - 1) ** 2
    assert (network.junctions["n_grains"] == 4).all()
    assert network.triple_points.sum() == 2 * (cells - 1) ** 2
    place = np.sort(np.unique(network.junctions["y_px"].to_numpy().round(6)))
    np.testing.assert_allclose(place, np.arange(1, cells) * side - 0.5, atol=1e-6)


def test_square_lattice_grains() -> None:
    table = grain_table(square_lattice(20, 5))
    inner = table[~table["touches_frame"]]
    assert len(inner) == 9
    np.testing.assert_allclose(inner["area_nm2"], 400.0)
    np.testing.assert_allclose(inner["equivalent_diameter_nm"], 2 * np.sqrt(400 / np.pi))
    np.testing.assert_allclose(inner["feret_min_nm"], 20.0, atol=1e-6)
    np.testing.assert_allclose(inner["feret_max_nm"], 20 * np.sqrt(2), atol=0.8)
    np.testing.assert_allclose(inner["aspect_ratio"], 1.0)
    # Crofton in eight directions: upright edges 1.4 % short, corners up to half a pixel
    assert (80.0 - inner["perimeter_nm"]).between(0.0, 80 * 0.014 + 4 * 0.5).all()
    np.testing.assert_allclose(inner["weight"], 1 / (0.8 * 0.8))


def test_hexagonal_lattice() -> None:
    """Cells of neighbour distance d: area sqrt(3)/2 d^2, perimeter 2 sqrt(3) d, two vertices a cell."""
    d, shape = 30.0, (600, 600)
    grain_map = hexagonal_lattice(d, shape)
    table = grain_table(grain_map)
    inner = table[~table["touches_frame"]]
    area, perimeter = np.sqrt(3) / 2 * d**2, 2 * np.sqrt(3) * d
    assert inner["area_nm2"].mean() == pytest.approx(area, rel=0.005)
    assert 0.0 <= perimeter - inner["perimeter_nm"].mean() <= 6 * 0.5
    assert inner["feret_min_nm"].mean() == pytest.approx(d, abs=0.8)
    assert inner["feret_max_nm"].mean() == pytest.approx(2 * d / np.sqrt(3), abs=0.8)
    network = boundary_network(grain_map)
    window = shape[0] * shape[1]
    assert network.length() / window == pytest.approx(perimeter / 2 / area, rel=0.015)
    assert network.triple_points.sum() / (window / area) == pytest.approx(2.0, rel=0.03)
    sides = network.segments.loc[network.segments["kind"] == "grain", ["label_a", "label_b"]]
    assert (np.bincount(sides.to_numpy().ravel())[inner["label"]] == 6).all()
    angles = tuple(np.arange(0.0, 180.0, 7.5))
    blocks = map_blocks(measure_grain_map(grain_map, angles=angles, spacing=4.1))
    assert mean_intercept(blocks).value == pytest.approx(np.pi * area / perimeter, rel=0.01)


@pytest.mark.parametrize("distance", [8.0, 12.0, 24.0])
def test_hexagons_have_their_perimeter(distance: float) -> None:
    """Regular hexagons a apart are outlined by 2 sqrt(3) a."""
    cells = grain_table(hexagonal_lattice(distance, (int(20 * distance),) * 2))
    found = cells.loc[~cells["touches_frame"], "perimeter_nm"].mean()
    assert found == pytest.approx(2 * np.sqrt(3) * distance, rel=0.01)
