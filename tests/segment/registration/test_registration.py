"""Pictures of one field: laid on each other to a pixel, fused as evidence; what is no field is refused."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from segment.boundary_map import BoundaryMap
from segment.cells.label_edges import on_edges
from segment.errors import InputError
from segment.mosaics.laguerre import laguerre_section
from segment.registration.align import align, warped
from segment.registration.fuse import UNSEEN, USUAL, fuse

SHAPE = (300, 360)


def lines_of(seed: int, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Boundary probability of a mosaic, as a network would see all of it."""
    labels = laguerre_section(shape, 34, 0.3, np.random.default_rng(seed)).grain_map(1.0).labels
    edge = on_edges(labels, upper_left=True).astype(np.float32)
    return np.clip(cv2.GaussianBlur(edge, (0, 0), 1.2) * 1.6, 0, 0.98)


def half_hidden(lines: np.ndarray, seed: int) -> np.ndarray:
    """Every picture shows another half of the boundaries."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).standard_normal(lines.shape), (0, 0), 8)
    return np.where(noise > 0, lines, 0.02 + 0.1 * lines).astype(np.float32)


def as_map(lines: np.ndarray, pixel: float | None = 1.0) -> BoundaryMap:
    return BoundaryMap(lines.astype(np.float32), pixel, "none" if pixel is None else "manual")


def moved(
    lines: np.ndarray, turn: float, shift: tuple[float, float], squeeze: float
) -> tuple[np.ndarray, np.ndarray]:
    """The picture as another tilt shows it, and the matrix from the first one's pixels to its own."""
    matrix = cv2.getRotationMatrix2D((lines.shape[1] / 2, lines.shape[0] / 2), turn, 1.0)
    matrix[:, 2] += shift
    matrix[1] *= squeeze
    size = lines.shape[::-1]
    return cv2.warpAffine(lines, matrix, size, flags=cv2.INTER_LINEAR), matrix


@pytest.mark.parametrize(
    ("turn", "shift", "squeeze"), [(0, (0, 0), 1), (2.4, (11, -17), 0.985), (-6, (-25, 8), 0.97)]
)
def test_two_pictures_that_show_other_boundaries_are_laid_on_each_other(turn, shift, squeeze):
    lines = lines_of(1)
    other, matrix = moved(half_hidden(lines, 2), turn, shift, squeeze)
    found = align(half_hidden(lines, 1), other)
    corners = np.array([[x, y, 1] for x in (40, 320) for y in (40, 260)], float)
    assert np.abs(corners @ found.matrix.T - corners @ matrix.T).max() < 1.5  # pixels
    assert found.correlation > 0.4
    assert found.stretch == pytest.approx(1 / squeeze, abs=0.01)


def test_a_picture_of_another_size_is_laid_on_too():
    lines = lines_of(3, (320, 400))
    found = align(lines[:300, :360], lines[12:, 20:])
    assert found.matrix[:, 2] == pytest.approx([-20, -12], abs=0.3)
    assert found.overlap == pytest.approx((300 - 12) * (360 - 20) / (300 * 360), abs=0.02)


@pytest.mark.parametrize(("part", "whole"), [(slice(60, 210), slice(None)), (slice(None), slice(60, 210))])
def test_a_crop_lies_on_its_picture_and_one_of_another_area_does_not(part, whole):
    lines = lines_of(3, (320, 400))
    first, crop = as_map(lines[whole, whole]), as_map(lines[part, part])
    fused, (place,) = fuse([first, crop], ["a.tif", "b.tif"])
    assert place.correlation > 0.9 and place.overlap > 0.99
    assert fused.probability.shape == first.probability.shape
    with pytest.raises(InputError, match="do not lie on"):
        fuse([first, as_map(lines_of(12, (320, 400))[part, part])], ["a.tif", "b.tif"])


def test_unrelated_pictures_stay_far_below_the_threshold():
    with pytest.raises(InputError, match=r"b\.tif.*do not lie on those of a\.tif.*take it out"):
        fuse([as_map(lines_of(4)), as_map(lines_of(5))], ["a.tif", "b.tif"])


def test_pictures_that_share_less_than_half_are_refused_as_such():
    lines = lines_of(3, (392, 470))
    with pytest.raises(InputError, match=r"b\.tif.*shares only 4\d% with a\.tif.*50% or more"):
        fuse([as_map(lines[:300, :360]), as_map(lines[92:, 110:])], ["a.tif", "b.tif"])


def test_another_magnification_is_refused_by_the_pixel_size_or_by_what_is_seen():
    lines = lines_of(6)
    with pytest.raises(InputError, match=r"b\.tif.*2 nm, those of a\.tif 1 nm.*one magnification"):
        fuse([as_map(lines), as_map(lines, 2.0)], ["a.tif", "b.tif"])
    large = cv2.resize(lines, None, fx=1.5, fy=1.5)[:300, :360]
    with pytest.raises(InputError, match=r"another area or magnification|stretched"):
        fuse([as_map(lines, None), as_map(large, None)], ["a.tif", "b.tif"])


def test_a_boundary_of_one_picture_counts_and_evidence_adds_up():
    lines = lines_of(7)
    fused, places = fuse([as_map(half_hidden(lines, k)) for k in range(4)], list("abcd"))
    assert len(places) == 3
    on = lines > 0.9
    alone = half_hidden(lines, 0)[on]
    assert (fused.probability[on] > 0.5).mean() > 0.9 > 0.6 > (alone > 0.5).mean()
    assert fused.probability[lines < 0.01].mean() < 0.05


def test_fused_probability_by_hand():
    lines = lines_of(8)
    fused, _ = fuse([as_map(lines), as_map(lines)], ["a", "b"])
    prior = np.log(USUAL / (1 - USUAL))
    p = np.clip(lines[150, 180], 1e-3, 1 - 1e-3)
    each = max(np.log(p / (1 - p)) - prior, np.log(UNSEEN))
    assert fused.probability[150, 180] == pytest.approx(1 / (1 + np.exp(-(prior + 2 * each))), abs=0.02)


def test_where_only_one_picture_shows_the_field_it_stands_alone():
    lines = lines_of(9)
    away, matrix = moved(lines, 0, (60, 0), 1)
    hidden = np.ones(SHAPE, bool)
    hidden[:, :40] = False  # a label burned into the first picture
    fused, _ = fuse([replace(as_map(lines), valid=hidden), as_map(lines)], ["a", "b"])
    assert fused.valid.all()
    shown = warped(np.ones(SHAPE, bool), matrix.astype(np.float32), SHAPE)
    fused, _ = fuse([as_map(lines), as_map(away)], ["a", "b"])
    np.testing.assert_allclose(fused.probability[~shown], np.clip(lines[~shown], 1e-3, 1), atol=1e-3)


def test_most_pictures_decide_where_no_grain_is():
    lines, hole = lines_of(10), np.zeros(SHAPE, bool)
    hole[100:140, 100:140] = True
    with_hole, without = replace(as_map(lines), not_grain=hole), as_map(lines)
    assert fuse([with_hole, with_hole, without], list("abc"))[0].not_grain[120, 120]
    assert fuse([with_hole, without, without], list("abc"))[0].not_grain is None


def test_a_picture_that_shows_no_boundary_is_left_out_and_named():
    empty = replace(as_map(np.zeros(SHAPE)), warnings=("no grain boundaries are visible",))
    fused, places = fuse([as_map(lines_of(11)), empty], ["a.tif", "b.tif"])
    assert places == [None]
    assert fused.warnings[-1] == "b.tif is left out: no grain boundaries are visible"
    with pytest.raises(InputError, match=r"a\.tif.*first picture of its field.*b\.tif"):
        fuse([empty, as_map(lines_of(11))], ["a.tif", "b.tif"])
