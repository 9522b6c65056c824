from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure import saltykov


def sections_of_spheres(diameter: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Section diameters: spheres are hit in proportion to their diameter, at a uniform height."""
    hit = rng.choice(diameter, 20_000, p=diameter / diameter.sum())
    height = rng.random(hit.size) * hit / 2
    return 2 * np.sqrt((hit / 2) ** 2 - height**2)


def test_equal_spheres() -> None:
    rng = np.random.default_rng(1)
    found = saltykov(sections_of_spheres(np.full(10, 50.0), rng), np.ones(20_000))
    assert found.fraction[-1] > 0.95
    assert found.mean == pytest.approx(50.0, rel=0.06)  # class middles lie half a class below
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


def test_no_section_no_sphere() -> None:
    assert np.isnan(saltykov(np.zeros(0), np.zeros(0)).mean)
