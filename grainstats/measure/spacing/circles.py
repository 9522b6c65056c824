"""Circular intercepts: the three concentric circles of ASTM E112, without ends or preferred direction."""

import numpy as np
import pandas as pd

from grainstats.measure.network.graph import BoundaryNetwork, boundary_network
from grainstats.measure.spacing.crossings import (
    Crossings,
    LineParts,
    circle_crossings,
    owners,
    without_grazes,
)
from grainstats.measure.spacing.intercepts import default_spacing, table_of_segments
from grainstats.measure.window import labels_with_hidden
from segment.grain_map import GrainMap

THREE_CIRCLES = np.array([3.0, 2.0, 1.0]) / 3.0  #: E112: diameters 79.58, 53.05 and 26.53 mm, 500 mm together
LARGEST_IN_GRAINS = 14.0  #: default diameter of the largest circle in mean grain sizes: about 100 counts
SMALLEST = 4.0  #: pixels; a smaller window gets no circles
_INSET = 1.0  #: pixels kept free between a circle and the edge of the window


def circular_intercepts(
    grain_map: GrainMap,
    *,
    unit: str = "nm",
    diameter_px: float | None = None,
    seed: int | np.random.Generator = 0,
    network: BoundaryNetwork | None = None,
) -> pd.DataFrame:
    """Intercepts on three-circle patterns that tile the window.

    Parameters
    ----------
    grain_map : GrainMap
    unit : {"nm", "px"}
    diameter_px : float, optional
        Of the largest circle; 14 mean grain sizes (about 100 counts a pattern) or the window's short side by
        default.
    seed : int or Generator
        Of the random offset of the tiling.
    network : BoundaryNetwork, optional
        Of the same map and unit.

    Returns
    -------
    DataFrame
        As `intercept_table` without ``angle_deg``; ``line`` numbers the circles (three a pattern), lengths
        are arcs.  A circle inside one grain is one intercept with both ends unseen.

    Raises
    ------
    UncalibratedError
        Nanometres asked of a map without a pixel size.
    """
    network = network if network is not None else boundary_network(grain_map, unit=unit)
    if network.unit != unit:
        raise ValueError("circular intercepts need a network of their own unit")
    rows, columns, radii = _patterns(network, grain_map.n_grains, diameter_px, np.random.default_rng(seed))
    if radii.size == 0:
        return _no_circles(network)
    found = without_grazes(circle_crossings(network, rows, columns, radii))
    grid = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    centre, radius = np.repeat(grid, radii.size, axis=0), np.tile(radii, len(grid))
    parts = _cut_circles(found, radius)

    def place(shift: np.ndarray | float) -> np.ndarray:
        r = radius[parts.line]
        turn = (parts.start + shift) / r
        return centre[parts.line] + r[:, None] * np.column_stack([-np.sin(turn), np.cos(turn)])

    owner = owners(parts, place(parts.length / 2), labels_with_hidden(grain_map), network)
    return table_of_segments(parts, owner, place(0.0), 2 * np.pi * radius[parts.line], network)


def _patterns(
    network: BoundaryNetwork, n_grains: int, diameter_px: float | None, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns of the patterns' centres, and the three radii."""
    w = network.window
    room = min(w.height, w.width) - 2 * _INSET
    wanted = diameter_px or min(LARGEST_IN_GRAINS * default_spacing(network, n_grains), room)
    if diameter_px is None and room < SMALLEST:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    if wanted > room:
        raise ValueError(f"a circle of {wanted:g} px does not fit into {w.height} x {w.width} px")
    rows = _tile(w.y0, w.height, wanted, rng)
    return rows, _tile(w.x0, w.width, wanted, rng), THREE_CIRCLES * wanted / 2


def _no_circles(network: BoundaryNetwork) -> pd.DataFrame:
    none, whole = np.zeros(0), np.zeros(0, np.int64)
    parts = LineParts(whole, none, none, whole, whole)
    return table_of_segments(parts, whole, np.zeros((0, 2)), none, network)


def _tile(origin: int, extent: int, diameter: float, rng: np.random.Generator) -> np.ndarray:
    """Centres of as many circles as fit side by side, spread over the extent with a random offset."""
    room = extent - 2 * _INSET
    count = int(room / diameter + 1e-9)
    gap = (room - count * diameter) / count
    return origin - 0.5 + _INSET + diameter / 2 + np.arange(count) * (diameter + gap) + rng.random() * gap


def _cut_circles(found: Crossings, radius: np.ndarray) -> LineParts:
    """Arcs between neighbouring crossings; a circle without crossings is one arc with unseen ends."""
    turn = 2 * np.pi * radius
    number, count = np.unique(found.line, return_counts=True)
    last = np.cumsum(count) - 1
    following = np.arange(1, found.line.size + 1)
    following[last] = last - count + 1
    length = found.along[following] - found.along
    length[last] += turn[number]
    free = np.setdiff1d(np.arange(radius.size), number)
    unseen = np.full(free.size, -1)
    return LineParts(
        np.concatenate([found.line, free]),
        np.concatenate([found.along, np.zeros(free.size)]),
        np.concatenate([length, turn[free]]),
        np.concatenate([found.segment, unseen]),
        np.concatenate([found.segment[following], unseen]),
    )
