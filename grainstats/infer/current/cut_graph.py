"""The graph on which the limiting path is found: where boundaries meet, and the boundaries between.

A current along x is limited by the cheapest path that separates the left side of the frame from the right
one; in the plane that is a path through the boundary network from the top side to the bottom side.  Pores and
second phases carry nothing, so that the path follows their outline for nothing.  Nothing is known of hidden
regions: their outline is left out and no path crosses them.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from grainstats.infer.current.boundary_lines import BoundaryLines, boundary_lines
from grainstats.measure.network.graph import FRAME, PHASE, BoundaryNetwork

Direction = Literal["x", "y"]
ON_FRAME = 1e-6  #: pixels; frame ends lie on the frame exactly


@dataclass(frozen=True, eq=False)
class CutGraph:
    """Points and the pieces between them that a limiting path may follow."""

    position: np.ndarray  #: shape (n, 2): (row, column), pixels
    edge: np.ndarray  #: int, shape (m, 2)
    length: np.ndarray  #: shape (m,): pixels
    #: int, shape (m, 2): labels on both sides; the same twice for a path through a grain; 0 for a pore or
    #: second phase
    grains: np.ndarray
    segment: np.ndarray  #: int, shape (m,): row of the network's `segments`; -1 inside a grain
    frame: tuple[float, float, float, float]  #: (top, left, bottom, right) of what is seen, pixels

    @property
    def free(self) -> np.ndarray:
        """Bool of shape (m,): along or through what carries nothing."""
        return np.asarray((self.grains <= 0).any(axis=1))

    def width(self, direction: Direction) -> float:
        """Extent of the frame across the current, pixels."""
        top, left, bottom, right = self.frame
        return bottom - top if direction == "x" else right - left

    def sides(self, direction: Direction) -> tuple[np.ndarray, np.ndarray]:
        """Points on the two sides of the frame along which the current flows; bool of shape (n,)."""
        axis = 0 if direction == "x" else 1
        low, high = self.frame[axis], self.frame[axis + 2]
        at = self.position[:, axis]
        return np.abs(at - low) < ON_FRAME, np.abs(at - high) < ON_FRAME


@dataclass(frozen=True, eq=False)
class LimitingPath:
    """The cheapest cut."""

    current: float  #: per unit of length across it; inf where no path goes from side to side
    edges: np.ndarray  #: int: rows of the graph's `edge`


class CutSolver:
    """Adjacency of a graph, built once for many draws of weights."""

    def __init__(self, graph: CutGraph) -> None:
        self.graph = graph
        n, m = graph.position.shape[0], graph.edge.shape[0]
        both = np.concatenate([graph.edge, graph.edge[:, ::-1]])
        order = np.argsort(both[:, 0], kind="stable")
        # 32-bit numbers, as SciPy's graph routines want them
        self._first = np.concatenate([[0], np.cumsum(np.bincount(both[:, 0], minlength=n))], dtype=np.int32)
        self._neighbour = both[order, 1].astype(np.int32)
        self._edge = np.tile(np.arange(m), 2)[order]

    def limiting_path(self, weight: np.ndarray, direction: Direction) -> LimitingPath:
        """The cheapest path from side to side for a current along `direction`.

        `weight`, shape (m,), is the largest current through each piece: its length in pixels times what a
        unit of length carries; inf where nothing can be cut.
        """
        n = self.graph.position.shape[0]
        start, end = (np.flatnonzero(side) for side in self.graph.sides(direction))
        if not start.size or not end.size:
            return LimitingPath(np.inf, np.empty(0, np.int64))
        weight = np.asarray(weight, float)
        weighted = sparse.csr_array((weight[self._edge], self._neighbour, self._first), shape=(n, n))
        distance, before, _ = csgraph.dijkstra(
            weighted, indices=start, min_only=True, return_predecessors=True
        )
        last = int(end[np.argmin(distance[end])])
        if not np.isfinite(distance[last]):
            return LimitingPath(np.inf, np.empty(0, np.int64))
        edges = self._edges_back(last, before, weight)
        return LimitingPath(float(distance[last]) / self.graph.width(direction), edges)

    def _edges_back(self, here: int, before: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Pieces from a point back to where its path begins; of several between two points the cheapest."""
        found = []
        while before[here] >= 0:
            part = slice(self._first[here], self._first[here + 1])
            ways = self._edge[part][self._neighbour[part] == before[here]]
            found.append(ways[np.argmin(weight[ways])])
            here = int(before[here])
        return np.array(found, np.int64)


def cut_graph(network: BoundaryNetwork, labels: np.ndarray) -> CutGraph:
    """Junctions and frame ends joined by whole boundaries.

    `labels`, that the network was made from, are 0 in pores and below 0 where hidden; no side is wholly
    hidden.
    """
    lines = boundary_lines(network)
    ends = np.column_stack([lines.point[lines.start[:-1]], lines.point[lines.start[1:] - 1]])
    pore_point, pore_edge = pore_links(network, labels, ends.ravel(), np.repeat(lines.segment, 2))
    seen = network.kind[lines.segment] != FRAME
    segment = lines.segment[seen]
    grains = network.sides[segment]
    return compact_graph(
        np.concatenate([network.position, pore_point]),
        np.concatenate([ends[seen], pore_edge]),
        np.concatenate([line_lengths(network, lines)[seen], np.zeros(len(pore_edge))]),
        np.concatenate([grains, np.zeros_like(pore_edge)]),
        np.concatenate([segment, np.full(len(pore_edge), -1)]),
        seen_extent(network),
    )


def line_lengths(network: BoundaryNetwork, lines: BoundaryLines) -> np.ndarray:
    """Length of each line, pixels."""
    step = np.concatenate([[0.0], np.hypot(*np.diff(network.position[lines.point], axis=0).T)])
    step[lines.start[:-1]] = 0.0
    return np.add.reduceat(step, lines.start[:-1]) if lines.segment.size else np.zeros(0)


def compact_graph(
    position: np.ndarray,
    edge: np.ndarray,
    length: np.ndarray,
    grains: np.ndarray,
    segment: np.ndarray,
    frame: tuple[float, float, float, float],
) -> CutGraph:
    """A graph of only those points that a piece ends at; parameters as in `CutGraph`."""
    used, index = np.unique(edge, return_inverse=True)
    return CutGraph(position[used], index.reshape(-1, 2), length, grains, segment, frame)


def seen_extent(network: BoundaryNetwork) -> tuple[float, float, float, float]:
    """(top, left, bottom, right) of the outermost pixel centres that are seen."""
    w = network.window
    return float(w.y0), float(w.x0), float(w.y1 - 1), float(w.x1 - 1)


def pore_links(
    network: BoundaryNetwork, labels: np.ndarray, point: np.ndarray, segment: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Free pieces that join all the outlines of each pore, and the frame where it lies on it.

    `labels` are 0 in pores and second phases, below 0 where hidden; no side is wholly hidden.  `point` are
    points of lines, rows of the network's `position`, and `segment` the segments they lie on.  Returned are
    points on the frame, shape (k, 2), one for each side that a pore touches, and the pieces, shape (m, 2),
    between points of the network, from the last of which the k added ones count on.
    """
    empty = labels == 0
    if not empty.any():
        return np.zeros((0, 2)), np.zeros((0, 2), np.int64)
    pore, _ = ndimage.label(empty)
    outline = network.kind[segment] == PHASE
    on_outline = np.unique(point[outline])
    number = _pore_beside(pore, network.position[on_outline])
    frame, frame_number = _frame_points(pore)
    every = np.concatenate([on_outline[number > 0], network.position.shape[0] + np.arange(len(frame))])
    owner = np.concatenate([number[number > 0], frame_number])
    order = np.argsort(owner, kind="stable")
    every, owner = every[order], owner[order]
    same = owner[1:] == owner[:-1]
    return frame, np.column_stack([every[:-1][same], every[1:][same]])


def _pore_beside(pore: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Number of the pore nearest to each point, within a pixel and a half; 0 where there is none."""
    at = np.rint(position).astype(int)
    best = np.full(len(at), np.inf)
    number = np.zeros(len(at), pore.dtype)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y = np.clip(at[:, 0] + dy, 0, pore.shape[0] - 1)
            x = np.clip(at[:, 1] + dx, 0, pore.shape[1] - 1)
            away = np.hypot(y - position[:, 0], x - position[:, 1])
            nearer = (pore[y, x] > 0) & (away < best)
            best[nearer], number[nearer] = away[nearer], pore[y, x][nearer]
    return number


def _frame_points(pore: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One point for each pore and side of the frame that it touches, and the pore's number."""
    rows, columns = pore.shape
    point: list[tuple[float, float]] = []
    number: list[int] = []
    for side, line in enumerate((pore[0], pore[-1], pore[:, 0], pore[:, -1])):
        found, first = np.unique(line, return_index=True)
        for n, at in zip(found, first, strict=True):
            if n > 0:
                place = ((0, at), (rows - 1, at), (at, 0), (at, columns - 1))[side]
                point.append((float(place[0]), float(place[1])))
                number.append(int(n))
    return np.array(point).reshape(-1, 2), np.array(number, int)
