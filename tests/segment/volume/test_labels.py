"""Label volumes with any numbers, with lines between grains, and what is none."""

from __future__ import annotations

import numpy as np
import pytest
from laguerre_volume import poisson_voronoi_volume
from scipy import ndimage
from scipy.spatial import KDTree

from segment.errors import UnreadableError
from segment.volume import GreyVolume, VoxelSize, label_volume
from segment.volume.components import component_table, large_components

UNIT = VoxelSize(1, 1, 1)


@pytest.fixture(scope="module")
def mosaic() -> np.ndarray:
    return poisson_voronoi_volume((48, 48, 48), 1 / 12**3, np.random.default_rng(3)).labels((48, 48, 48))


def test_numbers_in_the_file_are_kept_by_name(mosaic: np.ndarray) -> None:
    for values in (mosaic.astype(np.uint16) * 7, mosaic.astype(np.float32), mosaic.astype(np.int64) << 33):
        found = label_volume(GreyVolume(values, UNIT))
        assert np.array_equal(found.labels, mosaic)
        assert np.array_equal(found.names[1:], np.unique(values))


def test_lines_between_grains_are_closed(mosaic: np.ndarray) -> None:
    lined = mosaic.copy()
    for axis in range(3):
        lined[np.diff(mosaic, axis=axis, append=np.take(mosaic, [-1], axis)) != 0] = 0
    found = label_volume(GreyVolume(lined, UNIT))
    assert (found.labels > 0).all()
    assert "lines" in found.warnings[-1]
    assert (found.names[found.labels] == mosaic).mean() > 0.9


def test_voids_stay_open(mosaic: np.ndarray) -> None:
    holed = mosaic.copy()
    holed[10:20, 10:20, 10:20] = 0
    found = label_volume(GreyVolume(holed, UNIT))
    assert (found.labels == 0).sum() == 1000
    assert dict(found.phases)["void"] == pytest.approx(1000 / 48**3)


def lines_of(labels: np.ndarray) -> np.ndarray:
    """Voxels at whose upper side another grain lies."""
    sides = [np.diff(labels, axis=k, append=np.take(labels, [-1], k)) != 0 for k in range(3)]
    return np.logical_or.reduce(sides)


def test_lines_beside_voids_are_closed(mosaic: np.ndarray) -> None:
    void = np.zeros(mosaic.shape, bool)
    void[10:20, 10:20, 10:20] = void[30:, :9, 20:40] = True
    thick = ndimage.maximum_filter(mosaic, 3) != ndimage.minimum_filter(mosaic, 3)
    for lines in (lines_of(mosaic), thick):
        found = label_volume(GreyVolume(np.where(void | lines, 0, mosaic), UNIT))
        assert "lines" in found.warnings[-1]
        opened = found.labels == 0
        assert opened[void].mean() > 0.9 and opened[~void].mean() < 0.02


def test_an_empty_slice_is_filled(mosaic: np.ndarray) -> None:
    holed = mosaic.copy()
    holed[20] = 0
    found = label_volume(GreyVolume(holed, UNIT))
    assert "neighbour: 21" in found.warnings[0] and (found.labels > 0).all()


def test_small_voids_are_no_lines(mosaic: np.ndarray) -> None:
    holed = mosaic.copy()
    for corner in np.random.default_rng(0).integers(0, 44, (30, 3)):
        holed[tuple(slice(c, c + 4) for c in corner)] = 0
    found = label_volume(GreyVolume(holed, UNIT))
    assert np.array_equal(found.labels == 0, holed == 0)


def test_slices_labelled_each_by_itself_are_refused(mosaic: np.ndarray) -> None:
    ranked, shuffled = np.zeros_like(mosaic), np.zeros_like(mosaic)
    for k, labels in enumerate(mosaic):
        found, inverse = np.unique(labels, return_inverse=True)
        ranked[k] = inverse.reshape(labels.shape) + 1
        shuffled[k] = np.random.default_rng(k).permutation(len(found))[ranked[k] - 1] + 1
    running = ranked + 1000 * np.arange(len(mosaic))[:, None, None]
    for values in (ranked, shuffled, running):
        with pytest.raises(UnreadableError, match="each by itself"):
            label_volume(GreyVolume(values, UNIT))
    label_volume(GreyVolume(mosaic[::12], UNIT))  # slices a grain apart


def test_grey_levels_are_no_labels() -> None:
    noise = np.random.default_rng(0).integers(0, 200, (30, 30, 30), dtype=np.uint8)
    with pytest.raises(UnreadableError, match="scattered"):
        label_volume(GreyVolume(noise, UNIT))
    with pytest.raises(UnreadableError, match="fractions"):
        label_volume(GreyVolume(noise / 7, UNIT))


def test_one_label_is_a_mask() -> None:
    mask = np.zeros((30, 30, 30), bool)
    mask[2:8, 2:8, 2:8] = mask[20:26, 20:26, 20:26] = True
    for values in (mask, mask.astype(np.uint8) * 255):
        with pytest.raises(UnreadableError, match="one label"):
            label_volume(GreyVolume(values, UNIT))


def test_a_grain_in_pieces_is_told_and_numbers_cut_to_8_bits_are_refused(mosaic: np.ndarray) -> None:
    mended = mosaic.copy()
    mended[mosaic == mosaic[0, 0, 0]] = mosaic[-1, -1, -1]
    assert "in several pieces" in label_volume(GreyVolume(mended, UNIT)).warnings[0]
    for cut in (mosaic % 40 + 1, np.minimum(mosaic, mosaic.max() - 25)):
        with pytest.raises(UnreadableError, match="to 8 bits"):
            label_volume(GreyVolume(cut, UNIT))


def test_grains_of_a_periodic_volume_are_cut_by_its_sides() -> None:
    """As in a periodic map: each piece is a grain, cut where the volume ends."""
    centre = np.random.default_rng(3).random((60, 3)) * 48
    voxel = np.stack(np.mgrid[:48, :48, :48], -1).reshape(-1, 3) + 0.5
    periodic = (KDTree(centre, boxsize=48).query(voxel)[1] + 1).reshape(48, 48, 48)
    found = label_volume(GreyVolume(periodic, UNIT))
    assert "repeats itself" in found.warnings[0]
    size, label, _ = component_table(found.labels)
    assert found.names.size > 100 and np.bincount(label[size >= 40]).max() == 1
    assert np.array_equal(found.names[1:], np.arange(1, found.names.size))
    assert all(np.unique(periodic[found.labels == k]).size == 1 for k in label)
    with pytest.raises(UnreadableError, match="to 8 bits"):
        label_volume(GreyVolume(periodic % 30 + 1, UNIT))


def test_pieces_are_those_of_scipy() -> None:
    mask = np.random.default_rng(1).random((40, 30, 20)) < 0.35
    size, label, sides = component_table(mask)
    expected = ndimage.label(mask)[0]
    counted = np.bincount(expected.ravel())[1:]
    assert (label == 1).all()
    np.testing.assert_array_equal(np.sort(size), np.sort(counted))
    for k in range(3):
        for side, end in enumerate((0, -1)):
            touching = np.setdiff1d(expected.take(end, axis=k), 0).size
            assert sides[:, 2 * k + side].sum() == touching
    kept = np.concatenate([[False], counted >= 5])[expected]
    np.testing.assert_array_equal(large_components(mask, 5), kept)


def test_pieces_of_labels_keep_apart() -> None:
    labels = np.random.default_rng(2).integers(0, 3, (12, 13, 14))
    size, label, _ = component_table(labels)
    for value in (1, 2):
        counted = np.bincount(ndimage.label(labels == value)[0].ravel())[1:]
        np.testing.assert_array_equal(np.sort(size[label == value]), np.sort(counted))
