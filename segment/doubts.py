"""Reasons not to trust an answer, found in the answer itself.

The thresholds separate micrographs from noise, flat images and photographs; docs/segmentation.md gives the
values measured on each.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from segment.boundarymap import BoundaryMap
from segment.grainmap import GrainMap

NOTHING = 0.004  #: share of boundary pixels below which no grains are visible
AMBIGUOUS = 1.5  #: pixels of probability .2 ... .8 per boundary pixel: more in noise
UNSURE = 0.68  #: mean probability along the borders: less in noise
OPEN_LINES = 0.15  #: share of boundary pixels away from every border: more in text, photographs and noise
FEW_CELLS = 10
RAGGED = 0.84  #: mean solidity of the cells: less in photographs
JUDGED_CELLS = 400  #: cells whose shape is looked at
LEAST_JUDGED_PX = 64  #: smaller cells are all pixels and no shape
REACH_PX = 4  #: how far from a border a boundary pixel may lie, in network pixels
BLOCK_ROWS = 512

NO_GRAINS = "no grain boundaries are visible"


def probability_doubts(boundary_map: BoundaryMap) -> tuple[str, ...]:
    """Doubts that the probability alone raises: nothing there, or nothing decided."""
    lines, between, pixels = 0, 0, 0
    for block in _blocks(boundary_map.probability):
        lines += int(np.count_nonzero(block > 0.5))
        between += int(np.count_nonzero((block > 0.2) & (block < 0.8)))
        pixels += block.size
    if boundary_map.valid is not None:
        pixels = max(int(np.count_nonzero(boundary_map.valid)), 1)
    if lines < NOTHING * pixels:
        return (NO_GRAINS,)
    if between > AMBIGUOUS * lines:
        return ("the network is undecided over much of the image: noise, or unlike its training images",)
    return ()


def cell_doubts(grain_map: GrainMap, scale: float = 1.0) -> tuple[str, ...]:
    """Doubts that the cells raise: weak borders, lines that close no cell, hardly any cell.

    Parameters
    ----------
    grain_map : GrainMap
        With its probability.
    scale : float
        `BoundaryMap.scale`.
    """
    if NO_GRAINS in grain_map.warnings or grain_map.probability is None:
        return ()
    found = []
    if grain_map.n_grains < FEW_CELLS:
        found.append(f"only {grain_map.n_grains} cells are in the image")
    confidence = border_confidence(grain_map.labels, grain_map.probability)[1]
    if confidence < UNSURE:
        found.append(f"borders are unsure: mean probability {confidence:.2f} along them")
    share = open_lines(grain_map, max(round(REACH_PX / scale), 1))
    if share > OPEN_LINES:
        found.append(f"{share:.0%} of the boundary pixels close no cell: perhaps not a grain structure")
    if grain_map.n_grains >= FEW_CELLS and (mean := solidity(grain_map.labels)) < RAGGED:
        found.append(f"cells are ragged (mean solidity {mean:.2f}): perhaps not a grain structure")
    return tuple(found)


def solidity(labels: np.ndarray) -> float:
    """Mean over cells of area / area of the convex hull; NaN without a cell.

    At most `JUDGED_CELLS` are looked at, evenly chosen by label.
    """
    boxes = ndimage.find_objects(labels)
    values = []
    for label in range(1, len(boxes) + 1, max(len(boxes) // JUDGED_CELLS, 1)):
        cell = labels[boxes[label - 1]] == label
        area = int(np.count_nonzero(cell))
        if area >= LEAST_JUDGED_PX:
            values.append(min(area / _hull_area(cell), 1.0))
    return float(np.mean(values)) if values else float("nan")


def _hull_area(cell: np.ndarray) -> float:
    """Area of the convex hull of the pixels' squares."""
    corners = np.zeros((cell.shape[0] + 1, cell.shape[1] + 1), np.uint8)
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        corners[row : row + cell.shape[0], column : column + cell.shape[1]] |= cell
    outline, _ = cv2.findContours(corners, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return float(cv2.contourArea(cv2.convexHull(np.vstack(outline))))


def border_confidence(labels: np.ndarray, probability: np.ndarray) -> tuple[int, float]:
    """Pixel edges between cells, and the mean probability along them (0 where there is none)."""
    length, total = 0, 0.0
    for first in range(0, len(labels), BLOCK_ROWS):
        rows, after = slice(first, first + BLOCK_ROWS), slice(first, first + BLOCK_ROWS + 1)
        for here, there, p_here, p_there in (
            (labels[rows, :-1], labels[rows, 1:], probability[rows, :-1], probability[rows, 1:]),
            (labels[after][:-1], labels[after][1:], probability[after][:-1], probability[after][1:]),
        ):
            border = (here != there) & (here > 0) & (there > 0)
            length += int(np.count_nonzero(border))
            total += float(np.maximum(p_here[border], p_there[border]).sum(dtype=np.float64))
    return length, total / length if length else 0.0


def open_lines(grain_map: GrainMap, reach_px: int) -> float:
    """Share of boundary pixels (probability above one half) farther than `reach_px` from every border."""
    assert grain_map.probability is not None
    labels, away, lines = grain_map.labels, 0, 0
    kernel = np.ones((2 * reach_px + 1, 2 * reach_px + 1), np.uint8)
    for first in range(0, len(labels), BLOCK_ROWS):
        begin, end = max(first - reach_px - 1, 0), first + BLOCK_ROWS + reach_px + 1
        part = labels[begin:end]
        edge = np.zeros(part.shape, np.uint8)
        edge[:, 1:] |= part[:, 1:] != part[:, :-1]
        edge[1:] |= part[1:] != part[:-1]
        near = cv2.dilate(edge, kernel)[first - begin : first - begin + BLOCK_ROWS]
        line = grain_map.probability[first : first + BLOCK_ROWS] > 0.5
        lines += int(np.count_nonzero(line))
        away += int(np.count_nonzero(line & (near == 0)))
    return away / lines if lines else 0.0


def _blocks(image: np.ndarray) -> list[np.ndarray]:
    return [image[first : first + BLOCK_ROWS] for first in range(0, len(image), BLOCK_ROWS)]
