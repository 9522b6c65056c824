"""Where straight lines and circles cross the smooth boundary network, to a fraction of a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grainstats.measure.network import BoundaryNetwork


@dataclass(frozen=True, eq=False)
class Crossings:
    """Points where test lines cross boundaries, sorted along each line.

    Attributes
    ----------
    line : ndarray of int, shape (n,)
    along : ndarray of float, shape (n,)
        Coordinate along the line (arc length for circles), pixels.
    segment : ndarray of int, shape (n,)
        Row of `BoundaryNetwork.segments`.
    """

    line: np.ndarray
    along: np.ndarray
    segment: np.ndarray


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
    cell = np.floor(across)
    jump = (cell[j] - cell[i]).astype(np.int64)
    hit = np.flatnonzero(jump)
    count = np.abs(jump[hit])
    edge = np.repeat(hit, count)
    step = np.arange(edge.size) - np.repeat(np.cumsum(count) - count, count)
    a, b = i[edge], j[edge]
    line = np.minimum(cell[a], cell[b]) + 1 + step
    share = (line - across[a]) / (across[b] - across[a])
    return _sorted(
        line.astype(np.int64), along[a] + share * (along[b] - along[a]), network.edge_segment[edge]
    )


def circle_crossings(network: BoundaryNetwork, centre: np.ndarray, radius: np.ndarray) -> Crossings:
    """Crossings with circles; `along` is arc length, counter-clockwise from +x.

    Parameters
    ----------
    network : BoundaryNetwork
    centre : ndarray, shape (n_circles, 2)
        (row, column), pixels.
    radius : ndarray, shape (n_circles,)
    """
    parts = [
        _one_circle(network, c, float(r), k) for k, (c, r) in enumerate(zip(centre, radius, strict=True))
    ]
    if not parts:
        return Crossings(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))
    return _sorted(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _one_circle(
    network: BoundaryNetwork, centre: np.ndarray, radius: float, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    point = network.position - centre
    out = np.hypot(point[:, 0], point[:, 1]) - radius
    i, j = network.edge.T
    edge = np.flatnonzero((out[i] >= 0) != (out[j] >= 0))
    a, b = i[edge], j[edge]
    share = (out[a] / (out[a] - out[b]))[:, None]
    y, x = (point[a] + share * (point[b] - point[a])).T
    arc = (np.arctan2(-y, x) % (2 * np.pi)) * radius
    return np.full(edge.size, number, np.int64), arc, network.edge_segment[edge]


def direction_cosines(angle_deg: float) -> tuple[float, float]:
    """Cosine and sine, exactly 0 or 1 at right angles."""
    cos, sin = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    return float(np.round(cos, 15)), float(np.round(sin, 15))
