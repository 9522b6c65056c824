"""What alignment left empty around the slices is no void."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage

from segment.errors import UnreadableError
from segment.volume import GreyVolume, VoxelSize
from segment.volume.alignment import Drift, aligned
from segment.volume.common_view import common_view

UNIT = VoxelSize(1, 1, 1)
SIDE, SLICES = 90, 12


@pytest.fixture(scope="module")
def body() -> np.ndarray:
    soft = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((SLICES, SIDE, SIDE)), (1, 2, 2))
    return np.clip(soft * 300 + 128, 1, 250).astype(np.uint8)


@pytest.mark.parametrize("level", [0, 255, np.nan])
@pytest.mark.parametrize("step", [0, 1])
def test_frames_are_cut_off(body: np.ndarray, level: float, step: int) -> None:
    room = (SLICES - 1) * step + 10
    kind = np.float32 if np.isnan(level) else np.uint8
    framed = np.full((SLICES, SIDE + room, SIDE + 20), level, kind)
    for k, image in enumerate(body):
        framed[k, 5 + k * step : 5 + k * step + SIDE, 10 : 10 + SIDE] = image
    found = common_view(GreyVolume(framed, UNIT))
    rows = SIDE - (SLICES - 1) * step
    assert abs(found.values.shape[1] - rows) <= 6 and abs(found.values.shape[2] - SIDE) <= 4
    assert "cut off" in found.warnings[0]
    for k, image in enumerate(found.values):
        assert np.isfinite(image).all() and np.ptp(image) > 0, k


def test_corners_of_turned_slices_are_cut_off(body: np.ndarray) -> None:
    turn = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), 8, 1)
    turned = np.stack([cv2.warpAffine(image, turn, (SIDE, SIDE)) for image in body])
    found = common_view(GreyVolume(turned, UNIT)).values
    assert (found > 0).all() and min(found.shape[1:]) > 0.7 * SIDE


def test_blank_slices_at_the_ends_and_frames_of_labels(body: np.ndarray) -> None:
    cells = np.kron(np.arange(1, 82).reshape(9, 9), np.ones((10, 10), int))
    labels = np.pad(np.broadcast_to(cells, (SLICES, SIDE, SIDE)), ((2, 3), (8, 8), (0, 12)))
    found = common_view(GreyVolume(labels, UNIT), labels=True)
    assert found.values.shape[0] == SLICES and (found.values > 0).all()
    assert "slice 2 on" in found.warnings[0]


def test_voids_of_labels_at_the_rim_stay_and_frames_of_moved_ones_go() -> None:
    cells = np.kron(np.arange(1, 82).reshape(9, 9), np.ones((10, 10), int))
    field = ndimage.gaussian_filter(np.random.default_rng(3).standard_normal((SLICES, SIDE, SIDE)), (4, 5, 5))
    porous = np.where(field < np.quantile(field, 0.2), 0, cells)
    assert common_view(GreyVolume(porous, UNIT), labels=True).values.shape == porous.shape
    moved = np.stack([np.pad(image, ((2 * k, 24 - 2 * k), (6, 0))) for k, image in enumerate(porous)])
    found = common_view(GreyVolume(moved, UNIT), labels=True).values
    in_all, in_all_but_one_at_either_end = SIDE - 22, SIDE - 18
    assert in_all <= found.shape[1] <= in_all_but_one_at_either_end and SIDE - 4 <= found.shape[2] <= SIDE


def test_whole_stacks_and_voids_at_the_rim_stay(body: np.ndarray) -> None:
    holed = body.copy()
    y, x = np.indices((SIDE, SIDE))
    holed[:, np.hypot(y - 5, x - 40) < 25] = 0
    holed[4, :8] = 0  # one slice only
    for values in (body, holed):
        stack = GreyVolume(values, UNIT)
        assert common_view(stack) is stack
    blank = GreyVolume(np.zeros((4, 50, 50), np.uint8), UNIT)
    assert common_view(blank) is blank


def test_slices_without_a_common_part_are_refused(body: np.ndarray) -> None:
    apart = np.zeros((SLICES, SIDE * 3, SIDE), np.uint8)
    for k, image in enumerate(body):
        apart[k, k * 16 : k * 16 + SIDE] = image
    with pytest.raises(UnreadableError, match="before alignment"):
        common_view(GreyVolume(apart, UNIT))


def test_alignment_leaves_no_repeated_rim(body: np.ndarray) -> None:
    moves = np.zeros((SLICES, 2))
    moves[3], moves[5] = (4, -2), (-3, 0)
    out = aligned(body, Drift(moves, np.zeros(2)))
    assert out.shape == (SLICES, SIDE - 7, SIDE - 2)
    np.testing.assert_array_equal(out[0], body[0, 4 : SIDE - 3, : SIDE - 2])
    np.testing.assert_array_equal(out[3], body[3, : SIDE - 7, 2:])
