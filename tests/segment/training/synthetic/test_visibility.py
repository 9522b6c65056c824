"""Which boundaries of a synthetic image show."""

from __future__ import annotations

import numpy as np
import pytest

from segment.training.synthetic.random_fields import boundary_field
from segment.training.synthetic.render import synthetic_micrograph
from segment.training.synthetic.visibility import segment_contrast, unsure_pixels

LABELS = np.repeat(np.repeat(np.array([[1, 2], [3, 4]]), 40, axis=0), 40, axis=1)


def _image(step: float, line: float, noise: float) -> np.ndarray:
    """Four squares; only the boundary between 1 and 2 shows, as a step, a line or both."""
    rng = np.random.default_rng(0)
    image = np.full(LABELS.shape, 120.0) + noise * rng.standard_normal(LABELS.shape)
    image[LABELS == 2] += step
    image[:40, 39:41] += line
    return np.clip(image, 0, 255).astype(np.uint8)


def _pairs(image: np.ndarray) -> set[tuple[int, int]]:
    field = boundary_field(LABELS, np.random.default_rng(0))
    hidden = segment_contrast(image, LABELS, field) < 1
    return {(int(a), int(b)) for a, b in field.sides[hidden]}


@pytest.mark.parametrize(("step", "line"), [(0.0, -30.0), (0.0, 30.0)])
@pytest.mark.parametrize("noise", [1.0, 12.0])
def test_a_line_shows_and_plain_neighbours_do_not(step: float, line: float, noise: float) -> None:
    assert _pairs(_image(step, line, noise)) == {(1, 3), (2, 4), (3, 4)}


def test_a_step_shows_on_every_side_of_the_grain_that_differs() -> None:
    assert _pairs(_image(25.0, 0.0, 8.0)) == {(1, 3), (3, 4)}


def test_a_faint_line_drowns_in_noise() -> None:
    assert (1, 2) not in _pairs(_image(0.0, -12.0, 2.0))
    assert (1, 2) in _pairs(_image(0.0, -12.0, 60.0))


def test_unsure_pixels_lie_around_hidden_boundaries_and_leave_the_others() -> None:
    field = boundary_field(LABELS, np.random.default_rng(0))
    unsure = unsure_pixels(segment_contrast(_image(0.0, -30.0, 1.0), LABELS, field), field)
    assert unsure[60, 38:42].all()
    assert not unsure[20, 38:42].any()
    assert not unsure[20, 20]


def test_an_image_of_one_grain_has_nothing_to_be_unsure_of() -> None:
    labels = np.ones((32, 32), int)
    field = boundary_field(labels, np.random.default_rng(0))
    contrast = segment_contrast(np.zeros((32, 32), np.uint8), labels, field)
    assert not unsure_pixels(contrast, field).any()


def test_a_micrograph_says_where_its_boundaries_do_not_show() -> None:
    drawn = synthetic_micrograph(np.random.default_rng([992, 4]), (256, 256), style="bf_tem")
    assert drawn.unsure.shape == drawn.image.shape
    assert 0 < drawn.unsure[drawn.boundary].mean() < 0.6
