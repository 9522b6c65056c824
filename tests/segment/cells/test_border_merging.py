"""Closed cells: small ones merged, not dropped; pores and masked pixels are no grains; tracings."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage as ndi

from segment.boundary_map import BoundaryMap
from segment.cells.border_merging import CONFIDENCES, EQUAL, cut_cells, join_by_image_level, join_weak
from segment.cells.borders import Borders, find_borders, join_borders
from segment.cells.close import close_cells, grain_map_from_tracing
from segment.cells.label_edges import on_edges
from segment.errors import InputError
from segment.mosaics.laguerre import laguerre_section


def boundary_map(probability: np.ndarray, **facts) -> BoundaryMap:
    return BoundaryMap(probability.astype(np.float32), facts.pop("pixel_size_nm", None), "none", **facts)


def grid(cells: int = 4, edge: int = 16, line: float = 0.9) -> np.ndarray:
    probability = np.zeros((cells * edge, cells * edge))
    probability[edge - 1 :: edge] = line
    probability[:, edge - 1 :: edge] = line
    return probability


def test_grid_closes_into_its_cells():
    grains = close_cells(boundary_map(grid()), persistence=0.2)
    assert grains.n_grains == 16
    assert grains.labels.dtype == np.int32
    assert not (grains.labels == 0).any()
    assert grains.probability is not None


def test_small_cells_are_merged_across_their_lowest_pass():
    probability = grid()
    probability[2:6, 2:6] = 0.9
    probability[3:5, 3:5] = 0.0  # four pixels behind a wall within the first cell
    assert cut_cells(probability, 0.2, 1).max() == 17
    merged = close_cells(boundary_map(probability), persistence=0.2, min_area_px=30)
    assert merged.n_grains == 16
    assert merged.labels[4, 4] == merged.labels[10, 10] > 0


def test_sliver_goes_to_the_side_of_the_lower_wall():
    probability = np.zeros((30, 25))
    probability[:, 10], probability[:, 13] = 0.9, 0.6
    assert close_cells(boundary_map(probability), persistence=0.2).n_grains == 3
    labels = close_cells(boundary_map(probability), persistence=0.2, min_area_px=70).labels
    assert labels.max() == 2
    assert labels[5, 9] == 1 and labels[5, 12] == labels[5, 20] == 2


def test_lonely_small_cell_stays():
    mask = np.zeros((20, 20), bool)
    mask[3:5, 3:5] = True
    grains = close_cells(boundary_map(np.zeros((20, 20)), valid=mask), persistence=0.1, min_area_px=30)
    assert grains.n_grains == 1 and (grains.labels > 0).sum() == 4


def test_not_grain_and_invalid_pixels_are_zero():
    pore = np.zeros((64, 64), bool)
    pore[20:28, 20:28] = True
    valid = np.ones((64, 64), bool)
    valid[60:] = False
    grains = close_cells(boundary_map(grid(), not_grain=pore, valid=valid), persistence=0.2)
    assert not grains.labels[pore].any() and not grains.labels[~valid].any()
    assert grains.labels[valid & ~pore].all()


def test_labels_are_contiguous_whatever_was_merged():
    rng = np.random.default_rng(5)
    grains = close_cells(boundary_map(rng.random((80, 80))), persistence=0.05, min_area_px=12)
    assert np.unique(grains.labels).tolist() == list(range(1, grains.n_grains + 1))
    assert np.bincount(grains.labels.ravel())[1:].min() >= 12


def test_persistence_is_monotone_with_small_cells_merged():
    probability = np.random.default_rng(6).random((90, 90))
    counts = [close_cells(boundary_map(probability), persistence=p).n_grains for p in np.linspace(0, 1, 11)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 5 * counts[-1]


def test_persistence_must_be_a_probability():
    with pytest.raises(ValueError, match="probability"):
        close_cells(boundary_map(grid()), persistence=1.5)


def test_border_confidence_and_length():
    probability = np.zeros((31, 31))
    probability[:, 15] = 0.7
    probability[15] = 0.8
    grains = close_cells(boundary_map(probability), persistence=0.2)
    borders = find_borders(grains.labels, grains.probability)
    by_pair = {tuple(pair): c for pair, c in zip(borders.pairs.tolist(), borders.confidence, strict=True)}
    assert by_pair[(1, 2)] == pytest.approx(0.7, abs=0.02)
    assert by_pair[(1, 3)] == pytest.approx(0.8, abs=0.02)
    assert borders.length_px.sum() == 62


def borders_of_a_mosaic(seed: int, confidence) -> tuple[Borders, int]:
    """Borders of a random mosaic; `confidence` draws theirs, by the generator and their number."""
    rng = np.random.default_rng(seed)
    labels = laguerre_section((200, 200), 15, 0.3, rng).grain_map().labels
    found = find_borders(labels, np.zeros(labels.shape, np.float32))
    return replace(found, confidence=confidence(rng, len(found.pairs))), int(labels.max()) + 1


@pytest.mark.parametrize("seed", range(4))
def test_the_level_is_the_highest_that_promises_as_much_as_any(seed):
    borders, size = borders_of_a_mosaic(seed, lambda rng, n: rng.beta(2, 1 + seed / 2, n))
    cell, level = join_by_image_level(borders, size)
    np.testing.assert_array_equal(cell, join_weak(borders, size, level)[0])

    def promised(tried: float) -> float:
        left = join_borders(borders, join_weak(borders, size, tried)[0])
        true = left.length_px @ left.confidence
        return 2 * true / (left.length_px.sum() + borders.length_px @ borders.confidence)

    best = max(promised(tried) for tried in CONFIDENCES)
    assert promised(level) >= best - EQUAL
    assert all(promised(tried) < best - EQUAL for tried in CONFIDENCES if tried > level)


def test_a_clear_image_keeps_the_highest_level_and_a_poor_one_does_not():
    clear = borders_of_a_mosaic(0, lambda rng, n: rng.choice([0.05, 0.97], n, p=[0.02, 0.98]))
    poor = borders_of_a_mosaic(0, lambda rng, n: rng.choice([0.05, 0.4, 0.6], n))
    nothing = borders_of_a_mosaic(0, lambda rng, n: rng.uniform(0.1, 0.45, n))
    assert join_by_image_level(*clear)[1] == CONFIDENCES[-1]
    assert join_by_image_level(*poor)[1] < 0.4
    assert join_by_image_level(*nothing)[1] == 0.5


def test_no_border_at_all_has_a_level_too():
    none = Borders(np.zeros((0, 2), np.int32), np.zeros(0, np.int64), np.zeros(0))
    cell, level = join_by_image_level(none, 2)
    assert cell.tolist() == [0, 1] and level == CONFIDENCES[-1]


def test_borders_do_not_depend_on_the_blocks(monkeypatch):
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 9, (50, 40)).astype(np.int32)
    probability = rng.random((50, 40)).astype(np.float32)
    whole = find_borders(labels, probability)
    monkeypatch.setattr("segment.cells.borders._BLOCK_ROWS", 7)
    blocks = find_borders(labels, probability)
    np.testing.assert_array_equal(whole.pairs, blocks.pairs)
    np.testing.assert_array_equal(whole.length_px, blocks.length_px)
    np.testing.assert_allclose(whole.confidence, blocks.confidence)


def traced(truth: np.ndarray, width: int) -> np.ndarray:
    edge = on_edges(truth, upper_left=True)
    return np.where(ndi.binary_dilation(edge, iterations=width), 255, 0).astype(np.uint8)


def test_tracing_of_a_mosaic_gives_its_cells_back():
    truth = laguerre_section((256, 256), 40, 0.3, np.random.default_rng(8)).grain_map().labels
    grains = grain_map_from_tracing(traced(truth, 2), pixel_size_nm=2.0)
    assert grains.pixel_size_source == "manual"
    assert grains.labels.all()
    from skimage.metrics import adapted_rand_error

    assert adapted_rand_error(truth, grains.labels)[0] < 0.06


def test_tracing_line_is_shared_equally():
    mask = np.zeros((40, 41), np.uint8)
    mask[:, 18:23] = 255
    labels = grain_map_from_tracing(mask).labels
    assert labels.max() == 2
    assert set((labels == 1).sum(axis=1)) <= {20, 21}


def test_dark_lines_are_recognised_and_said():
    mask = np.full((40, 41), 255, np.uint8)
    mask[:, 20] = 0
    grains = grain_map_from_tracing(mask)
    assert grains.n_grains == 2
    assert "dark lines" in grains.warnings[0]


def test_tracing_specks_belong_to_the_line():
    mask = np.zeros((40, 40), bool)
    mask[:, 18:22] = True
    mask[10:12, 19:21] = False
    assert grain_map_from_tracing(mask).n_grains == 2


def test_tracing_without_a_cell_is_refused():
    mask = np.zeros((16, 16), bool)
    mask[::2] = True
    with pytest.raises(InputError, match="no closed cell"):
        grain_map_from_tracing(mask, source="x.png")
