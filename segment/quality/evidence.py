"""What an answer shows of its own quality: numbers from the probability, the cells and the grey levels.

A grain structure fills the image evenly, its boundaries meet in threes at wide angles, and a boundary is
either there or not.  Photographs break the first, chance patterns the second, boundaries that the network
hardly sees the third.  The numbers mean nothing alone; `segment.quality.calibration_table` weighs them as it
was fitted for the model.

All lengths are in the network's pixels, so that the numbers do not depend on the magnification.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import ArrayLike

from segment._threads import in_threads
from segment.boundary_map import BoundaryMap
from segment.cells.border_merging import BORDER_CONFIDENCE, SEED_PERSISTENCE
from segment.cells.borders import Borders, find_borders
from segment.cells.label_edges import cells_around, on_edges
from segment.micrograph.micrograph import Micrograph
from segment.quality.evidence_numbers import Evidence

WHOLE_PX = 1_500_000  #: network pixels up to which the whole image is looked at
EVIDENCE_WINDOW_PX = 640  #: edge of each of the four windows that stand for a larger one
_BLOCKS = 4  #: blocks along an edge of the image (half as many along a window's) whose contents are compared
_SMALLEST_PX = 20  #: smallest cell, as the watershed has it
JUDGED_PX = 64  #: smaller cells are all pixels and no shape
JUDGED_CELLS = 400  #: cells of a window whose shape is looked at
_REACH_PX = 4  #: how far from a border its own pixels lie
SURROUNDINGS_PX = 121  #: edge of the square whose mean a grey level is held against
JUNCTION_PX = 8  #: radius at which the angles of a junction are read
_RING = 96  #: points on that circle
FEWEST_WHOLE_CELLS = 15  #: whole cells from which a share of them says something; judgement
MOST_NEIGHBOURS = 7  #: more tell no more; judgement
CERTAIN = 0.99  #: mean probability along its border from which a cell gains nothing by more; judgement
#: log odds that a cell is no grain, for each of `cell_traits`, and where both are 0: logistic regression on
#: rendered cells (`calibration/segmentation/fit_spurious_cells.py`, docs/validation/spurious_cells.csv)
EVIDENCE_WEIGHTS = (-0.828, -0.703)
OFFSET = 4.010


@dataclass(frozen=True, eq=False)
class _Window:
    """A part of the image in the network's pixels; `grey` has zero mean and unit deviation."""

    probability: np.ndarray
    labels: np.ndarray
    grey: np.ndarray
    blocks: int


def gather_evidence(micrograph: Micrograph, boundary_map: BoundaryMap, labels: np.ndarray) -> Evidence | None:
    """Evidence of one answer and the cells that were cut from it; None where it shows no border at all."""
    windows = list(_windows(micrograph.image, boundary_map, labels))
    found = [numbers for numbers in in_threads(_numbers, windows) if numbers]
    if not found:
        return None
    mean = {name: _mean([numbers[name] for numbers in found]) for name in found[0]}
    blocks = np.concatenate([_blocks(window) for window in windows], axis=1)
    spread = blocks.std(axis=1) / np.maximum(blocks.mean(axis=1), 1e-9)
    return Evidence(
        **mean | {"cells": float(sum(numbers["cells"] for numbers in found))},
        density_spread=float(spread[0]),
        contrast_spread=float(spread[1]),
    )


def _mean(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _windows(image: np.ndarray, boundary_map: BoundaryMap, labels: np.ndarray) -> Iterator[_Window]:
    """The whole image, or windows in the middle of its quarters."""
    scale, (rows, columns) = boundary_map.scale, labels.shape
    whole = rows * columns * scale**2 <= WHOLE_PX
    edge = max(round(EVIDENCE_WINDOW_PX / scale), 1)
    if whole:
        yield _resampled(boundary_map.probability, labels, image, scale, _BLOCKS)
        return
    for i, j in product((1, 3), repeat=2):
        top, left = max(i * rows // 4 - edge // 2, 0), max(j * columns // 4 - edge // 2, 0)
        part = np.s_[top : top + edge, left : left + edge]
        yield _resampled(boundary_map.probability[part], labels[part], image[part], scale, _BLOCKS // 2)


def _resampled(
    probability: np.ndarray, labels: np.ndarray, image: np.ndarray, scale: float, blocks: int
) -> _Window:
    grey: np.ndarray = image.astype(np.float32)
    np.nan_to_num(grey, copy=False, posinf=0.0, neginf=0.0)
    if scale != 1.0:
        size = (max(round(labels.shape[1] * scale), 32), max(round(labels.shape[0] * scale), 32))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        probability, grey = (cv2.resize(a, size, interpolation=method) for a in (probability, grey))
        labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    probability, labels = np.ascontiguousarray(probability), np.ascontiguousarray(labels)
    return _Window(probability, labels, (grey - grey.mean()) / max(float(grey.std()), 1e-6), blocks)


def _numbers(window: _Window) -> dict[str, float]:
    """What one window shows; empty without a border."""
    probability, labels = window.probability, window.labels
    borders = find_borders(labels, probability)
    length = float(borders.length_px.sum())
    if not length:
        return {}
    line = probability > BORDER_CONFIDENCE
    n_line = max(int(np.count_nonzero(line)), 1)
    away = cv2.distanceTransform((~on_edges(labels, upper_left=True)).view(np.uint8), cv2.DIST_L2, 3)
    near = away <= _REACH_PX
    return {
        "cells": float(np.count_nonzero(np.bincount(labels.ravel())[1:])),
        "line_share": n_line / line.size,
        "faint": float(np.count_nonzero((probability > 0.1) & ~line)) / n_line,
        "open_lines": float(np.count_nonzero(line & ~near)) / n_line,
        "weak": float(borders.length_px[borders.confidence < 0.75].sum()) / length,
        "edge_contrast": _edge_contrast(window.grey, near),
        "grey_tails": _tails(window.grey),
        **_shapes(labels),
        **dict(zip(("widest_angle", "clean_junctions"), junctions(labels), strict=True)),
        "spurious": spurious_share(labels, borders),
        "hidden": _hidden(probability, labels) / length,
    }


def _hidden(probability: np.ndarray, labels: np.ndarray) -> float:
    """Sum of length times mean probability over the borders inside cells."""
    from segment.cells.watershed import persistence_watershed

    fine = persistence_watershed(probability, SEED_PERSISTENCE, labels > 0, _SMALLEST_PX)
    borders = find_borders(fine, probability)
    cell = np.zeros(int(fine.max(initial=0)) + 1, labels.dtype)
    cell[fine.ravel()] = labels.ravel()
    inside = cell[borders.pairs[:, 0]] == cell[borders.pairs[:, 1]]
    return float(borders.length_px[inside] @ borders.confidence[inside])


def _edge_contrast(grey: np.ndarray, near: np.ndarray) -> float:
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.2)
    gradient = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return float(gradient[near].mean() / max(float(gradient[~near].mean()), 1e-6)) if not near.all() else 1.0


def _tails(grey: np.ndarray) -> float:
    """Kurtosis of what differs from its surroundings, single pixels' noise smoothed."""
    apart = cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.blur(grey, (SURROUNDINGS_PX, SURROUNDINGS_PX))
    square = (apart - apart.mean()) ** 2
    return float((square**2).mean() / max(float(square.mean()) ** 2, 1e-12))


def some_cells(labels: np.ndarray) -> list[np.ndarray]:
    """About `JUDGED_CELLS` cells of a map (int32), all if they are fewer, each as a mask in its own box."""
    from segment.cells._cell_kernels import label_boxes

    boxes = label_boxes(labels, int(labels.max(initial=0)))
    present = np.flatnonzero(boxes[1:, 1]) + 1
    chosen = present[:: max(present.size // JUDGED_CELLS, 1)].tolist()
    return [labels[boxes[k, 0] : boxes[k, 1], boxes[k, 2] : boxes[k, 3]] == k for k in chosen]


def _shapes(labels: np.ndarray) -> dict[str, float]:
    """Solidity, spread of sizes and largest share of the cells."""
    cells = some_cells(labels)
    area = np.array([np.count_nonzero(cell) for cell in cells], float)
    solid = [min(a / hull_area(cell), 1.0) for a, cell in zip(area, cells, strict=True) if a >= JUDGED_PX]
    return {
        "solidity": float(np.quantile(solid, 0.1)) if solid else float("nan"),
        "size_spread": float(np.log(area).std()),
        "largest_cell": float(area.max()) / labels.size,
    }


def hull_area(cell: np.ndarray) -> float:
    """Area of the convex hull of the squares of a mask's pixels."""
    corners = np.zeros((cell.shape[0] + 1, cell.shape[1] + 1), np.uint8)
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        corners[row : row + cell.shape[0], column : column + cell.shape[1]] |= cell
    outline, _ = cv2.findContours(corners, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return float(cv2.contourArea(cv2.convexHull(np.vstack(outline))))


def junctions(labels: np.ndarray) -> tuple[float, float]:
    """Mean widest angle, in degrees, where three cells meet, and the share of junctions that are such.

    Angles are read off a circle of `JUNCTION_PX`; a junction counts where the circle lies in the frame, and
    is clean where it crosses three borders.
    """
    y, x = np.nonzero(cells_around(labels) >= 3)
    rows, columns = labels.shape
    inside = (np.minimum(y, x) > JUNCTION_PX) & (y < rows - JUNCTION_PX - 1) & (x < columns - JUNCTION_PX - 1)
    y, x = y[inside], x[inside]
    if not y.size:
        return float("nan"), float("nan")
    turn = np.linspace(0, 2 * np.pi, _RING, endpoint=False)
    around = np.round(JUNCTION_PX * np.stack([np.sin(turn), np.cos(turn)])).astype(int)
    ring = labels[y[:, None] + around[0], x[:, None] + around[1]]
    change = ring != np.roll(ring, 1, axis=1)
    clean = change.sum(axis=1) == 3
    if not clean.any():
        return float("nan"), 0.0
    at = np.nonzero(change[clean])[1].reshape(-1, 3)
    arcs = np.diff(np.column_stack([at, at[:, 0] + _RING]), axis=1)
    return float(arcs.max(axis=1).mean() * 360 / _RING), float(clean.mean())


def _blocks(window: _Window) -> np.ndarray:
    """Border length per area and standard deviation of grey in each block, shape (2, blocks²)."""
    edge = on_edges(window.labels, upper_left=True)
    fine = window.grey - cv2.GaussianBlur(window.grey, (0, 0), 8)
    n, (rows, columns) = window.blocks, edge.shape
    parts = [
        np.s_[i * rows // n : (i + 1) * rows // n, j * columns // n : (j + 1) * columns // n]
        for i, j in product(range(n), repeat=2)
    ]
    return np.array([[float(edge[part].mean()), float(fine[part].std())] for part in parts]).T


def spurious_share(labels: np.ndarray, borders: Borders) -> float:
    """Expected share of the cells that are no grains of their own; NaN with fewer than `FEWEST_WHOLE_CELLS`.

    They are splinters between pits, outlines of particles, scratches that close: the network only half
    believes in their borders, and they have few neighbours, where a mean grain of a section has six.
    """
    traits = cell_traits(labels, borders)[1]
    if len(traits) < FEWEST_WHOLE_CELLS:
        return float("nan")
    return expected_share(traits, EVIDENCE_WEIGHTS, OFFSET)


def expected_share(traits: np.ndarray, weights: ArrayLike, offset: float) -> float:
    """Mean probability, by a logistic regression of the traits, that a cell is no grain."""
    return float(np.mean(1 / (1 + np.exp(-(traits @ np.asarray(weights) + offset)))))


def cell_traits(labels: np.ndarray, borders: Borders) -> tuple[np.ndarray, np.ndarray]:
    """Cells that the frame does not cut, shape (n,), and what they look like, shape (n, 2).

    That is log odds of the mean probability along its border, and number of neighbours.
    """
    whole = np.bincount(labels.ravel()) > 0
    for rim in (0, labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        whole[rim] = False
    cells, n = np.flatnonzero(whole), whole.size
    cell, length = borders.pairs.ravel(), np.repeat(borders.length_px, 2)
    believed = np.bincount(cell, length * np.repeat(borders.confidence, 2), n)
    sure = np.clip(believed / np.maximum(np.bincount(cell, length, n), 1), 1 - CERTAIN, CERTAIN)
    neighbours = np.minimum(np.bincount(cell, minlength=n), MOST_NEIGHBOURS)
    return cells, np.column_stack([np.log(sure / (1 - sure)), neighbours])[cells]
