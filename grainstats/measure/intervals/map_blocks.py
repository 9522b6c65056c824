"""The rows of one map, each with the block it lies in: the base of every descriptor."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from grainstats.measure.measurement import Measurement
from grainstats.measure.network.graph import GRAIN
from grainstats.measure.spacing.chords import n_cuts


@dataclass(frozen=True, eq=False)
class MapBlocks:
    """Grains, intercepts, segments and junctions of a map with their blocks.

    A grain, with every intercept and every side of a boundary in it, belongs to the block of its centroid: no
    grain adds to two blocks, which would make them depend on each other.
    """

    #: diameter, area, aspect_ratio, weight, grain_block: shape (n_interior,): of the grains seen whole
    diameter: np.ndarray
    area: np.ndarray
    aspect_ratio: np.ndarray
    weight: np.ndarray
    grain_block: np.ndarray
    grains: pd.DataFrame  #: all grains
    any_grain_block: np.ndarray  #: shape (n_grains,): of all grains
    #: length, cuts, phase_ends, angle, chord_block: shape (n_intercepts,): ascending length
    length: np.ndarray
    cuts: np.ndarray
    phase_ends: np.ndarray
    angle: np.ndarray
    chord_block: np.ndarray
    #: arc, arc_cuts, arc_block: shape (n_arcs,): intercepts on circles
    arc: np.ndarray
    arc_cuts: np.ndarray
    arc_block: np.ndarray
    #: boundary_length, triple_points, block_area: shape (n_blocks,): totals of the grains of each block:
    #: their halves of the grain boundaries, their parts of the triple points, their area between pixel
    #: centres (where boundaries show; see `Window.seen_share`)
    boundary_length: np.ndarray
    triple_points: np.ndarray
    block_area: np.ndarray
    unit: str

    @property
    def n_blocks(self) -> int:
        return self.block_area.size

    def per_block(self, block: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
        """Sum of `values` (or count) in each block."""
        return np.bincount(block, values, self.n_blocks)


def map_blocks(m: Measurement) -> MapBlocks:
    """The rows of a measured map with their blocks."""
    unit, block_of, n_blocks = m.unit, blocks_of_labels(m), m.grid.n_blocks
    whole = ~m.grains["touches_frame"].to_numpy(bool)
    ascending = np.argsort(m.intercepts[f"length_{unit}"].to_numpy(), kind="stable")
    boundary_length, triple_points, block_area = _block_totals(m, block_of, n_blocks)
    return MapBlocks(
        diameter=m.grains[f"equivalent_diameter_{unit}"].to_numpy()[whole],
        area=m.grains[f"area_{unit}2"].to_numpy()[whole],
        aspect_ratio=m.grains["aspect_ratio"].to_numpy()[whole],
        weight=m.grains["weight"].to_numpy()[whole],
        grain_block=block_of[m.grains["label"].to_numpy()[whole]],
        grains=m.grains,
        any_grain_block=block_of[m.grains["label"].to_numpy()],
        length=m.intercepts[f"length_{unit}"].to_numpy()[ascending],
        cuts=n_cuts(m.intercepts["censored"].to_numpy())[ascending],
        phase_ends=m.intercepts["phase_ends"].to_numpy()[ascending],
        angle=m.intercepts["angle_deg"].to_numpy()[ascending],
        chord_block=block_of[m.intercepts["label"].to_numpy()[ascending]],
        arc=m.circles[f"length_{unit}"].to_numpy(),
        arc_cuts=n_cuts(m.circles["censored"].to_numpy()),
        arc_block=block_of[m.circles["label"].to_numpy()],
        boundary_length=boundary_length,
        triple_points=triple_points,
        block_area=block_area,
        unit=unit,
    )


def blocks_of_labels(m: Measurement) -> np.ndarray:
    """Block number of each label of a map, that of the grain's centroid."""
    label = m.grains["label"].to_numpy()
    blocks = np.zeros(int(label.max(initial=0)) + 1, np.int64)
    blocks[label] = m.grid.block_of(m.grains["y_px"].to_numpy(), m.grains["x_px"].to_numpy())
    return blocks


def _block_totals(m: Measurement, block_of: np.ndarray, n_blocks: int) -> np.ndarray:
    """Boundary length, triple points and grain area of the grains of each block, shape (3, n_blocks)."""
    sides, grains = m.network.sides, m.grains
    between = m.network.kind == GRAIN
    half = m.network.segments[f"length_{m.unit}"].to_numpy()[between] / 2
    length = np.bincount(block_of[sides[between]].ravel(), np.repeat(half, 2), n_blocks)
    area = grains[f"area_{m.unit}2"].to_numpy() * m.window.seen_share
    block = block_of[grains["label"].to_numpy()]
    return np.stack(
        [length, _triple_points(m, sides, block_of, n_blocks), np.bincount(block, area, n_blocks)]
    )


def _triple_points(m: Measurement, sides: np.ndarray, block_of: np.ndarray, n_blocks: int) -> np.ndarray:
    """Triple points of each block; each side of the segments that end in a junction gets an equal part."""
    segments = m.network.segments
    ends = np.column_stack([segments["junction_a"].to_numpy(), segments["junction_b"].to_numpy()])
    junction, label = (a.ravel() for a in np.broadcast_arrays(ends[:, :, None], sides[:, None, :]))
    seen = (junction >= 0) & (label > 0)
    junction, label = junction[seen], label[seen]
    points = m.network.triple_points
    part = points / np.maximum(np.bincount(junction, minlength=points.size), 1)
    return np.bincount(block_of[label], part[junction], n_blocks)
