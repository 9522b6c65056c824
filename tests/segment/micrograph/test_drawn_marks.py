"""Letters, arrows and round insets without a box are masked; what a camera saturates is none of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import tifffile

import grainstats as gs
from segment.micrograph import micrograph_of_array
from segment.micrograph.overlay import find_overlay

CENTRE, RADIUS = (420, 300), 90


@pytest.fixture(scope="module")
def field() -> np.ndarray:
    return tifffile.imread(gs.example_micrographs() / "ai-01" / "ai-01-field-1.tif")[:480, :600]


def arrows(image: np.ndarray, ink: int) -> None:
    for start, end in (((100, 100), (200, 160)), ((400, 300), (330, 250))):
        cv2.arrowedLine(image, start, end, ink, 3, cv2.LINE_AA, tipLength=0.3)


def letters(image: np.ndarray, ink: int) -> None:
    cv2.putText(image, "(a) 300 K", (15, 60), cv2.FONT_HERSHEY_DUPLEX, 1.6, ink, 3, cv2.LINE_AA)


def beam_stop(image: np.ndarray, ink: int) -> None:
    image[200:225, :330] = ink
    cv2.circle(image, (330, 212), 20, ink, -1)


@pytest.mark.parametrize("draw", [arrows, letters, beam_stop])
@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("quality", [None, 75])
def test_what_is_drawn_is_masked(field, draw, ink, quality):
    drawn = field.copy()
    draw(drawn, ink)
    there = np.abs(drawn.astype(int) - field) > 40
    if quality is not None:
        packed = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        drawn = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    found = find_overlay(drawn)
    assert found is not None and found[there].mean() > 0.98
    around = cv2.dilate(there.view(np.uint8), np.ones((13, 13), np.uint8)) > 0
    assert not (found & ~around).any()


@pytest.mark.parametrize("cut", [0, 1, 2, 5])
@pytest.mark.parametrize("sample", ["ai-02", "researcher-01"])
def test_saturated_grains_are_no_marks(sample, cut):
    grey = tifffile.imread(gs.example_micrographs() / sample / f"{sample}-field-1.tif")
    grey = grey[:700].astype(float)
    low, high = np.percentile(grey, (cut, 100 - cut))
    assert find_overlay(np.clip((grey - low) * 255 / (high - low), 0, 255).astype(np.uint8)) is None


def with_circle(field: np.ndarray, colour: tuple[int, int, int], *, magnified: bool) -> np.ndarray:
    """A circle around a part of the image, or around a magnified view of another part."""
    picture = np.stack([field] * 3, -1)
    rows, columns = np.indices(field.shape)
    disc = (rows - CENTRE[1]) ** 2 + (columns - CENTRE[0]) ** 2 <= RADIUS**2
    if magnified:
        view = cv2.resize(field[60:125, 60:125], (2 * RADIUS + 1,) * 2, interpolation=cv2.INTER_CUBIC)
        top, left = CENTRE[1] - RADIUS, CENTRE[0] - RADIUS
        set_in = np.zeros_like(field)
        set_in[top : top + len(view), left : left + len(view)] = view
        picture[disc] = set_in[disc][:, None]
    return cv2.circle(picture, CENTRE, RADIUS, colour, 2, cv2.LINE_AA)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (255, 255, 0), (255, 0, 0)])
def test_a_round_inset_is_masked_and_a_circle_around_grains_is_not(field, colour):
    inset = micrograph_of_array(with_circle(field, colour, magnified=True))
    coarse = cv2.resize(field[:160, :200], (600, 480), interpolation=cv2.INTER_CUBIC)
    marker = micrograph_of_array(with_circle(coarse, colour, magnified=False))
    assert inset.valid is not None and not inset.valid[CENTRE[1] - 80 : CENTRE[1] + 80, CENTRE[0]].any()
    assert any("an inset is masked" in note for note in inset.notes)
    assert marker.valid is not None and marker.valid[CENTRE[1] - 80 : CENTRE[1] + 80, CENTRE[0]].all()
    assert not marker.valid[CENTRE[1], CENTRE[0] + RADIUS]
