"""The boundary network, smooth instead of a pixel staircase: segments between two grains, and junctions."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from grainstats.measure.network.misorientation import with_misorientation
from grainstats.measure.network.pixel_cracks import Cracks, find_cracks
from grainstats.measure.window import HIDDEN, Window, labels_with_hidden, length_scale, window_of
from segment.cells.label_edges import joined_groups
from segment.grain_map import GrainMap

MERGE_PX = 1.5  #: junctions joined by a shorter boundary are one (quadruple) junction
KINDS = ("grain", "phase", "frame")
GRAIN, PHASE, FRAME = range(3)  #: numbers of the `KINDS`
_PASSES = 12  #: of smoothing along a segment; triple junctions stay
SHRINK, SWELL = 0.5, -0.52
AVERAGED = 8  #: passes that take its ripple away; 16 change no ratio by more than half a per cent
DIGITAL_EXCESS = 1.0054  #: length of a smoothed digital straight line over the true one, mean over directions


@dataclass(frozen=True, eq=False)
class BoundaryNetwork:
    """Boundaries of one map as smooth lines."""

    position: np.ndarray  #: shape (n_nodes, 2): sub-pixel points of the boundaries, (row, column), pixels
    edge: np.ndarray  #: int, shape (n_edges, 2): straight pieces between points
    edge_segment: np.ndarray  #: int, shape (n_edges,): row of `segments` that the piece belongs to
    #: ``segment, label_a, label_b`` (ascending; 0 a pore, -1 hidden), ``kind`` ("grain": between two grains,
    #: "phase": grain and pore, "frame": edge of the valid region), ``length_{u}, straightness`` (end-to-end
    #: over length; NaN for closed loops), ``junction_a, junction_b`` (rows of `junctions`, -1: ends at the
    #: frame or is closed), ``y_px, x_px`` (middle); those of `with_misorientation`
    segments: pd.DataFrame
    #: ``junction, y_px, x_px, n_grains`` (different grains that meet), ``n_labels`` (with pores and hidden)
    junctions: pd.DataFrame
    unit: str
    pixel_size: float  #: of one pixel in `unit`
    window: Window

    @cached_property
    def sides(self) -> np.ndarray:
        """``label_a, label_b`` of the segments, shape (n, 2); pandas takes longer to give both."""
        return np.column_stack([self.segments[name].to_numpy() for name in ("label_a", "label_b")])

    @cached_property
    def kind(self) -> np.ndarray:
        """``kind`` of the segments by number: `GRAIN`, `PHASE` or `FRAME`."""
        return kind_of(self.sides[:, 0])

    @property
    def triple_points(self) -> np.ndarray:
        """Of each junction; a meeting of k grains counts k - 2, as it would when its pixels split it."""
        return np.maximum(self.junctions["n_grains"].to_numpy() - 2, 0)

    def length(self, kind: str = "grain") -> float:
        """Total boundary length of one kind, in `unit`."""
        return float(self.segments[f"length_{self.unit}"].to_numpy()[self.kind == KINDS.index(kind)].sum())

    def perimeters(self, n_grains: int) -> np.ndarray:
        """Outline of each label 0 ... n_grains within the window, in `unit`; shape (n_grains + 1,)."""
        seen = self.kind != FRAME
        length = self.segments[f"length_{self.unit}"].to_numpy()[seen]
        return np.bincount(self.sides[seen].ravel(), np.repeat(length, 2), n_grains + 1)


def kind_of(label_a: np.ndarray) -> np.ndarray:
    """Number of the kind of segments by the smaller of their labels."""
    return np.where(label_a == HIDDEN, FRAME, np.where(label_a == 0, PHASE, GRAIN))


def boundary_network(grain_map: GrainMap, *, unit: str = "nm") -> BoundaryNetwork:
    """Trace the boundary network of a grain map.

    Segment lengths are those of the smoothed line, not of the pixel staircase; junctions closer than 1.5 px
    along a boundary are merged (quadruple points).

    Parameters
    ----------
    grain_map : GrainMap
    unit : {"nm", "px"}

    Raises
    ------
    UncalibratedError
        Nanometres asked of a map without a pixel size.
    """
    scale = length_scale(grain_map, unit)
    cracks = find_cracks(labels_with_hidden(grain_map))
    position, edge = _graph(cracks, grain_map.labels.shape)
    chain = joined_groups(cracks.midpoint.shape[0], *cracks.link.T)  # linked cracks are one segment
    edge_segment = chain[np.concatenate([cracks.link[:, 0], cracks.spoke[:, 0]])]
    length = np.hypot(*(position[edge[:, 0]] - position[edge[:, 1]]).T) / DIGITAL_EXCESS
    total = np.bincount(edge_segment, length, int(chain.max(initial=-1)) + 1)
    merged = _merge_junctions(cracks, chain[cracks.spoke[:, 0]], total)
    junctions = _junction_table(cracks, position[chain.size :], merged)
    segments = with_misorientation(
        _segment_table(cracks, chain, total, position, merged, scale, unit), grain_map
    )
    window = window_of(grain_map)
    return BoundaryNetwork(position, edge, edge_segment, segments, junctions, unit, scale, window)


def _graph(cracks: Cracks, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed positions of crack midpoints followed by junctions and frame ends; edges between them.

    Boundaries end at the outermost pixel centres: nothing can be seen beyond them.
    """
    n = cracks.midpoint.shape[0]
    edge = np.concatenate([cracks.link, cracks.spoke + np.array([0, n])])
    end = np.flatnonzero(cracks.on_frame)
    on_row = np.isin(cracks.corner[end, 0], (-0.5, shape[0] - 0.5))
    corner = np.clip(cracks.corner, 0, np.array(shape) - 1)
    raw = np.concatenate([cracks.midpoint, corner])
    return smooth_graph(raw, edge, n + end[on_row], n + end[~on_row]), edge


def _merge_junctions(cracks: Cracks, spoke_segment: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Junction number of each corner, those that a short segment joins having one; -1 at the frame."""
    n, k = length.size, cracks.corner.shape[0]
    inner = ~cracks.on_frame[cracks.spoke[:, 1]]
    ends = np.bincount(spoke_segment[inner], minlength=n)
    short = (length < MERGE_PX) & (ends == 2)
    chosen = inner & short[spoke_segment]
    order = np.argsort(spoke_segment[chosen], kind="stable")
    pair = cracks.spoke[chosen, 1][order].reshape(-1, 2)
    number = np.full(k, -1)
    group = joined_groups(k, *pair.T)[~cracks.on_frame]
    number[~cracks.on_frame] = np.unique(group, return_inverse=True)[1]
    return number


def _junction_table(cracks: Cracks, position: np.ndarray, merged: np.ndarray) -> pd.DataFrame:
    inner = merged >= 0
    number, n = merged[inner], int(merged.max(initial=-1)) + 1
    members = np.bincount(number, minlength=n)
    y, x = (np.bincount(number, position[inner, axis], n) / members for axis in (0, 1))
    label = cracks.corner_labels[inner].ravel() - HIDDEN
    span = int(label.max(initial=0)) + 1
    junction, label = np.divmod(np.unique(np.repeat(number, 4) * span + label), span)
    n_grains = np.bincount(junction, label + HIDDEN > 0, n).astype(int)
    n_labels = np.bincount(junction, minlength=n)
    return pd.DataFrame(
        {"junction": np.arange(n), "y_px": y, "x_px": x, "n_grains": n_grains, "n_labels": n_labels}
    )


def _segment_table(
    cracks: Cracks,
    chain: np.ndarray,
    total: np.ndarray,
    position: np.ndarray,
    merged: np.ndarray,
    scale: float,
    unit: str,
) -> pd.DataFrame:
    n = total.size
    pair = np.zeros((n, 2), np.int64)
    pair[chain] = cracks.pair
    size = np.maximum(np.bincount(chain, minlength=n), 1)
    middle = [np.bincount(chain, position[: chain.size, axis], n) / size for axis in (0, 1)]
    ends = _two_ends(chain[cracks.spoke[:, 0]], cracks.spoke[:, 1], n)
    has_both = (ends >= 0).all(axis=1)
    tips = position[chain.size + np.maximum(ends, 0)] if merged.size else np.zeros((n, 2, 2))
    span = np.hypot(*(tips[:, 0] - tips[:, 1]).T)
    straight = np.where(has_both, np.minimum(span / np.maximum(total, 1e-9), 1.0), np.nan)
    junction = np.where(ends >= 0, merged[ends], -1) if merged.size else ends
    return pd.DataFrame(
        {
            "segment": np.arange(n),
            "label_a": pair[:, 0],
            "label_b": pair[:, 1],
            "kind": np.array(KINDS)[kind_of(pair[:, 0])],
            f"length_{unit}": total * scale,
            "straightness": straight,
            "junction_a": junction[:, 0],
            "junction_b": junction[:, 1],
            "y_px": middle[0],
            "x_px": middle[1],
        }
    )


def _two_ends(segment: np.ndarray, corner: np.ndarray, n: int) -> np.ndarray:
    """Corners at both ends of each segment, shape (n, 2); -1 for a closed loop."""
    ends = np.full((n, 2), -1)
    order = np.argsort(segment, kind="stable")
    segment, corner = segment[order], corner[order]
    second = np.concatenate([[False], segment[1:] == segment[:-1]]) if segment.size else np.zeros(0, bool)
    ends[segment[~second], 0] = corner[~second]
    ends[segment[second], 1] = corner[second]
    return ends


def smooth_graph(
    position: np.ndarray, edge: np.ndarray, frame_row: np.ndarray, frame_column: np.ndarray
) -> np.ndarray:
    """Low-pass the node positions, shape (n, 2), of a planar graph, edges (m, 2), without shrinking it.

    Every pass moves each node towards the mean of its neighbours and then almost as far back (Taubin 1995),
    so that the pixel staircase vanishes and curves of more than a few pixels stay where they are.
    Junctions take part with all their neighbours.  The nodes `frame_row` (`frame_column`) keep their row
    (column): boundary ends slide along the image's frame.
    """
    n = position.shape[0]
    if edge.shape[0] == 0:
        return position.copy()
    from grainstats.measure.kernels import smooth

    adjacency = _adjacency(edge, n)
    out, other = position.copy(), np.empty_like(position)
    for _ in range(_PASSES):
        for step in (SHRINK, SWELL):
            smooth(out, other, adjacency.indptr, adjacency.indices, step)
            out, other = other, out
            out[frame_row, 0] = position[frame_row, 0]
            out[frame_column, 1] = position[frame_column, 1]
    return out


def without_ripple(position: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """Smooth positions, averaged along the boundaries; junctions and ends stay.

    Beside a step that stands alone, in a boundary nearly along rows or columns, the filter swings over by a
    tenth of a pixel: lengths hardly notice, but such a boundary rises and falls by a fifth too much.
    """
    if edge.shape[0] == 0:
        return position
    from grainstats.measure.kernels import smooth

    adjacency = _adjacency(edge, len(position))
    fixed = np.bincount(edge.ravel(), minlength=len(position)) != 2
    out, other = position.copy(), np.empty_like(position)
    for _ in range(AVERAGED):
        smooth(out, other, adjacency.indptr, adjacency.indices, SHRINK)
        out, other = other, out
        out[fixed] = position[fixed]
    return out


def _adjacency(edge: np.ndarray, n: int) -> sparse.csr_array:
    i, j = edge.T
    ones = np.ones(2 * i.size, bool)
    return sparse.csr_array((ones, (np.concatenate([i, j]), np.concatenate([j, i]))), shape=(n, n))
