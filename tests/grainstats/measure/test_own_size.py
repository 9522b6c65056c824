"""An enlarged label map is measured at its own size, or its steps are told; sound maps are left alone."""

from __future__ import annotations

import numpy as np
import pytest

import grainstats as gs
from grainstats.measure import sample_summary
from grainstats.measure.own_size import at_own_size
from segment.cells.label_edges import on_edges
from segment.grain_map import GrainMap


@pytest.mark.parametrize("times", [2, 3, 4])
@pytest.mark.parametrize("cut", [0, 3])
def test_repeated_pixels_count_once(voronoi: GrainMap, times: int, cut: int) -> None:
    large = voronoi.labels.repeat(times, axis=0).repeat(times, axis=1)
    found = gs.measure(large[cut:, : large.shape[1] - cut], pixel_size_nm=2.0 / times)
    assert f"repeated {times} x {times} times" in found.warnings[-1]
    if cut == 0:
        assert sample_summary([found]) == sample_summary([gs.measure(voronoi.labels, pixel_size_nm=2.0)])
    assert found.pixel_size == 2.0 and found.shape[0] == 200 - cut // times


@pytest.mark.parametrize("times", [2, 3])
def test_lines_of_0_between_cells_are_closed_at_its_own_size(voronoi: GrainMap, times: int) -> None:
    parted = np.where(on_edges(voronoi.labels), 0, voronoi.labels)
    large = gs.measure(parted.repeat(times, axis=0).repeat(times, axis=1), pixel_size_nm=2.0 / times)
    assert sample_summary([large]) == sample_summary([gs.measure(parted, pixel_size_nm=2.0)])
    assert "closed along their middle" in large.warnings[0] and "repeated" in large.warnings[-1]


@pytest.mark.parametrize("times", [1.1, 1.25, 1.5, 1.9, 2.5])
def test_enlarged_by_a_broken_number_it_has_its_own_size(voronoi: GrainMap, times: float) -> None:
    rows, columns = ((np.arange(round(n * times)) / times).astype(int) for n in voronoi.labels.shape)
    found = gs.measure(voronoi.labels[np.ix_(rows, columns)], pixel_size_nm=2.0 / times)
    assert found.shape == voronoi.labels.shape and "it is measured at its own size" in found.warnings[-1]
    assert found.pixel_size == pytest.approx(2.0, rel=0.005)


@pytest.mark.parametrize(("high", "wide"), [(1, 1.25), (1.5, 1), (2, 1), (2, 3)])
def test_stretched_in_one_direction_it_is_told(voronoi: GrainMap, high: float, wide: float) -> None:
    rows, columns = (
        (np.arange(round(n * k)) / k).astype(int)
        for n, k in zip(voronoi.labels.shape, (high, wide), strict=True)
    )
    found = gs.measure(voronoi.labels[np.ix_(rows, columns)], pixel_size_nm=2.0)
    assert "give the map as it was" in found.warnings[-1]


def test_what_was_not_enlarged_stays(voronoi: GrainMap, section: GrainMap, porous: GrainMap) -> None:
    bricks = np.arange(1, 49).reshape(8, 6).repeat(10, axis=0).repeat(20, axis=1)
    bricks[10:20] = np.roll(bricks[10:20], 10, axis=1)
    for grain_map in (voronoi, section, porous, GrainMap(bricks.astype(np.int32), 1.0, "manual")):
        assert at_own_size(grain_map) is grain_map
