from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from grainstats.measure import measure_grain_map, saltykov
from segment.grain_map import GrainMap


def sections_of_spheres(diameter: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Section diameters: spheres are hit in proportion to their diameter, at a uniform height."""
    hit = rng.choice(diameter, 20_000, p=diameter / diameter.sum())
    height = rng.random(hit.size) * hit / 2
    return 2 * np.sqrt((hit / 2) ** 2 - height**2)


def test_equal_spheres() -> None:
    rng = np.random.default_rng(1)
    found = saltykov(sections_of_spheres(np.full(10, 50.0), rng), np.ones(20_000))
    assert found.fraction[-1] > 0.95
    assert found.mean == pytest.approx(50.0 * (1 - 1 / 24), rel=0.01)  # half a class low
    assert found.fraction.sum() == pytest.approx(1.0)
    assert "spheres" in found.assumptions


def test_two_sizes_of_spheres_are_told_apart() -> None:
    rng = np.random.default_rng(2)
    sizes = np.concatenate([np.full(3000, 20.0), np.full(1000, 60.0)])
    section = sections_of_spheres(sizes, rng)
    found = saltykov(section, np.ones(section.size), n_classes=12)
    small = found.fraction[found.diameter <= 22].sum()
    assert small == pytest.approx(0.75, abs=0.05)
    assert found.negative_share < 0.1


def test_spheres_of_many_sizes() -> None:
    section = sections_of_spheres(np.linspace(30, 120, 1000), np.random.default_rng(3))
    assert saltykov(section, np.ones(section.size)).mean == pytest.approx(0.95 * 75.0, rel=0.02)


def test_cells_that_fill_space_come_out_too_small() -> None:
    """Of a section of Voronoi cells in space, .6 to .8 of the mean diameter of their volumes."""
    rng = np.random.default_rng(4)
    centre = rng.random((4000, 3))
    place = np.stack(np.meshgrid(0.5, *[np.arange(0.5, 600) / 600] * 2, indexing="ij"), -1).reshape(-1, 3)
    section = KDTree(centre).query(place)[1].reshape(600, 600)
    cells = np.unique(section, return_inverse=True)[1].reshape(600, 600) + 1
    grains = measure_grain_map(GrainMap(cells.astype(np.int32), 1.0)).grains.query("weight > 0")
    found = saltykov(grains["equivalent_diameter_nm"].to_numpy(), grains["weight"].to_numpy())
    voxel = rng.random((300_000, 3))
    volume = np.bincount(KDTree(centre).query(voxel)[1]) / len(voxel)
    assert found.mean / 600 == pytest.approx(0.7 * np.mean(np.cbrt(6 / np.pi * volume)), rel=0.1)


def test_no_section_no_sphere() -> None:
    assert np.isnan(saltykov(np.zeros(0), np.zeros(0)).mean)
