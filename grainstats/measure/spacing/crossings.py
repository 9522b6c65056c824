"""Where straight lines and circles cross the smooth boundary network; the parts of lines between."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grainstats.measure.network.graph import FRAME, BoundaryNetwork

EDGES_AT_A_TIME = 1 << 16  #: what fits the processor's cache
GRAZE_PX = 1.5  #: a line that comes back through the same boundary sooner has only grazed it
CENSORED = np.array(["none", "one", "both"])


@dataclass(frozen=True, eq=False)
class Crossings:
    """Points where test lines cross boundaries, sorted along each line."""

    line: np.ndarray  #: int, shape (n,)
    along: np.ndarray  #: float, shape (n,): coordinate along the line (arc length for circles), pixels
    segment: np.ndarray  #: int, shape (n,): row of `BoundaryNetwork.segments`


def _sorted(line: np.ndarray, along: np.ndarray, segment: np.ndarray) -> Crossings:
    order = np.lexsort((along, line))
    return Crossings(line[order], along[order], segment[order])


def line_crossings(network: BoundaryNetwork, angle_deg: float, offset: float, spacing: float) -> Crossings:
    """Crossings with the parallel lines cos(a) row + sin(a) column = offset + k spacing.

    The line runs along (-sin a, cos a) in (row, column): counter-clockwise from +x as seen.
    """
    cos, sin = direction_cosines(angle_deg)
    across = (network.position @ np.array([cos, sin]) - offset) / spacing
    along = network.position @ np.array([-sin, cos])
    i, j = network.edge.T
    cell = np.floor(across).astype(np.int32)
    hit = np.flatnonzero(cell[j] != cell[i])
    count = np.abs(cell[j[hit]] - cell[i[hit]])
    edge = np.repeat(hit, count)
    step = np.arange(edge.size) - np.repeat(np.cumsum(count) - count, count)
    a, b = i[edge], j[edge]
    line = np.minimum(cell[a], cell[b]) + 1 + step
    share = (line - across[a]) / (across[b] - across[a])
    return _sorted(
        line.astype(np.int64), along[a] + share * (along[b] - along[a]), network.edge_segment[edge]
    )


def circle_crossings(
    network: BoundaryNetwork, centre_y: np.ndarray, centre_x: np.ndarray, radius: np.ndarray
) -> Crossings:
    """Crossings with circles of each radius around the points of a rectangular grid.

    The grid's rows and columns ascend, in pixels; circles of different points must not overlap.  ``line``
    numbers the circles, k radii for each point in row-major order; ``along`` is arc length, counter-clockwise
    from +x.
    """
    parts = [
        _circles_of_edges(network, slice(first, first + EDGES_AT_A_TIME), centre_y, centre_x, radius)
        for first in range(0, max(len(network.edge), 1), EDGES_AT_A_TIME)
    ]
    return _sorted(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _circles_of_edges(
    network: BoundaryNetwork, edges: slice, centre_y: np.ndarray, centre_x: np.ndarray, radius: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Circle, arc length and segment of the crossings with some of the network's edges."""
    i, j = network.edge[edges].T
    segment = network.edge_segment[edges]
    middle = (network.position[i] + network.position[j]) / 2
    row = np.searchsorted((centre_y[1:] + centre_y[:-1]) / 2, middle[:, 0])
    column = np.searchsorted((centre_x[1:] + centre_x[:-1]) / 2, middle[:, 1])
    centre = np.column_stack([centre_y[row], centre_x[column]])
    a, b = network.position[i] - centre, network.position[j] - centre
    out_a, out_b = np.hypot(*a.T), np.hypot(*b.T)
    parts = []
    for k, r in enumerate(radius):
        hit = np.flatnonzero((out_a >= r) != (out_b >= r))
        share = ((r - out_a[hit]) / (out_b[hit] - out_a[hit]))[:, None]
        y, x = (a[hit] + share * (b[hit] - a[hit])).T
        circle = (row[hit] * centre_x.size + column[hit]) * radius.size + k
        parts.append((circle, (np.arctan2(-y, x) % (2 * np.pi)) * r, segment[hit]))
    line, along, crossed = (np.concatenate(column) for column in zip(*parts, strict=True))
    return line, along, crossed


@lru_cache(maxsize=64)
def direction_cosines(angle_deg: float) -> tuple[float, float]:
    """Cosine and sine, exactly 0 or 1 at right angles."""
    cos, sin = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    return float(np.round(cos, 15)), float(np.round(sin, 15))


@dataclass(frozen=True, eq=False)
class LineParts:
    """Parts of lines between neighbouring crossings."""

    line: np.ndarray  #: int, shape (n,)
    #: start, length: float, shape (n,): along the line, pixels
    start: np.ndarray
    length: np.ndarray
    #: segment_a, segment_b: int, shape (n,): boundary segment crossed at both ends; -1: the line itself ends
    segment_a: np.ndarray
    segment_b: np.ndarray


def without_grazes(found: Crossings) -> Crossings:
    """Drop pairs of crossings of one boundary that lie closer than `GRAZE_PX` on a line."""
    if found.line.size < 2:
        return found
    same = (found.line[1:] == found.line[:-1]) & (found.segment[1:] == found.segment[:-1])
    close = same & (np.diff(found.along) < GRAZE_PX)
    # within a run of close crossings drop pairs from its start: an odd run keeps its last crossing
    position = np.arange(close.size)
    run_start = np.maximum.accumulate(np.where(~close, position + 1, 0))
    drop = close & ((position - run_start) % 2 == 0)
    keep = np.ones(found.line.size, bool)
    keep[:-1] &= ~drop
    keep[1:] &= ~drop
    return Crossings(found.line[keep], found.along[keep], found.segment[keep])


def end_kinds(parts: LineParts, network: BoundaryNetwork) -> tuple[np.ndarray, np.ndarray]:
    """What lies at both ends of parts, as `BoundaryNetwork.kind`."""
    kind = np.append(network.kind, FRAME)  # of segment -1
    return kind[parts.segment_a], kind[parts.segment_b]


def owners(parts: LineParts, middle: np.ndarray, labels: np.ndarray, network: BoundaryNetwork) -> np.ndarray:
    """Label of each piece: the one that the boundaries at both ends share, else the pixel at its middle.

    `middle`, shape (n, 2), as (row, column); hidden pixels of `labels` are negative.
    """
    y, x = (np.clip(np.rint(middle[:, k]).astype(np.int64), 0, labels.shape[k] - 1) for k in (0, 1))
    owner = labels[y, x].astype(np.int64)
    if not len(network.segments):
        return owner
    pair = network.sides
    a, b = parts.segment_a, parts.segment_b
    (a0, a1), (b0, b1) = pair[a].T, pair[b].T
    first, second = (a0 == b0) | (a0 == b1), (a1 == b0) | (a1 == b1)
    inner = (a >= 0) & (b >= 0)
    owner = np.where(inner & first & ~second, a0, owner)
    return np.where(inner & second & ~first, a1, owner)
