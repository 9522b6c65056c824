"""Small maps that the tests of measurement share."""

from __future__ import annotations

import numpy as np
import pytest

from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section, poisson_voronoi_plane


@pytest.fixture(scope="session")
def voronoi() -> GrainMap:
    """About 100 grains of 20 px, 2 nm a pixel."""
    return poisson_voronoi_plane((200, 220), 1 / 20**2, np.random.default_rng(7)).grain_map(2.0)


@pytest.fixture(scope="session")
def section() -> GrainMap:
    """Plane section of a 3-D Laguerre mosaic, some 400 grains."""
    return laguerre_section((400, 400), 28.0, 0.35, np.random.default_rng(8)).grain_map(1.0)


@pytest.fixture
def porous() -> GrainMap:
    """Two grains side by side, 20 x 40 px, with a square pore of 6 px across their boundary."""
    labels = np.ones((20, 40), np.int32)
    labels[:, 20:] = 2
    labels[7:13, 17:23] = 0
    return GrainMap(labels, 1.0, "manual")


@pytest.fixture
def masked() -> GrainMap:
    """Two grains side by side; a hidden corner covers part of the second."""
    labels = np.ones((20, 40), np.int32)
    labels[:, 20:] = 2
    valid = np.ones(labels.shape, bool)
    valid[:8, 30:] = False
    labels[~valid] = 0
    return GrainMap(labels, 1.0, "manual", valid)
