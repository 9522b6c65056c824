"""Whether the grains of an image differ in grey.

In etched metal boundaries are lines, and all look alike.  In bright-field TEM, under channelling contrast or
after staining they are steps between grains: beside plain ones there are faint ones that are as true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from segment.cells.borders import Borders

if TYPE_CHECKING:
    from segment.cells.watershed import NestedBasins

OFTEN_PX = 2  #: network pixels between two that are looked at, each the mean of those around it
INSIDE = 0.1  #: boundary probability up to which a pixel tells of its grain's grey; judgement
LEAST = 8  #: looked-at pixels from which a grain has a grey of its own; judgement
SURE = 0.85  #: confidence of a border between two grains indeed; judgement
#: median step between neighbours over the spread within grains; effect: docs/validation/segmentation-choices
STEP = 1.0


def grains_differ(
    grey: np.ndarray,
    basins: NestedBasins,
    probability: np.ndarray,
    scale: float,
    cell: np.ndarray,
    borders: Borders,
) -> bool:
    """Whether neighbours differ by `STEP` or more in half of the length of the sure borders.

    `grey` is the image, resampled by `scale` for the network; `basins` are those of its boundary
    `probability`; `cell` is the cell of each fine one, and `borders` lie between these cells.
    """
    step = max(round(OFTEN_PX / scale), 1)
    labels = basins.labels[::step, ::step]
    seen = cv2.resize(grey, labels.shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float64)
    inside = (probability[::step, ::step] <= INSIDE) & (labels > 0)
    return cells_differ(cell[basins.fine[labels[inside]]], seen[inside], borders)


def cells_differ(cells: np.ndarray, grey: np.ndarray, borders: Borders) -> bool:
    """As `grains_differ`, by the cell and the grey of each pixel, shape (m,)."""
    size = int(max(borders.pairs.max(initial=0), cells.max(initial=0))) + 1
    count = np.bincount(cells, minlength=size)
    mean = np.bincount(cells, grey, size) / np.maximum(count, 1)
    known = count >= LEAST
    told = known[borders.pairs].all(axis=1) & (borders.confidence >= SURE)
    if not told.any():
        return False
    within = known[cells]
    spread = np.sqrt(np.mean((grey[within] - mean[cells[within]]) ** 2))
    step, length = np.abs(np.diff(mean[borders.pairs[told]], axis=1)[:, 0]), borders.length_px[told]
    return bool(length[step >= STEP * spread].sum() >= length.sum() / 2)
