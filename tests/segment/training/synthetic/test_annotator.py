"""Annotators: what they leave out, draw twice, and how far their hand strays."""

from __future__ import annotations

import cv2
import numpy as np

from segment.training.synthetic.annotator import Annotator, draw_annotator
from segment.training.synthetic.geometry import Shape, random_section
from segment.training.synthetic.random_fields import boundary_field

LABELS = random_section(np.random.default_rng(0), (256, 256), Shape(24)).labels
FIELD = boundary_field(LABELS, np.random.default_rng(1))
CONTRAST = np.random.default_rng(2).uniform(0, 5, len(FIELD.sides))


def trace(annotator: Annotator) -> np.ndarray:
    return annotator.trace(FIELD.on_line, CONTRAST, FIELD, np.random.default_rng(3))


def test_a_careful_annotator_changes_nothing() -> None:
    assert np.array_equal(trace(Annotator()), FIELD.on_line)


def test_the_faintest_boundaries_are_passed_over_first() -> None:
    drawn = trace(Annotator(faint=0.25))
    assert not drawn[(CONTRAST < np.quantile(CONTRAST, 0.2))[FIELD.segment]].any()
    sure = FIELD.on_line & (CONTRAST > np.quantile(CONTRAST, 0.3))[FIELD.segment]
    assert drawn[sure].all()


def test_doubled_outlines_lie_a_few_pixels_beside_the_first() -> None:
    drawn = trace(Annotator(doubled=0.4))
    assert drawn[FIELD.on_line].all()
    added = drawn & ~FIELD.on_line
    assert added.sum() > 0.1 * FIELD.on_line.sum()
    away = cv2.distanceTransform((~FIELD.on_line).astype(np.uint8), cv2.DIST_L2, 5)
    assert away[added].max() < 6


def test_a_shaky_hand_stays_near_the_line() -> None:
    drawn = trace(Annotator(shake_px=1.0))
    assert not np.array_equal(drawn, FIELD.on_line)
    away = cv2.distanceTransform((~FIELD.on_line).astype(np.uint8), cv2.DIST_L2, 5)
    assert np.median(away[drawn]) < 2 and away[drawn].max() < 8
    back = cv2.distanceTransform((~drawn).astype(np.uint8), cv2.DIST_L2, 5)
    assert (back[FIELD.on_line] < 4).mean() > 0.95, "no line is lost"


def test_half_of_the_annotators_are_careful() -> None:
    drawn = [draw_annotator(np.random.default_rng(seed)) for seed in range(200)]
    assert 0.35 < np.mean([one == Annotator() for one in drawn]) < 0.65
