"""A Voronoi mosaic and its boundary lines."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from segment.cells.label_edges import on_edges
from segment.mosaics.laguerre import poisson_voronoi_plane


@pytest.fixture(scope="session")
def cells() -> np.ndarray:
    return poisson_voronoi_plane((400, 440), 1 / 1500, np.random.default_rng(3)).grain_map().labels


@pytest.fixture(scope="session")
def lines(cells: np.ndarray) -> np.ndarray:
    return 255 * cv2.dilate(on_edges(cells).view(np.uint8), np.ones((2, 2), np.uint8))
