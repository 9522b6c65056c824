"""Pores and second phases: large ones keep their outline and their own numbers, and are no grains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.grain_map import GrainMap
from segment.label_maps.reading import read_label_map
from segment.label_maps.writing import write_label_map
from segment.quality.score import cells_of_tracing, score
from segment.training.data.pairs import Pair

EDGE = 24


def checkers(cells: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Probability of a grid of squares, and the pixels inside the lines of the square in the middle."""
    probability = np.zeros((cells * EDGE, cells * EDGE), np.float32)
    probability[EDGE - 1 :: EDGE] = probability[:, EDGE - 1 :: EDGE] = 0.9
    middle = np.zeros(probability.shape, bool)
    middle[2 * EDGE : 3 * EDGE - 1, 2 * EDGE : 3 * EDGE - 1] = True
    return probability, middle


def closed(probability: np.ndarray, not_grain: np.ndarray) -> GrainMap:
    return close_cells(BoundaryMap(probability, 2.0, "manual", not_grain=not_grain), persistence=0.2)


def test_a_body_as_large_as_a_grain_is_a_cell_but_no_grain() -> None:
    probability, middle = checkers()
    found = closed(probability, middle)
    assert found.n_grains == 24
    assert not found.labels[middle].any()
    assert found.second_phases is not None and found.second_phases.max() == 1
    assert (found.cells()[middle] == 25).all()


@pytest.mark.parametrize("corner", [0, 2 * EDGE])
def test_the_middle_of_an_image_tells_what_is_large(corner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    probability, middle = checkers()
    phase = np.roll(middle, (corner, corner), (0, 1))
    whole = closed(probability, phase)
    monkeypatch.setattr("segment.cells.close.MIDDLE_PX", 3 * EDGE)
    found = closed(probability, phase)
    assert found.n_second_phases == 1
    np.testing.assert_array_equal(found.cells(), whole.cells())
    particle = np.zeros_like(phase)
    particle[50:54, 50:54] = True
    assert closed(probability, particle).n_second_phases == 0


def test_its_outline_is_found_where_the_cells_are_scored() -> None:
    probability, middle = checkers()
    found = closed(probability, middle)
    truth = cells_of_tracing(probability > 0.5)
    assert score(found.cells(), truth).f1 > 0.99
    assert score(found.labels, truth).recall < 0.97, "filling from the neighbours loses the outline"


def test_half_of_an_island_taken_for_a_body_does_not_cut_it() -> None:
    probability, middle = checkers()
    part = middle.copy()
    part[:, 2 * EDGE + 8 :] = False
    found = closed(probability, part)
    assert found.n_grains == 25 and found.second_phases is None
    assert len(np.unique(found.labels[middle & ~part])) == 1
    assert not found.labels[part].any(), "where there is said to be no grain, there is none"


def test_a_boundary_runs_through_a_small_particle() -> None:
    probability, _ = checkers()
    particle = np.zeros(probability.shape, bool)
    particle[2 * EDGE - 3 : 2 * EDGE + 2, 50:55] = True
    found = closed(probability, particle)
    assert found.n_grains == 25 and found.second_phases is None
    assert not found.labels[particle].any()


def test_bodies_come_back_from_the_file_as_no_grains(tmp_path: Path) -> None:
    probability, middle = checkers()
    found = closed(probability, middle)
    path = write_label_map(tmp_path / "a.labels.tif", found)
    assert tifffile.imread(path).max() == 25
    again = read_label_map(path)
    np.testing.assert_array_equal(again.labels, found.labels)
    np.testing.assert_array_equal(again.second_phases, found.second_phases)
    assert again.pixel_size_nm == pytest.approx(2.0)


def test_a_map_without_bodies_says_nothing_about_them(tmp_path: Path) -> None:
    probability, _ = checkers()
    path = write_label_map(tmp_path / "a.labels.tif", GrainMap(cells_of_tracing(probability > 0.5)))
    with tifffile.TiffFile(path) as file:
        assert "grains=" not in file.pages.first.description
    assert read_label_map(path).second_phases is None


def test_a_map_with_bodies_serves_as_a_tracing(tmp_path: Path) -> None:
    probability, middle = checkers()
    path = write_label_map(tmp_path / "a.labels.tif", closed(probability, middle))
    grey = 180 - 100 * probability + np.random.default_rng(1).normal(0, 8, probability.shape)
    tifffile.imwrite(tmp_path / "a.tif", grey.astype(np.uint8))
    truth = Pair(tmp_path / "a.tif", path).truth()
    assert truth.n_grains == 24 and truth.n_second_phases == 1
    assert score(truth.cells(), cells_of_tracing(probability > 0.5)).f1 > 0.99


def test_a_grain_that_the_flood_joined_with_a_phase_stays_a_grain() -> None:
    probability, middle = checkers()
    open_side = probability.copy()
    open_side[2 * EDGE : 3 * EDGE - 1, 3 * EDGE - 1] = 0
    most = middle | np.roll(middle, EDGE, 1)
    most[2 * EDGE : 3 * EDGE - 1, 3 * EDGE - 1] = True
    most[:, 4 * EDGE - 12 :] = False
    found = closed(open_side, most)
    assert found.n_grains == 24 and found.n_second_phases == 1
    assert len(np.unique(found.labels[2 * EDGE + 2 : 3 * EDGE - 3, 4 * EDGE - 12 : 4 * EDGE - 1])) == 1
    assert not found.labels[most].any() and not (found.labels * found.second_phases).any()
