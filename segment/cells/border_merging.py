"""Cells of a boundary probability: watershed basins, joined where the border between them is none.

Seeds alone decide at the weakest pixel of a border: one gap joins two grains, and one chance ridge divides a
grain. So seeds are set generously, and two cells stay apart only if the network, on average along their
common border, holds it for a boundary.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from segment.cells.borders import Borders, first_pair, join_borders
from segment.cells.label_edges import joined_groups

if TYPE_CHECKING:
    from segment.cells.watershed import NestedBasins

SEED_PERSISTENCE = 0.02  #: of the fine cells whose borders are judged
BORDER_CONFIDENCE = 0.5  #: mean probability along a border that is as likely there as not
CONFIDENCES = tuple(level / 100 for level in range(30, 61))  #: least ones among which the image decides
CLEAR = 3.4  #: log odds that a border may lie below the image's median one where boundaries are clear
HIGHEST = 0.8  #: confidence that is asked for at most
EQUAL = 0.002  #: expected F1 this much below the best one is as good
OFTEN_PX = 2  #: network pixels between two that are looked at, each the mean of those around it
INSIDE = 0.1  #: boundary probability up to which a pixel tells of its grain's grey; judgement
_LEAST = 8  #: looked-at pixels from which a grain has a grey of its own; judgement
SURE_BORDER = 0.85  #: confidence of a border between two grains indeed; judgement
#: median step between neighbours over the spread within grains; effect: docs/validation/segmentation-choices
_STEP = 1.0


def cut_cells(
    probability: np.ndarray,
    persistence: float,
    min_area_px: int,
    mask: np.ndarray | None = None,
    *,
    confidence: float | None = None,
    grey: np.ndarray | None = None,
    scale: float = 1.0,
) -> np.ndarray:
    """Cells of a probability map; int32, 1 ... n, 0 outside `mask`.

    Fine cells are joined in two ways: where a seed does not persist (`persistence`), and where the mean
    probability along a border is below `confidence`, the weakest first.  The second does not depend on the
    first, so that more persistence never gives more cells.  Without a `confidence` the image decides
    (`join_by_image_level`); `grey`, the image, which was resampled by `scale` for the network, tells whether
    its grains differ (`segment.cells.border_merging`).  The rest is as in `persistence_watershed`.
    """
    from segment.cells.watershed import nested_basins, number_cells

    basins = nested_basins(probability, SEED_PERSISTENCE, persistence, mask, min_area_px)
    if confidence is None:
        differ = None if grey is None else partial(grains_differ, grey, basins, probability, scale)
        weak, _ = join_by_image_level(basins.borders, basins.fine.size, differ)
    else:
        weak, _ = join_weak(basins.borders, basins.fine.size, confidence)
    every = np.arange(basins.fine.size)
    kept = joined_groups(every.size, np.tile(every, 3), np.concatenate([basins.fine, basins.coarse, weak]))
    return number_cells(basins.labels, kept.astype(np.int32))  # one type of index, one compiled loop


def join_by_image_level(
    borders: Borders, size: int, differ: Callable[[np.ndarray, Borders], bool] | None = None
) -> tuple[np.ndarray, float]:
    """Join cells across weak borders up to the one of `CONFIDENCES` that the image calls for, and tell which.

    Where boundaries drown in noise, most of those that are there are less than ½ sure, and leaving them out
    costs more than drawing a few that are not.  With the mean probability along a border as the chance that
    it is one, the expected F1 of a drawing is 2 sum(p l, drawn) / (sum(l, drawn) + sum(p l, all)), l the
    lengths; the level that makes it largest is half of it (Lipton, Elkan & Naryanaswamy, ECML 2014).  The
    highest level is taken that promises as much as any, up to `EQUAL`: in a clear image the highest of all.
    It is ½ where that leaves less than half the expected length: so few sure borders do not vouch for chance
    ridges.  Levels are close: between coarse ones rounding of the network's numbers flips whole images.

    In a clear image more is asked for: boundaries of one image look alike, so that beside lines of .99 one of
    .7 is a scratch or a trace of a twin (`clear_level`). Not so where the grains `differ` in grey.  The cells
    are as from `join_weak`; `size` is the number of labels, 0 included.
    """
    there = _expected_length(borders)
    cell, cells, expected = np.arange(size, dtype=np.int32), [], []
    for level in CONFIDENCES:
        step, borders = join_weak(borders, size, level)
        cell = step[cell]
        drawn = float(borders.length_px.sum())
        if level == BORDER_CONFIDENCE and drawn < there / 2:
            return cell, level
        cells.append(cell)
        expected.append(2 * _expected_length(borders) / (drawn + there) if there else 0.0)
    clear = clear_level(borders)
    if clear > CONFIDENCES[-1] and not (differ and differ(cell, borders)):
        return join_weak(borders, size, clear)[0][cell], clear
    best = max(k for k in range(len(CONFIDENCES)) if expected[k] >= max(expected) - EQUAL)
    return cells[best], CONFIDENCES[best]


def clear_level(borders: Borders) -> float:
    """Confidence to ask for beside borders of this median: `CLEAR` below it in log odds, at most `HIGHEST`.

    `CLEAR` was set on the UO2 fields: the clear ones lose nothing by it, and the faint ones, whose half-sure
    borders are true, are left to the expected F1.
    """
    if not borders.length_px.size:
        return 0.0
    order = np.argsort(borders.confidence)
    length = np.cumsum(borders.length_px[order])
    median = float(borders.confidence[order][np.searchsorted(length, length[-1] / 2)])
    odds = median / max(1 - median, 1e-6) * np.exp(-CLEAR)
    return float(min(odds / (1 + odds), HIGHEST))


def _expected_length(borders: Borders) -> float:
    """Length that the borders' probabilities add up to; no `@`, whose threads go on spinning."""
    return float((borders.length_px * borders.confidence).sum())


def join_weak(borders: Borders, size: int, confidence: float) -> tuple[np.ndarray, Borders]:
    """Join cells until every border left is `confidence` sure.

    By label, the lowest one joined with, int32; and the borders that are left.  In each round every two cells
    for which their common border is the weakest of both are joined; borders that fall together are averaged
    by length.
    """
    cell = np.arange(size, dtype=np.int32)
    while (pairs := _mutually_weakest(borders, confidence)).size:
        step = np.arange(size, dtype=np.int32)
        step[pairs[:, 1]] = pairs[:, 0]
        cell = step[cell]
        borders = join_borders(borders, step)
    return cell, borders


def _mutually_weakest(borders: Borders, confidence: float) -> np.ndarray:
    """Pairs of cells, shape (k, 2), whose border is below `confidence` and the weakest of both."""
    weak = np.flatnonzero(borders.confidence < confidence)
    order = weak[np.argsort(borders.confidence[weak], kind="stable")]
    pairs = borders.pairs[order]
    best = first_pair(pairs, int(pairs.max(initial=0)) + 1)
    return pairs[(best[pairs] == np.arange(len(pairs))[:, None]).all(axis=1)]


def grains_differ(
    grey: np.ndarray,
    basins: NestedBasins,
    probability: np.ndarray,
    scale: float,
    cell: np.ndarray,
    borders: Borders,
) -> bool:
    """Whether neighbours differ by `_STEP` or more in half of the length of the sure borders.

    In etched metal boundaries are lines, and all look alike.  In bright-field TEM, under channelling contrast
    or after staining they are steps between grains: beside plain ones there are faint ones that are as true.

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
    known = count >= _LEAST
    told = known[borders.pairs].all(axis=1) & (borders.confidence >= SURE_BORDER)
    if not told.any():
        return False
    within = known[cells]
    spread = np.sqrt(np.mean((grey[within] - mean[cells[within]]) ** 2))
    step, length = np.abs(np.diff(mean[borders.pairs[told]], axis=1)[:, 0]), borders.length_px[told]
    return bool(length[step >= _STEP * spread].sum() >= length.sum() / 2)
