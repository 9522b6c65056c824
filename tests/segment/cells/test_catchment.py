"""Catchment basins: every pixel's water runs down to one minimum, whatever the bands and threads."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from segment.cells.border_merging import cut_cells
from segment.cells.catchment import LEVELS, WALL, catchment_basins, walled_levels


def bumpy(seed: int, shape: tuple[int, int] = (150, 170), smooth: float = 2.0) -> np.ndarray:
    field = ndi.gaussian_filter(np.random.default_rng(seed).normal(size=shape), smooth)
    return ((field - field.min()) / np.ptp(field)).astype(np.float32)


def coarse(seed: int) -> np.ndarray:
    """Only a dozen levels: nearly all pixels lie on plateaus."""
    return np.round(bumpy(seed, smooth=5.0) * 12) / 12


def test_levels_are_those_of_the_clipped_probability_within_a_wall():
    values = np.array([[-1.0, 0.0, 0.5, 1.0, 2.0, np.nan]], np.float32)
    levels = walled_levels(values, np.array([[True, True, True, True, True, True]]))
    assert levels[1, 1:-1].tolist() == [0, 0, LEVELS // 2, LEVELS - 1, LEVELS - 1, 0]
    assert set(levels[0]) | set(levels[-1]) | {levels[1, 0], levels[1, -1]} == {WALL}
    assert walled_levels(values, values < 1)[1, 1:-1].tolist()[3:] == [WALL] * 3


@pytest.mark.parametrize("make", [bumpy, coarse])
def test_each_basin_is_connected_and_holds_one_minimum(make):
    levels = walled_levels(make(0), None)
    labels, n = catchment_basins(levels, 1)
    assert (labels != 0).all() and np.abs(labels).max() == n
    inner = levels[1:-1, 1:-1].astype(int)
    for basin in range(1, n + 1):
        own = np.abs(labels) == basin
        assert ndi.label(own)[1] == 1
        assert set(inner[labels == -basin]) == {inner[own].min()}


def test_way_down_never_climbs():
    """Seen from any pixel, some neighbour of the same basin is lower, or level and nearer to a lower one."""
    field = bumpy(1)
    labels = np.abs(catchment_basins(walled_levels(field, None), 1)[0])
    levels = np.pad((field * (LEVELS - 1) + 0.5).astype(int), 1, constant_values=LEVELS)
    padded = np.pad(labels, 1)
    least = np.full(field.shape, LEVELS)
    for rows, columns in ((0, 1), (2, 1), (1, 0), (1, 2)):
        part = np.s_[rows : rows + field.shape[0], columns : columns + field.shape[1]]
        least = np.minimum(least, np.where(padded[part] == labels, levels[part], LEVELS))
    minima = catchment_basins(walled_levels(field, None), 1)[0] < 0
    assert (least <= levels[1:-1, 1:-1])[~minima].all()


def test_pixels_below_the_floor_are_one_minimum():
    field = np.full((20, 20), 0.05, np.float32)
    field[5, 5] = 0.0
    field[15, 15] = 0.02
    levels = walled_levels(field, None)
    assert catchment_basins(levels, 1)[1] == 2
    assert catchment_basins(levels, LEVELS // 10)[1] == 1


@pytest.mark.parametrize("make", [bumpy, coarse])
def test_bands_and_threads_change_nothing(make, monkeypatch):
    field = make(2)
    expected = cut_cells(field, 0.1, 5)
    monkeypatch.setattr("segment._threads.BAND_ROWS", 7)
    monkeypatch.setattr("segment._threads.BAND_PX", 0)
    for cores in (1, 3):
        monkeypatch.setattr("segment._threads.available_cores", lambda cores=cores: cores)
        np.testing.assert_array_equal(cut_cells(field, 0.1, 5), expected)


def test_long_slope_is_followed_in_one_go():
    """A ramp as long as the image, whose chains of steps are not walked again for every pixel."""
    field = np.linspace(1, 0, 3000, dtype=np.float32)[None].repeat(4, axis=0)
    assert catchment_basins(walled_levels(field, None), 1)[1] == 1
