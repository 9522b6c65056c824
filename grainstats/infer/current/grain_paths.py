"""Limiting paths that may leave the boundaries and cross grains, where grains carry a finite current.

Within a grain a cheapest path is straight, so that it bends only on boundaries.  Points are set along every
boundary and along the frame, and within each cell each point is joined to every other that it sees: lines of
sight are checked on the labels, since cells need not be convex.  A path between such points is a cut that can
be made; the true limit is lower by what moving the points along the boundaries could still save
(docs/explanation/current.md gives it).
"""

import numba
import numpy as np

from grainstats.infer.current.boundary_lines import BoundaryLines, boundary_lines
from grainstats.infer.current.cut_graph import CutGraph, compact_graph, line_lengths, pore_links, seen_extent
from grainstats.measure.network.graph import FRAME, BoundaryNetwork

POINTS_ACROSS = 8.0  #: points along a boundary per mean grain diameter, in maps of few grains
MAX_CHORDS = 4e6  #: lines of sight tried; more grains get fewer points each
SHORTEST_PX = 1.5  #: distance of points, least
MOST_POINTS = 600  #: on one cell's outline
_STEP = 0.7  #: pixels between the places looked at along a line of sight
NEAR = 1  #: pixels that a line may lie beside the cell: its outline is smooth, the labels are not


def graph_through_grains(network: BoundaryNetwork, labels: np.ndarray) -> CutGraph:
    """Boundaries in short pieces, and the lines of sight within cells; `labels` as in `cut_graph`."""
    n_grains = max(int(labels.max()), 1)
    diameter = np.sqrt(np.count_nonzero(labels > 0) / n_grains)
    # an outline of about four diameters, each point joined to all others
    points_across = min(POINTS_ACROSS, np.sqrt(2 * MAX_CHORDS / n_grains) / 4)
    step = max(diameter / points_across, SHORTEST_PX)
    lines = boundary_lines(network, step)
    piece, line = _pieces(lines)
    segment = lines.segment[line]
    grains = network.sides[segment]
    pore_point, pore_edge = pore_links(network, labels, piece.ravel(), np.repeat(segment, 2))
    frame = seen_extent(network)
    on_frame, frame_label = _frame_points(labels, frame, step)
    position = np.concatenate([network.position, pore_point, on_frame])
    chord, owner = _chords(position, piece, grains, frame_label, labels)
    shown = network.kind[segment] != FRAME
    # short pieces follow the last zigzags of the staircase: together they are as long as the boundary
    stretch = line_lengths(network, boundary_lines(network)) / np.maximum(line_lengths(network, lines), 1e-9)
    length = [_distance(position, piece[shown]) * stretch[line[shown]], _distance(position, chord)]
    none = np.full(len(owner) + len(pore_edge), -1)
    return compact_graph(
        position,
        np.concatenate([piece[shown], chord, pore_edge]),
        np.concatenate([*length, np.zeros(len(pore_edge))]),
        np.concatenate([grains[shown], np.column_stack([owner, owner]), np.zeros_like(pore_edge)]),
        np.concatenate([segment[shown], none]),
        frame,
    )


def _pieces(lines: BoundaryLines) -> tuple[np.ndarray, np.ndarray]:
    """Straight pieces as pairs of points, and the line of each."""
    line = np.repeat(np.arange(lines.segment.size), np.diff(lines.start))
    within = line[:-1] == line[1:]
    return np.column_stack([lines.point[:-1], lines.point[1:]])[within], line[:-1][within]


def _distance(position: np.ndarray, pair: np.ndarray) -> np.ndarray:
    return np.hypot(*(position[pair[:, 0]] - position[pair[:, 1]]).T)


def _frame_points(
    labels: np.ndarray, frame: tuple[float, float, float, float], step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points on the four sides of the frame, and the grain each lies in; none in pores or hidden regions."""
    top, left, bottom, right = frame
    n_x, n_y = (max(round(extent / step), 2) + 1 for extent in (right - left, bottom - top))
    x, y = np.linspace(left, right, n_x), np.linspace(top, bottom, n_y)
    point = np.concatenate(
        [
            np.column_stack([np.full(n_x, top), x]),
            np.column_stack([np.full(n_x, bottom), x]),
            np.column_stack([y, np.full(n_y, left)]),
            np.column_stack([y, np.full(n_y, right)]),
        ]
    )
    at = np.rint(point).astype(int)
    label = labels[at[:, 0], at[:, 1]]
    return point[label > 0], label[label > 0]


def _chords(
    position: np.ndarray, piece: np.ndarray, grains: np.ndarray, frame_label: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of points that see each other within a cell, and the cell's label."""
    point = np.concatenate(
        [piece.ravel(), piece.ravel(), len(position) - frame_label.size + np.arange(frame_label.size)]
    )
    cell = np.concatenate([np.repeat(grains[:, 0], 2), np.repeat(grains[:, 1], 2), frame_label])
    key = np.unique(cell[cell > 0].astype(np.int64) << 32 | point[cell > 0])
    cell, point = _thinned(key >> 32, key & 0xFFFFFFFF)
    owner, first = np.unique(cell, return_index=True)
    return _lines_of_sight(position, point, np.append(first, cell.size), owner, np.ascontiguousarray(labels))


def _thinned(cell: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most `MOST_POINTS` of each cell's points, evenly chosen; `cell` is sorted."""
    _, first, count = np.unique(cell, return_index=True, return_counts=True)
    rank = np.arange(cell.size) - np.repeat(first, count)
    keep = rank % np.repeat(-(-count // MOST_POINTS), count) == 0
    return cell[keep], point[keep]


@numba.njit(cache=True, nogil=True)
def _lines_of_sight(
    position: np.ndarray, point: np.ndarray, start: np.ndarray, owner: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of points of the same cell with nothing but the cell between them, and the cell's label.

    Cell i, of label ``owner[i]``, has the points ``point[start[i] : start[i + 1]]``, rows of `position`.
    """
    most = 0
    for i in range(owner.size):
        k = start[i + 1] - start[i]
        most += k * (k - 1) // 2
    pairs = np.empty((most, 2), np.int64)
    label = np.empty(most, np.int64)
    found = 0
    for i in range(owner.size):
        for a in range(start[i], start[i + 1]):
            for b in range(a + 1, start[i + 1]):
                if _sees(position, point[a], point[b], labels, owner[i]):
                    pairs[found, 0], pairs[found, 1] = point[a], point[b]
                    label[found] = owner[i]
                    found += 1
    return pairs[:found].copy(), label[:found].copy()


@numba.njit(cache=True, nogil=True)
def _sees(position: np.ndarray, a: int, b: int, labels: np.ndarray, owner: int) -> bool:
    rows, columns = labels.shape
    y0, x0 = position[a, 0], position[a, 1]
    dy, dx = position[b, 0] - y0, position[b, 1] - x0
    n = int(np.ceil(np.hypot(dy, dx) / _STEP))
    for k in range(1, n):
        r = min(max(int(np.rint(y0 + dy * k / n)), 0), rows - 1)
        c = min(max(int(np.rint(x0 + dx * k / n)), 0), columns - 1)
        if labels[r, c] == owner:
            continue
        beside = False
        for rr in range(max(r - NEAR, 0), min(r + NEAR + 1, rows)):
            for cc in range(max(c - NEAR, 0), min(c + NEAR + 1, columns)):
                beside = beside or labels[rr, cc] == owner
        if not beside:
            return False
    return True
