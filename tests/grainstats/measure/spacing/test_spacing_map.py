from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure import boundary_network, spacing_map
from segment.grain_map import GrainMap


def two_lattices() -> GrainMap:
    """Squares of 8 px on the left, of 32 px on the right."""
    y, x = np.mgrid[:256, :512]
    side = np.where(x < 256, 8, 32)
    code = (x >= 256) * 10**6 + (y // side) * 1000 + x // side
    return GrainMap(np.unique(code, return_inverse=True)[1].reshape(y.shape).astype(np.int32) + 1, 2.0)


def test_fine_and_coarse_regions_show_their_spacing() -> None:
    grain_map = two_lattices()
    found = spacing_map(grain_map, boundary_network(grain_map), kernel_px=24.0)
    rows, columns = found.spacing.shape
    assert found.step_px == 6
    assert (rows, columns) == (-(-256 // 6), -(-512 // 6))
    middle = slice(rows // 3, 2 * rows // 3)
    fine = found.spacing[middle, columns // 6 : columns // 4].mean()
    coarse = found.spacing[middle, 3 * columns // 4 : 5 * columns // 6].mean()
    # isotropic mean intercept of squares: pi a / 4, in nm
    assert fine == pytest.approx(np.pi * 8 / 4 * 2, rel=0.05)
    assert coarse == pytest.approx(np.pi * 32 / 4 * 2, rel=0.08)


def test_places_far_from_boundaries_are_unknown() -> None:
    labels = np.zeros((100, 300), np.int32)
    labels[:, :50], labels[50:, :50] = 1, 2
    grain_map = GrainMap(labels, 1.0)
    found = spacing_map(grain_map, boundary_network(grain_map), kernel_px=10.0)
    beside = found.spacing[:, 50 // found.step_px - 2]
    assert np.isnan(found.spacing[:, -5:]).all()
    assert np.isfinite(beside).all()


def test_default_kernel_follows_the_grain_size(section: GrainMap) -> None:
    found = spacing_map(section, boundary_network(section))
    assert found.kernel_px == pytest.approx(1.5 * np.sqrt(section.labels.size / section.n_grains))
    assert np.isfinite(found.spacing).all()
