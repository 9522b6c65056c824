"""Which boundaries of a synthetic image show: a renderer may draw two neighbours alike, with no line to see.

A boundary that the finished image does not show, noise and blur included, is no example of a boundary, nor of
its absence: training leaves its pixels out.
"""

import cv2
import numpy as np

from segment.training.synthetic.random_fields import BoundaryField

_REACH_PX = 4  #: from a segment that does not show, within which nothing is learned; judgement
SIDE_PX = (3.0, 8.0)  #: distance from the boundary of the pixels that stand for the grain beside it
LEAST_ERRORS = 2.5  #: least contrast of a boundary that shows, in standard errors
LEAST_GREY = 1.5  #: and in grey levels of 255
PIXELS_PER_DRAW = 2.0  #: neighbouring pixels are not independent; blur by a pixel leaves every second one


def segment_contrast(image: np.ndarray, labels: np.ndarray, field: BoundaryField) -> np.ndarray:
    """How well the image (uint8) shows each segment of a field of `labels`, as a line or as a step.

    Contrast over the least that shows, float64 of shape (m,); infinite where a side has no pixels.
    """
    m = len(field.sides)
    near = np.flatnonzero(field.distance.ravel() <= SIDE_PX[1])
    segment, distance = field.segment.ravel()[near], field.distance.ravel()[near]
    grey, label = image.ravel()[near].astype(np.float64), labels.ravel()[near]
    low, high = field.sides[segment].T
    beside = distance >= SIDE_PX[0]
    zones = (distance < 1, beside & (label == low), beside & (label == high))
    count, total, square = (
        np.stack([np.bincount(segment[zone], value[zone], m) for zone in zones])
        for value in (np.ones_like(grey), grey, grey**2)
    )
    some = np.maximum(count, 1.0)
    mean = total / some
    spread = np.sqrt(np.average(np.maximum(square / some - mean**2, 0)[1:], axis=0, weights=some[1:]))
    error = spread * np.sqrt(PIXELS_PER_DRAW * (1 / some[0] + 1 / (some[1] + some[2])))
    line = np.abs(mean[0] - mean[1:].mean(0))
    contrast = np.where((count[1:] > 0).all(0), np.maximum(line, np.abs(mean[1] - mean[2])), np.inf)
    return contrast / np.maximum(LEAST_ERRORS * error, LEAST_GREY)


def unsure_pixels(contrast: np.ndarray, field: BoundaryField) -> np.ndarray:
    """Pixels within `_REACH_PX` of a segment of less `contrast` than shows, and of no other; bool."""
    hidden = (contrast < 1)[field.segment] & field.on_line
    shown = field.on_line & ~hidden
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _REACH_PX + 1, 2 * _REACH_PX + 1))
    around, line = (cv2.dilate(mask.astype(np.uint8), kernel) for mask in (hidden, shown))
    return (around > 0) & ~((line > 0) & ~hidden)
