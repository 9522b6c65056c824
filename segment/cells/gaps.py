"""Narrow gaps between grains are boundaries; wide ones are voids.  How wide is told in units of grain size.

Etching and sintering open boundaries.  Two grains that face each other across a thin gap have a boundary
between them; where the gap is as wide as a grain, they do not meet.  A pit or a particle is as narrow, and no
gap: it has no length.
"""

from __future__ import annotations

import cv2
import numpy as np

from segment.cells.label_gaps import narrower_than
from segment.choices import GAP_WIDTH

LONG = 3.0  #: widths that a gap is at least long; judgement
LEAST_PX = 3  #: no narrower gap is told from the rim of a void


def narrow_gaps(not_grain: np.ndarray, labels: np.ndarray, width: float = GAP_WIDTH) -> np.ndarray | None:
    """Parts of what is no grain (bool) that are boundaries; None where there are none.

    `labels` are cells between boundaries, of the same image or of a part of it, `width` is in mean
    intercepts.
    """
    across = round(width * mean_intercept_px(labels))
    if across < LEAST_PX:
        return None
    thin = narrower_than(not_grain, across)
    _, part, boxes, _ = cv2.connectedComponentsWithStats(thin.view(np.uint8), connectivity=8)
    long = boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= LONG * across
    long[0] = False
    return long[part] if long.any() else None


def mean_intercept_px(labels: np.ndarray) -> float:
    """Mean length of the runs of one label along rows and columns; 0 without a cell."""
    pixels = 2 * int(np.count_nonzero(labels))
    runs = sum(
        int(np.count_nonzero(view[:, :1]))
        + int(np.count_nonzero((view[:, 1:] != view[:, :-1]) & (view[:, 1:] > 0)))
        for view in (labels, labels.T)
    )
    return pixels / runs if runs else 0.0
