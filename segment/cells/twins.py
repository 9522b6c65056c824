"""Twin lamellae: straight bands between parallel lines across a grain, and how to count them as a part of it.

A coherent twin boundary is straight and comes in pairs.  A lamella is a slender cell that two neighbours
border on its two long sides, along lines that are straight and parallel.  It and the two sides of the grain
it divides are one grain where twins do not count, as in ASTM E112.
"""

import numpy as np

from segment.cells.label_edges import joined_groups, label_edges, pairs_beside

LEAST_ASPECT = 2.0  #: length over width of a lamella
LONG_SIDES = 0.55  #: least share of a lamella's outline on its two long sides
_STRAIGHT = 0.03  #: largest deviation of a side from its line, rms, per length of the side
STRAIGHT_PX = 1.0  #: and in pixels, which a rastered line has anyway
PARALLEL = np.deg2rad(12.0)  #: largest angle between the two sides
LEAST_SIDE_PX = 8  #: pixels of a side that has a direction


def merge_lamellae(labels: np.ndarray) -> np.ndarray:
    """Join each twin lamella with the two parts of the grain that it crosses.

    The labels (int32, 0 for none) are changed in place, and numbered anew in the order of their first pixels.
    """
    from segment.cells._cell_kernels import label_boxes
    from segment.cells.watershed import number_cells

    n = int(labels.max(initial=0))
    pairs = [
        (label, side)
        for label, box in enumerate(label_boxes(labels, n).tolist())
        if label and box[1]
        for side in _sides_of_lamella(labels, label, (slice(*box[:2]), slice(*box[2:])))
    ]
    if not pairs:
        return labels
    here, there = np.array(pairs).T
    group = joined_groups(n + 1, here, there)
    first = np.full(group.max() + 1, n + 1, np.int32)
    np.minimum.at(first, group, np.arange(n + 1, dtype=np.int32))
    return number_cells(labels, first[group])


def _sides_of_lamella(labels: np.ndarray, label: int, box: tuple[slice, slice]) -> tuple[int, ...]:
    """The two neighbours on a lamella's long sides; empty where the cell is none."""
    rows, columns = (slice(max(span.start - 1, 0), span.stop + 1) for span in box)
    part = labels[rows, columns]
    points, outside = _outline(part, label)
    neighbour, length = np.unique(outside[outside > 0], return_counts=True)
    if neighbour.size < 2:
        return ()
    long = np.argsort(-length, kind="stable")[:2]
    sides = [points[outside == neighbour[k]] for k in long]
    if length[long].sum() < LONG_SIDES * outside.size or min(map(len, sides)) < LEAST_SIDE_PX:
        return ()
    (angle, off, span), (other, other_off, other_span) = map(_line, sides)
    turn = abs((angle - other + np.pi / 2) % np.pi - np.pi / 2)
    straight = all(o <= max(STRAIGHT_PX, _STRAIGHT * s) for o, s in ((off, span), (other_off, other_span)))
    width = np.count_nonzero(part == label) / max(span, other_span)
    if not straight or turn > PARALLEL or min(span, other_span) < LEAST_ASPECT * width:
        return ()
    return tuple(int(neighbour[k]) for k in long)


def _outline(part: np.ndarray, label: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel edges of a cell: points (row, column), shape (m, 2), and the label beyond each, shape (m,)."""
    framed = np.pad(part, 1)
    (y, x), (v, u) = label_edges(framed)
    points = np.concatenate([np.column_stack([y, x + 0.5]), np.column_stack([v + 0.5, u])])
    sides = pairs_beside(framed)
    own = (sides == label).any(axis=1)
    return points[own], sides[own].sum(axis=1) - label


def _line(points: np.ndarray) -> tuple[float, float, float]:
    """Direction of the line through points in radians, their rms distance from it, and its length."""
    centred = points - points.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(points))
    along = centred @ vectors[:, 1]
    return float(np.arctan2(*vectors[:, 1])), float(np.sqrt(max(values[0], 0))), float(np.ptp(along))
