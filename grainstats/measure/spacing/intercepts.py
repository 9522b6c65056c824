"""Lineal intercepts: the parts of parallel test lines that lie in one grain, with what ends them.

Crossings are taken with the smoothed boundary lines of the network, so that lengths have no integer ties and
no staircase bias, and do not depend on whether a probability map came with the labels.  A line that leaves a
grain and comes back through the same boundary within 1.5 px has only grazed it: that pair of crossings is
dropped.
"""

import numpy as np
import pandas as pd

from grainstats.measure.network.graph import FRAME, PHASE, BoundaryNetwork, boundary_network
from grainstats.measure.spacing.crossings import (
    CENSORED,
    LineParts,
    direction_cosines,
    end_kinds,
    line_crossings,
    owners,
    without_grazes,
)
from grainstats.measure.window import labels_with_hidden
from segment.grain_map import GrainMap

#: Degrees. Twelve: four read a square lattice 5.4 % high, eight 1.3 %, these .6 % (square and hexagonal;
#: ``tests/theory/test_lattices.py``). Both axes of the image are among them.
ANGLES = tuple(15.0 * k for k in range(12))


def default_spacing(network: BoundaryNetwork, n_grains: int) -> float:
    """Distance of test lines in pixels: the mean grain size, so that lines rarely share a grain."""
    if n_grains == 0:
        return float(max(network.window.height, network.window.width, 2))
    return max(2.0, float(np.sqrt(network.window.grain_area_px2 / n_grains)))


def intercept_table(
    grain_map: GrainMap,
    *,
    unit: str = "nm",
    angles: tuple[float, ...] = ANGLES,
    spacing: float | None = None,
    seed: int | np.random.Generator = 0,
    network: BoundaryNetwork | None = None,
) -> pd.DataFrame:
    """Intercepts of parallel test lines with the grains.

    Parameters
    ----------
    grain_map : GrainMap
    unit : {"nm", "px"}
    angles : tuple of float
        Directions in degrees, counter-clockwise from the image's +x axis.
    spacing : float, optional
        Distance of neighbouring lines in pixels; the square root of the mean grain area by default, because
        denser lines measure the same grains again.
    seed : int or Generator
        Of the random offset of each family of lines.
    network : BoundaryNetwork, optional
        Of the same map and in the same unit, to save tracing it again.

    Returns
    -------
    DataFrame
        One row per intercept: ``line`` (numbered through all directions), ``angle_deg, y0_px, x0_px`` (start
        of the intercept), ``length_{u}, label, censored`` ("none", "one" or "both" ends at the frame or at
        the edge of `valid`), ``phase_ends`` (0, 1 or 2 ends at a pore or second phase: such an intercept is
        whole, but that end is no grain boundary), ``line_length_{u}`` (of the whole line in the window).

    Raises
    ------
    UncalibratedError
        Nanometres asked of a map without a pixel size.
    ValueError
        A network of another unit; no direction.
    """
    network = network if network is not None else boundary_network(grain_map, unit=unit)
    if network.unit != unit or not angles:
        raise ValueError("intercepts need a network of their own unit and at least one direction")
    rng = np.random.default_rng(seed)
    step = spacing if spacing is not None else default_spacing(network, grain_map.n_grains)
    found, first_line = [], 0
    for angle in angles:
        columns, n_lines = _one_direction(network, angle, step, float(rng.random()) * step, first_line)
        first_line += n_lines
        found.append(columns)
    *cut, start, middle, line_length, turn = (np.concatenate(column) for column in zip(*found, strict=True))
    parts = LineParts(*cut)
    owner = owners(parts, middle, labels_with_hidden(grain_map), network)
    return table_of_segments(parts, owner, start, line_length, network, turn)


def _clip(
    network: BoundaryNetwork, angle_deg: float, offset: float, spacing: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of the lines that meet the window, and where along them it begins and ends."""
    w = network.window
    cos, sin = direction_cosines(angle_deg)
    low, high = np.array([w.y0, w.x0]), np.array([w.y1, w.x1]) - 1  # no crossing shows beyond pixel centres
    corners = np.array([[low[0], low[1]], [low[0], high[1]], [high[0], low[1]], [high[0], high[1]]])
    across = (corners @ np.array([cos, sin]) - offset) / spacing
    line = np.arange(np.ceil(across.min()), np.floor(across.max()) + 1)
    base = (offset + line * spacing)[:, None] * np.array([cos, sin])
    direction = np.array([-sin, cos])
    begin, end = np.full(line.size, -np.inf), np.full(line.size, np.inf)
    for axis in np.flatnonzero(direction):
        bounds = np.stack([low[axis] - base[:, axis], high[axis] - base[:, axis]]) / direction[axis]
        begin, end = np.maximum(begin, bounds.min(axis=0)), np.minimum(end, bounds.max(axis=0))
    seen = end > begin
    return line[seen].astype(np.int64), begin[seen], end[seen]


def _cut_lines(
    network: BoundaryNetwork, line: np.ndarray, begin: np.ndarray, end: np.ndarray, angle: float, grid: tuple
) -> LineParts:
    """Cut each line at its crossings; its own ends are the first and the last cut."""
    found = without_grazes(line_crossings(network, angle, *grid))
    number = np.searchsorted(line, found.line)
    inside = np.append(line, -1)[number] == found.line if line.size else np.zeros(0, bool)
    number, along, crossed = number[inside], found.along[inside], found.segment[inside]
    along = np.clip(along, begin[number], end[number])
    every, edge = np.arange(line.size), np.full(line.size, -1)
    line_of = np.concatenate([every, number, every])
    at = np.concatenate([begin, along, end])
    segment = np.concatenate([edge, crossed, edge])
    rank = np.concatenate([np.zeros(line.size), np.ones(number.size), np.full(line.size, 2)])
    order = np.lexsort((at, rank, line_of))
    line_of, at, segment = line_of[order], at[order], segment[order]
    keep = line_of[1:] == line_of[:-1]
    return LineParts(
        line_of[:-1][keep], at[:-1][keep], np.diff(at)[keep], segment[:-1][keep], segment[1:][keep]
    )


def _one_direction(
    network: BoundaryNetwork, angle: float, spacing: float, offset: float, first_line: int
) -> tuple[list[np.ndarray], int]:
    """The columns of `LineParts`, their starts and middles, length of their lines, angle; number of lines."""
    line, begin, end = _clip(network, angle, offset, spacing)
    parts = _cut_lines(network, line, begin, end, angle, (offset, spacing))
    cos, sin = direction_cosines(angle)
    base = (offset + line[parts.line] * spacing)[:, None] * np.array([cos, sin])
    start, middle = (
        base + (parts.start + shift)[:, None] * np.array([-sin, cos]) for shift in (0.0, parts.length / 2)
    )
    cut = [parts.line + first_line, parts.start, parts.length, parts.segment_a, parts.segment_b]
    turn = np.full(parts.line.size, float(angle))
    return [*cut, start, middle, (end - begin)[parts.line], turn], line.size


def table_of_segments(
    parts: LineParts,
    owner: np.ndarray,
    start: np.ndarray,
    line_length: np.ndarray,
    network: BoundaryNetwork,
    angle_deg: np.ndarray | None = None,
) -> pd.DataFrame:
    """The parts that lie in grains as table rows, in the network's unit."""
    a, b = end_kinds(parts, network)
    scale, u = network.pixel_size, network.unit
    kept = (owner > 0) & (parts.length > 0)
    columns = {
        "line": parts.line,
        **({} if angle_deg is None else {"angle_deg": angle_deg}),
        "y0_px": start[:, 0].astype(np.float32),
        "x0_px": start[:, 1].astype(np.float32),
        f"length_{u}": parts.length * scale,
        "label": owner,
        "censored": CENSORED[(a == FRAME).astype(int) + (b == FRAME)],
        "phase_ends": (a == PHASE).astype(int) + (b == PHASE),
        f"line_length_{u}": line_length * scale,
    }
    return pd.DataFrame({name: values[kept] for name, values in columns.items()})
