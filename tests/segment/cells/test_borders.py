"""Joining across weak borders: order, averaging by length, and its union with persistence."""

import numpy as np
from scipy import ndimage as ndi

from segment.cells._cell_kernels import label_boxes
from segment.cells.border_merging import BORDER_CONFIDENCE, cut_cells, join_weak
from segment.cells.borders import Borders, _distinct, find_borders, join_borders


def borders(*rows: tuple[int, int, int, float]) -> Borders:
    table = sorted(rows)
    return Borders(
        np.array([row[:2] for row in table], np.int32).reshape(-1, 2),
        np.array([row[2] for row in table], np.int64),
        np.array([row[3] for row in table], float),
    )


def joined(*rows: tuple) -> list[int]:
    return join_weak(borders(*rows), 4, BORDER_CONFIDENCE)[0].tolist()


def test_weak_border_joins_and_strong_ones_stay():
    assert joined((1, 2, 10, 0.3), (2, 3, 10, 0.8)) == [0, 1, 1, 3]


def test_borders_that_fall_together_are_averaged_by_length():
    # 1|2 goes first; then 3 meets the union along 10 px of .4 and 30 px of .9: mean .775 stays.
    assert joined((1, 2, 5, 0.1), (1, 3, 10, 0.4), (2, 3, 30, 0.9)) == [0, 1, 1, 3]
    assert joined((1, 2, 5, 0.1), (1, 3, 30, 0.4), (2, 3, 10, 0.6)) == [0, 1, 1, 1]


def test_distinct_keys_are_those_of_numpy():
    for n in (0, 1, 200):
        keys = np.sort(np.random.default_rng(n).integers(0, 90, n))
        keys[::7] = 3
        for found, expected in zip(_distinct(keys), np.unique(keys, return_inverse=True), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_joined_borders_keep_length_and_mass():
    before = borders((1, 2, 5, 0.1), (1, 3, 10, 0.4), (2, 3, 30, 0.9))
    after = join_borders(before, np.array([0, 1, 1, 3]))
    assert after.pairs.tolist() == [[1, 3]]
    assert after.length_px.tolist() == [40]
    np.testing.assert_allclose(after.confidence, [(10 * 0.4 + 30 * 0.9) / 40])


def ring(gap: float, noise: float = 0.0) -> np.ndarray:
    """A round grain in a matrix, its border broken over 8 % of its length."""
    y, x = np.mgrid[:80, :80] - 39.5
    wall = np.exp(-((np.hypot(y, x) - 22) ** 2) / 4).astype(np.float32)
    wall[(np.abs(np.arctan2(y, x)) < 0.25)] *= gap
    return wall


def test_gap_of_a_good_border_stays_closed():
    assert cut_cells(ring(0.05), 0.02, 20).max() == 2
    assert cut_cells(ring(0.05), 0.3, 20).max() == 1  # the user asked for persistent seeds only


def test_faint_chance_ridge_divides_nothing():
    assert cut_cells(ring(1.0) * np.float32(0.4), 0.02, 20).max() == 1


def test_cells_of_noise_stay_contiguous_and_every_border_is_sure():
    field = ndi.gaussian_filter(np.random.default_rng(1).normal(size=(120, 120)), 2)
    probability = ((field - field.min()) / np.ptp(field)).astype(np.float32)
    for asked, least in ((None, 0.3), (0.5, 0.5), (0.7, 0.7)):
        cells = cut_cells(probability, 0.02, 1, confidence=asked)
        assert np.unique(cells).tolist() == list(range(1, cells.max() + 1))
        assert find_borders(cells, probability).confidence.min(initial=1.0) >= least


def test_boxes_of_labels():
    labels = np.random.default_rng(0).integers(0, 40, (7, 9)).astype(np.int32)
    labels[labels == 3] = 0
    expected = [
        box and (box[0].start, box[0].stop, box[1].start, box[1].stop) for box in ndi.find_objects(labels)
    ]
    assert [tuple(box) if box[1] else None for box in label_boxes(labels, 39)[1:].tolist()][
        : len(expected)
    ] == expected
