"""The exact cells: against theory, against their own pixels, and cut by a window."""

from __future__ import annotations

import numpy as np
import pytest
from null_mosaics import UNIT, Population, cut_window
from packed_mosaics import laguerre_mosaic
from power_diagram import cells_of

from grainstats.measure import grain_table
from segment.mosaics.laguerre import Mosaic, laguerre_section, poisson_voronoi_plane


def interior(mosaic: Mosaic) -> np.ndarray:
    box = cells_of(mosaic).box
    return np.asarray((box[:, :2] > 0).all(axis=1) & (box[:, 2:] < mosaic.shape).all(axis=1))


def test_visible_areas_tile_the_window_exactly():
    mosaic = laguerre_section((300, 400), 20.0, 0.5, np.random.default_rng(1))
    visible = cells_of(mosaic).visible_area(0, 0, 300, 400)
    assert visible.sum() == pytest.approx(300 * 400, rel=1e-9)
    assert (visible >= 0).all()


def test_a_square_lattice_has_square_cells():
    grid = np.stack(np.meshgrid(np.arange(8), np.arange(8), indexing="ij"), -1).reshape(-1, 2) * 10.0
    grid += np.random.default_rng(0).normal(0, 1e-7, grid.shape)  # general position
    mosaic = Mosaic(grid + 5.0, np.zeros(64), (80, 80), np.zeros(64, int))
    cells = cells_of(mosaic)
    inner = ((cells.box[:, :2] > 1).all(axis=1)) & ((cells.box[:, 2:] < 79).all(axis=1))
    assert inner.sum() == 36
    np.testing.assert_allclose(cells.area[inner], 100.0, rtol=1e-5)


def test_planar_poisson_voronoi_has_mean_area_one_over_intensity():
    mosaic = poisson_voronoi_plane((2000, 2000), 1e-3, np.random.default_rng(2))
    cells = cells_of(mosaic)
    centre = cells.centroid
    inside = ((centre > 0) & (centre < 2000)).all(axis=1)
    assert cells.area[inside].mean() == pytest.approx(1000.0, rel=0.02)
    # Variance of the area of a typical cell: 0.280 / intensity**2 (Gilbert 1962).
    assert cells.area[inside].var() == pytest.approx(0.280e6, rel=0.1)


def test_sections_of_three_dimensional_poisson_voronoi_have_the_known_density():
    diameter, side = 20.0, 1600
    mosaic = laguerre_section((side, side), diameter, 0.0, np.random.default_rng(3))
    cells = cells_of(mosaic)
    centre = cells.centroid
    found = ((centre > 0) & (centre < side)).all(axis=1).sum() / side**2
    intensity = 1 / (np.pi / 6 * diameter**3)
    # Cells per area of a plane section: 1.458 intensity**(2/3) (Okabe et al., Spatial Tessellations, 5.5.4).
    assert found == pytest.approx(1.458 * intensity ** (2 / 3), rel=0.03)


@pytest.mark.parametrize("sigma", [0.05, 0.5])
def test_pixels_agree_with_polygons(sigma: float):
    mosaic = laguerre_section((256, 256), 24.0, sigma, np.random.default_rng(4))
    cells, owner = cells_of(mosaic), mosaic.owner()
    exact = cells.visible_area(0, 0, 256, 256)
    pixels = np.bincount(owner.ravel(), minlength=len(mosaic.points))[cells.generator]
    perimeter_scale = 4 * np.sqrt(exact)
    assert (np.abs(exact - pixels) <= 3 + 0.25 * perimeter_scale).all()
    assert pixels.sum() == 256 * 256


def test_a_measured_raster_gives_the_sizes_of_the_exact_window():
    population = Population(0.3)
    mosaic = population.mosaic(14.0, np.random.default_rng(5))
    exact = cut_window(cells_of(mosaic), (0.0, 0.0), mosaic.shape[0], min_area=20.0)
    table = grain_table(mosaic.grain_map(1.0), min_area_px=20)
    measured = table[~table["touches_frame"]]
    assert abs(len(measured) - exact.n_interior) <= 3
    share = [
        np.average(np.log(d), weights=d**2) for d in (exact.diameter_nm, measured["equivalent_diameter_nm"])
    ]
    assert share[0] == pytest.approx(share[1], abs=0.01)
    assert np.median(exact.weight) == pytest.approx(np.median(measured["weight"]), rel=0.02)


def test_packed_spheres_hardly_overlap_and_make_narrower_sections():
    rng = np.random.default_rng(6)
    spread = {}
    for centres in ("poisson", "packed"):
        mosaic = laguerre_mosaic((500, 500), 24.0, 0.05, rng, centres=centres)
        area = cells_of(mosaic).area[interior(mosaic)]
        x = 0.5 * np.log(area)
        spread[centres] = np.sqrt(np.average((x - np.average(x, weights=area)) ** 2, weights=area))
    assert spread["packed"] < 0.9 * spread["poisson"]


def test_two_populations_have_the_wanted_ratio_and_labels():
    kind = {"columnar": True, "size_ratio": 4.0, "coarse": 0.5, "centres": "packed"}
    mosaic = laguerre_mosaic((900, 900), 16.0, 0.1, np.random.default_rng(7), **kind)
    cells = cells_of(mosaic)
    kind = mosaic.population[cells.generator]
    inside = interior(mosaic)
    ratio = np.sqrt(np.median(cells.area[inside & (kind == 1)]) / np.median(cells.area[inside & (kind == 0)]))
    assert 3.0 < ratio < 4.6


def test_the_seed_decides_the_mosaic():
    a, b = (laguerre_mosaic((100, 100), 20.0, 0.3, np.random.default_rng(9), centres="packed") for _ in "ab")
    np.testing.assert_array_equal(a.owner(), b.owner())


def test_windows_off_the_origin_see_only_their_grains():
    cells = cells_of(Population(0.2).mosaic(30.0, np.random.default_rng(8)))
    left = cut_window(cells, (0.0, 0.0), 15 * UNIT)
    assert left.n_interior > 100
    area = np.pi / 4 * (np.sum(left.diameter_nm**2) + np.sum(left.frame_diameter_nm**2))
    assert area == pytest.approx((15 * UNIT) ** 2, rel=1e-6)
    assert (left.weight > 1).all()
