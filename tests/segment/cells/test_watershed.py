"""The persistence watershed against the textbook's seeded watershed, and the properties of its one
parameter."""

import numpy as np
import pytest
from scipy import ndimage as ndi
from skimage.metrics import adapted_rand_error
from skimage.morphology import local_minima, reconstruction
from skimage.segmentation import watershed

from segment.cells.catchment import LEVELS
from segment.cells.watershed import persistence_watershed


def bumpy(seed: int, shape: tuple[int, int] = (96, 128), smooth: float = 2.5) -> np.ndarray:
    field = ndi.gaussian_filter(np.random.default_rng(seed).normal(size=shape), smooth)
    field -= field.min()
    return (field / field.max()).astype(np.float32)


def textbook(field: np.ndarray, persistence: float) -> np.ndarray:
    """Minima of dynamics >= persistence by reconstruction (Soille 2003, ch. 6), then flooding from them."""
    levels = (field * (LEVELS - 1) + 0.5).astype(np.int32)
    cross = ndi.generate_binary_structure(2, 1)
    depth = round(persistence * (LEVELS - 1)) - 1  # reconstruction keeps what is deeper, not as deep
    filled = reconstruction(levels + depth, levels, "erosion", footprint=cross).astype(np.int32)
    return watershed(levels, ndi.label(local_minima(filled, connectivity=1))[0])


@pytest.mark.parametrize("persistence", [0.02, 0.1, 0.3])
def test_equals_watershed_seeded_by_h_minima(persistence):
    field = bumpy(0)
    ours, theirs = persistence_watershed(field, persistence), textbook(field, persistence)
    assert ours.max() == theirs.max()
    assert adapted_rand_error(theirs, ours)[0] < 0.01


def test_more_persistence_never_gives_more_cells_and_cells_only_merge():
    field = bumpy(1)
    before = persistence_watershed(field, 0.0)
    for persistence in np.linspace(0.02, 0.8, 14):
        after = persistence_watershed(field, persistence)
        assert after.max() <= before.max()
        before = after
    assert before.max() < 5


def test_saddle_between_two_valleys_decides():
    field = np.ones((9, 30), np.float32)
    field[4, 2:28] = 0.1
    field[4, 15] = 0.4
    assert persistence_watershed(field, 0.29).max() == 2
    assert persistence_watershed(field, 0.31).max() == 1


def test_thick_ridge_is_divided_in_its_middle():
    field = np.zeros((20, 41), np.float32)
    field[:, 16:25] = 1.0
    cells = persistence_watershed(field, 0.5)
    assert cells.max() == 2
    assert set(np.argmax(cells == 2, axis=1)) <= {20, 21}


def test_flat_field_is_one_cell_and_all_labels_are_there():
    assert (
        persistence_watershed(np.full((64, 64), 0.3, np.float32), 0.1).tolist()
        == np.ones((64, 64), int).tolist()
    )
    cells = persistence_watershed(bumpy(2), 0.05)
    assert cells.dtype == np.int32 and cells.flags.c_contiguous
    assert np.unique(cells).tolist() == list(range(1, cells.max() + 1))


def test_mask_is_zero_and_nothing_floods_across():
    mask = np.ones((30, 30), bool)
    mask[:, 14:16] = False
    cells = persistence_watershed(np.zeros((30, 30), np.float32), 0.5, mask)
    assert cells.max() == 2
    assert not cells[~mask].any() and cells[mask].all()


def test_nothing_to_flood():
    assert not persistence_watershed(np.zeros((8, 8), np.float32), 0.1, np.zeros((8, 8), bool)).any()


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, np.transpose])
def test_flipped_field_gives_flipped_cells(turn):
    field = bumpy(3)
    straight = turn(persistence_watershed(field, 0.1))
    turned = persistence_watershed(np.ascontiguousarray(turn(field)), 0.1)
    assert turned.max() == straight.max()
    assert adapted_rand_error(straight, turned)[0] < 0.02  # equal levels are shared out in scan order


def test_values_outside_zero_to_one_are_clipped():
    field = bumpy(4) * 3 - 1
    np.testing.assert_array_equal(
        persistence_watershed(field, 0.1), persistence_watershed(np.clip(field, 0, 1), 0.1)
    )
