"""Other cuts of one image from its fine cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from segment.boundary_map import BoundaryMap
from segment.cells.border_merging import cut_cells
from segment.cells.borders import find_borders
from segment.cells.close import close_cells
from segment.cells.label_edges import on_edges
from segment.cells.recutting import all_cells, as_in_map, cut_at, fine_cells, level_of
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section


@pytest.fixture(scope="module")
def pale() -> BoundaryMap:
    """Boundaries of all strengths with noise on them."""
    rng = np.random.default_rng(2)
    labels = laguerre_section((300, 400), 26.0, 0.3, rng).grain_map().labels
    wall = on_edges(labels, upper_left=True).astype(float)
    strength = ndimage.gaussian_filter(rng.normal(size=labels.shape), 15)
    strength = 0.55 + 0.25 * strength / strength.std()
    noise = ndimage.gaussian_filter(rng.normal(size=labels.shape), 2)
    chance = ndimage.gaussian_filter(wall, 1.0) * 2.2 * strength + 0.05 * noise / noise.std()
    return BoundaryMap(np.clip(chance, 0, 1).astype(np.float32), 1.0, "manual")


@pytest.mark.parametrize("persistence", [0.02, 0.05, 0.1, 0.3])
def test_a_cut_of_the_fine_cells_is_that_of_a_fresh_flood(pale, persistence):
    fresh = cut_cells(pale.probability, persistence, 1)
    fine = replace(fine_cells(close_cells(pale, persistence=0.02, min_area_px=1)), least_px=1)
    cut = cut_at(fine, persistence, level_of(fine))
    areas = np.bincount(fresh.ravel())[1:]
    np.testing.assert_array_equal(np.sort(cut.area_px), np.sort(areas))


def test_the_maps_own_cut_is_the_map(pale):
    grain_map = close_cells(pale, persistence=0.1)
    own = as_in_map(fine_cells(grain_map))
    np.testing.assert_array_equal(np.sort(own.area_px), np.sort(np.bincount(grain_map.labels.ravel())[1:]))
    np.testing.assert_array_equal(own.at_frame.sum(), grain_map.touches_frame.sum())
    borders = find_borders(grain_map.labels, grain_map.probability)
    assert own.confidence == pytest.approx(np.average(borders.confidence, weights=borders.length_px))


def test_more_persistence_and_a_higher_level_never_give_more_cells(pale):
    fine = fine_cells(close_cells(pale, persistence=0.02))
    for settings in ([(p, 0.5) for p in (0.02, 0.1, 0.3)], [(0.1, level) for level in (0.3, 0.5, 0.7)]):
        counts = [len(cut_at(fine, *setting).area_px) for setting in settings]
        assert counts == sorted(counts, reverse=True)


def test_labels_of_another_origin_stand_as_they_are(pale):
    """Not cut from this probability: the cells stay, the probability only tells how sure they are."""
    other = laguerre_section((300, 400), 40.0, 0.2, np.random.default_rng(9)).grain_map()
    fine = fine_cells(replace(other, probability=pale.probability))
    assert len(fine.bottom) == other.n_grains
    assert all_cells(fine).confidence < 0.7
    certain = fine_cells(other)
    assert all_cells(certain).confidence == 1.0 and len(cut_at(certain, 0.3, 0.9).area_px) == other.n_grains


def test_one_cell_and_none(pale):
    one = GrainMap(np.ones((40, 40), np.int32), probability=np.zeros((40, 40), np.float32))
    assert len(cut_at(fine_cells(one), 0.1, 0.5).area_px) == 1
    none = GrainMap(np.zeros((40, 40), np.int32))
    assert len(cut_at(fine_cells(none), 0.1, 0.5).area_px) == 0
