"""What a correction by hand leaves of how a model cut a map.

A cell that the hand left alone keeps its fine cells, with all that is doubtful within and around it.  A cell
whose outline the hand changed is as it was drawn: one fine cell, which no other cut divides or takes in.
Beside it, a border that the model drew keeps its probability, and one that the hand drew is sure.
"""

from dataclasses import replace

import numpy as np

from segment.cells.borders import gather_borders, pair_key
from segment.cells.label_edges import label_edges
from segment.cells.recutting import as_in_map
from segment.grain_map import GrainMap
from segment.quality.blank_regions import huge_warnings
from segment.quality.boundary_loss import corners_per_junction
from segment.quality.warnings import MANY, MISSED, SPURIOUS, cell_warnings, corner_warnings
from segment.segmentation import BY_HAND, FineCells, Segmentation

SAME = 0.98  #: overlap, of the larger area, from which a cell is the model's; judgement
#: of the area in such cells; a map with less was drawn by hand: tracings of ten UO2 fields have at most .06,
#: the truth of rendered images .17
LEAST_KEPT = 1 / 3
#: of the map's borders, drawn by hand, from which none count as missing; it is said from a fifth on
#: (confidence.json); judgement
MENDED = 0.1


def corrected(before: GrainMap, after: GrainMap) -> GrainMap:
    """The map `after` with what is still known of how a model cut `before`, a map of the same image.

    `after` as it is where no model cut `before`, or less than `LEAST_KEPT` of its area is left as it was cut:
    the map was drawn by hand.
    """
    made = before.segmentation
    if made is None or before.labels.shape != after.labels.shape:
        return after
    kept, area = _kept(before, after), np.bincount(after.labels.ravel(), minlength=after.n_grains + 1)
    if area[kept[kept > 0]].sum() <= LEAST_KEPT * area[1:].sum() or made.cells.parent.max() >= len(kept) - 1:
        return after
    cells, drawn = _fine_cells(made.cells, kept, before, after, area)
    corners = min(made.corners, corners_per_junction(after.labels))  # an end of a border taken out is none
    said = _warnings(made, before, after, corners, drawn)
    others = tuple(text for text in after.warnings if text not in made.warnings)
    found = replace(made, cells=cells, corners=corners, warnings=said)
    return replace(after, segmentation=found, warnings=(*others, *(w for w in said if w not in others)))


def _kept(before: GrainMap, after: GrainMap) -> np.ndarray:
    """By label of `before`, 0 included, the label of the same cell in `after`; 0 where it was changed."""
    size = after.n_grains + 1
    pair, pixels = np.unique(before.labels.astype(np.int64) * size + after.labels, return_counts=True)
    old, new = np.divmod(pair, size)
    area = [np.bincount(labels.ravel()) for labels in (before.labels, after.labels)]
    same = (pixels >= SAME * np.maximum(area[0][old], area[1][new])) & (old > 0) & (new > 0)
    kept = np.zeros(before.n_grains + 1, np.int64)
    kept[old[same]] = new[same]
    return kept


def _fine_cells(
    cells: FineCells, kept: np.ndarray, before: GrainMap, after: GrainMap, area: np.ndarray
) -> tuple[FineCells, float]:
    """Fine cells that are left and those drawn by hand; share of the map's borders that the hand drew."""
    own = kept[cells.parent + 1]
    stays, hand = own > 0, np.setdiff1d(np.arange(1, after.n_grains + 1), kept)
    number = np.where(stays, np.cumsum(stays), 0)  # of each fine cell among the new ones
    by_label = np.zeros(after.n_grains + 1, np.int64)
    by_label[hand] = np.count_nonzero(stays) + 1 + np.arange(hand.size)
    edges, count = _edges(before.labels, after.labels, by_label > 0)
    within = edges[:, 0] == edges[:, 1]
    drawn = np.column_stack([by_label[edges[within, 2:]], count[within], np.ones((within.sum(), 2))])
    inner = stays[cells.pairs - 1].all(axis=1)
    graph = np.column_stack([cells.pairs, cells.length_px, cells.confidence, cells.lowest_pass])
    left = np.column_stack([number[cells.pairs[inner] - 1], graph[inner, 2:]])
    beside = _beside(graph[~inner], cells.parent + 1, number, by_label, (edges[~within], count[~within]))
    rows = np.concatenate([left, beside, drawn])
    first, second, length, mean, lowest = rows[rows[:, :2].all(axis=1)].T
    key = pair_key(first.astype(np.int64), second.astype(np.int64))
    borders, lowest = gather_borders(key, length, length * mean, lowest)
    found = replace(
        cells,
        area_px=np.concatenate([cells.area_px[stays], area[hand]]).astype(np.int32),
        at_frame=np.concatenate([cells.at_frame[stays], after.touches_frame[hand]]),
        bottom=np.concatenate([cells.bottom[stays], np.full(hand.size, BY_HAND, np.float32)]),
        parent=(np.concatenate([own[stays], hand]) - 1).astype(np.int32),
        pairs=borders.pairs,
        length_px=borders.length_px.astype(np.int32),
        confidence=borders.confidence.astype(np.float32),
        lowest_pass=lowest.astype(np.float32),
    )
    return found, float(drawn[:, 2].sum() / max(as_in_map(found).borders.total_px, 1))


def _edges(before: np.ndarray, after: np.ndarray, by_hand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kinds of pixel edges of cells drawn by hand, and how many there are of each.

    A kind, (k, 4), is the cells of `before` on both sides, the smaller first, and those of `after`; those
    beside a void are left out.
    """
    (y, x), (v, u) = label_edges(after)
    here, there = np.concatenate([y, v]), np.concatenate([x, u])
    to = np.concatenate([y, v + 1]), np.concatenate([x + 1, u])
    every = np.column_stack([before[here, there], before[to], after[here, there], after[to]]).astype(np.int64)
    every = every[every.all(axis=1) & by_hand[every[:, 2:]].any(axis=1)]
    turned = every[:, 0] > every[:, 1]
    every[turned] = every[turned][:, [1, 0, 3, 2]]
    return np.unique(every, axis=0, return_counts=True)


def _beside(
    graph: np.ndarray,
    parent: np.ndarray,
    number: np.ndarray,
    by_label: np.ndarray,
    edges: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Borders, as rows of `graph`, of cells drawn by hand along borders that the model drew.

    Where the hand has cut a cell, the border of each of its fine ones is shared out among the parts as their
    pixel edges are.
    """
    kinds, count = edges
    fine = graph[:, :2].astype(np.int64) - 1
    turned = parent[fine[:, 0]] > parent[fine[:, 1]]
    fine[turned] = fine[turned][:, ::-1]
    key, there = pair_key(*kinds[:, :2].T), pair_key(*parent[fine].T)
    total = np.bincount(np.unique(key, return_inverse=True)[1], count)
    first, last = (np.searchsorted(key, there, side) for side in ("left", "right"))
    row = np.repeat(np.arange(len(graph)), last - first)
    kind = np.arange(row.size) - np.repeat(np.cumsum(last - first) - last, last - first)
    share = count[kind] / total[np.unique(key, return_inverse=True)[1][kind]]
    own, labels = number[fine[row]], kinds[kind, 2:]
    length = np.maximum(np.rint(graph[row, 2] * share), 1)
    return np.column_stack([np.where(own > 0, own, by_label[labels]), length, graph[row, 3:]])


def _warnings(
    made: Segmentation, before: GrainMap, after: GrainMap, corners: float, drawn: float
) -> tuple[str, ...]:
    """What was said of the image, and of its cells what still holds; `drawn`: share by hand."""
    gone = _of_cells(before, made.corners, ())
    gone += (MISSED,) * (drawn >= MENDED) + (SPURIOUS,) * (after.n_grains <= (1 - MANY) * before.n_grains)
    said = tuple(text for text in made.warnings if not text.startswith(gone))
    return tuple(dict.fromkeys(said + _of_cells(after, corners, said)))


def _of_cells(grain_map: GrainMap, corners: float, said: tuple[str, ...]) -> tuple[str, ...]:
    """The warnings that the labels alone raise."""
    return huge_warnings(grain_map.labels) + cell_warnings(grain_map) + corner_warnings(corners, said)
