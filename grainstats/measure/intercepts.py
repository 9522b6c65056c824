"""Lineal intercepts: the pieces of test lines that lie in one grain, with what ends them.

Crossings are taken with the smoothed boundary lines of the network, so that lengths have no integer ties
and no staircase bias, and do not depend on whether a probability map came with the labels.  A line that
leaves a grain and comes back through the same boundary within `GRAZE_PX` has only grazed it: that pair of
crossings is dropped.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from grainstats.measure.crossings import Crossings, direction_cosines, line_crossings
from grainstats.measure.network import BoundaryNetwork, boundary_network
from grainstats.measure.window import labels_with_hidden, length_scale
from segment.grainmap import GrainMap

ANGLES = (0.0, 45.0, 90.0, 135.0)
GRAZE_PX = 1.5
CENSORED = np.array(["none", "one", "both"])
GRAIN, PHASE, FRAME = 0, 1, 2  #: what a line meets at the end of an intercept


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
        Of the same map, to save tracing it again.

    Returns
    -------
    DataFrame
        One row per intercept: ``line`` (numbered through all directions), ``angle_deg, y0_px, x0_px``
        (start of the intercept), ``length_{u}, label, censored`` ("none", "one" or "both" ends at the frame
        or at the edge of `valid`), ``phase_ends`` (0, 1 or 2 ends at a pore or second phase: such an
        intercept is whole, but that end is no grain boundary), ``line_length_{u}`` (of the whole line in
        the window).

    Raises
    ------
    UncalibratedError
        Nanometres asked of a map without a pixel size.
    """
    network = network if network is not None else boundary_network(grain_map, unit=unit)
    rng = np.random.default_rng(seed)
    step = spacing if spacing is not None else default_spacing(network, grain_map.n_grains)
    labels, tables, first_line = labels_with_hidden(grain_map), [], 0
    for angle in angles:
        table = _one_direction(labels, network, angle, step, float(rng.random()) * step)
        table["line"] += first_line
        first_line = int(table["line"].max()) + 1 if len(table) else first_line
        tables.append(table)
    return _in_unit(pd.concat(tables, ignore_index=True), grain_map, unit)


def _in_unit(table: pd.DataFrame, grain_map: GrainMap, unit: str) -> pd.DataFrame:
    scale = length_scale(grain_map, unit)
    for name in ("length", "line_length"):
        table[name] *= scale
    return table.rename(columns={"length": f"length_{unit}", "line_length": f"line_length_{unit}"})


def _clip(
    network: BoundaryNetwork, angle_deg: float, offset: float, spacing: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of the lines that meet the window, and where along them it begins and ends."""
    w = network.window
    cos, sin = direction_cosines(angle_deg)
    low, high = np.array([w.y0, w.x0]) - 0.5, np.array([w.y1, w.x1]) - 0.5
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


def _one_direction(
    labels: np.ndarray, network: BoundaryNetwork, angle: float, spacing: float, offset: float
) -> pd.DataFrame:
    line, begin, end = _clip(network, angle, offset, spacing)
    found = _without_grazes(line_crossings(network, angle, offset, spacing))
    inside = np.isin(found.line, line)
    ends = pd.DataFrame({"line": np.concatenate([line, found.line[inside], line])})
    ends["along"] = np.concatenate([begin, found.along[inside], end])
    ends["segment"] = np.concatenate([np.full(line.size, -1), found.segment[inside], np.full(line.size, -1)])
    ends["order"] = np.concatenate([np.zeros(line.size), np.ones(int(inside.sum())), np.full(line.size, 2)])
    ends = ends.sort_values(["line", "order", "along"], kind="stable", ignore_index=True)
    cos, sin = direction_cosines(angle)
    base, direction = np.array([cos, sin]), np.array([-sin, cos])

    def place(number: np.ndarray, along: np.ndarray) -> np.ndarray:
        return (offset + number * spacing)[:, None] * base + along[:, None] * direction

    pieces = _pieces(ends, network)
    start = place(pieces["line"].to_numpy(), pieces["along"].to_numpy())
    middle = place(pieces["line"].to_numpy(), (pieces["along"] + pieces["length"] / 2).to_numpy())
    pieces["label"] = _owner(labels, middle, pieces, network)
    pieces["y0_px"], pieces["x0_px"], pieces["angle_deg"] = start[:, 0], start[:, 1], float(angle)
    whole = pd.Series(end - begin, index=line)
    pieces["line_length"] = whole.loc[pieces["line"]].to_numpy()
    pieces["line"] -= line.min(initial=0)
    return _finish(pieces)


def _without_grazes(found: Crossings) -> Crossings:
    """Drop pairs of crossings of one boundary that lie closer than `GRAZE_PX` on a line."""
    same = (found.line[1:] == found.line[:-1]) & (found.segment[1:] == found.segment[:-1])
    close = same & (np.diff(found.along) < GRAZE_PX)
    # within a run of close crossings drop pairs from its start: an odd run keeps its last crossing
    position = np.arange(close.size)
    run_start = np.maximum.accumulate(np.where(~close, position + 1, 0)) if close.size else position
    drop = close & ((position - run_start) % 2 == 0)
    keep = np.ones(found.line.size, bool)
    keep[:-1] &= ~drop
    keep[1:] &= ~drop
    return Crossings(found.line[keep], found.along[keep], found.segment[keep])


def _pieces(ends: pd.DataFrame, network: BoundaryNetwork) -> pd.DataFrame:
    """Pieces between consecutive crossings of a line, and what ends them."""
    line, along, segment = (ends[c].to_numpy() for c in ("line", "along", "segment"))
    keep = line[1:] == line[:-1]
    kind = network.segments["kind"].map({"grain": GRAIN, "phase": PHASE, "frame": FRAME}).to_numpy(np.int64)
    met = np.where(segment >= 0, kind[segment] if kind.size else FRAME, FRAME)
    return pd.DataFrame(
        {
            "line": line[:-1][keep],
            "along": along[:-1][keep],
            "length": (along[1:] - along[:-1])[keep],
            "from": met[:-1][keep],
            "to": met[1:][keep],
            "segment_a": segment[:-1][keep],
            "segment_b": segment[1:][keep],
        }
    )


def _owner(
    labels: np.ndarray, middle: np.ndarray, pieces: pd.DataFrame, network: BoundaryNetwork
) -> np.ndarray:
    """Label of each piece: the one that the boundaries at both ends share, else the pixel at its middle."""
    y, x = (np.clip(np.rint(middle[:, k]).astype(np.int64), 0, labels.shape[k] - 1) for k in (0, 1))
    owner = labels[y, x].astype(np.int64)
    if not len(network.segments):
        return owner
    pair = network.segments[["label_a", "label_b"]].to_numpy()
    a, b = pieces["segment_a"].to_numpy(), pieces["segment_b"].to_numpy()
    inner = (a >= 0) & (b >= 0) & (a != b)
    (a0, a1), (b0, b1) = pair[a].T, pair[b].T
    first, second = (a0 == b0) | (a0 == b1), (a1 == b0) | (a1 == b1)
    owner = np.where(inner & first & ~second, a0, owner)
    return np.where(inner & second & ~first, a1, owner)


def _finish(pieces: pd.DataFrame) -> pd.DataFrame:
    """Keep pieces in grains, name the censoring, order the columns."""
    start, stop = pieces["from"].to_numpy(), pieces["to"].to_numpy()
    pieces["censored"] = CENSORED[(start == FRAME).astype(int) + (stop == FRAME)]
    pieces["phase_ends"] = (start == PHASE).astype(int) + (stop == PHASE)
    names = [
        "line",
        "angle_deg",
        "y0_px",
        "x0_px",
        "length",
        "label",
        "censored",
        "phase_ends",
        "line_length",
    ]
    kept = (pieces["label"] > 0) & (pieces["length"] > 0)
    return pieces.loc[kept, names].reset_index(drop=True)
