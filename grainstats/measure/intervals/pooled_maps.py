"""Several maps of one sample as one set of rows, each row with its block: the base of every descriptor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from grainstats.measure.measurement import Measurement, blocks_of_labels
from grainstats.measure.spacing.chords import n_cuts


@dataclass(frozen=True, eq=False)
class Pooled:
    """Grains, intercepts, segments and junctions of a sample with their blocks."""

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


def pool(measurements: Sequence[Measurement]) -> Pooled:
    """Pool the maps of one sample; raises ValueError when there is none or the units differ."""
    units = {m.unit for m in measurements}
    if len(units) != 1:
        raise ValueError(f"one unit is needed for a sample, got {sorted(units) or 'no map'}")
    (unit,) = units
    block_of, n_blocks = blocks_of_labels(measurements)

    def blocks(tables: Sequence[pd.DataFrame]) -> np.ndarray:
        return np.concatenate([b[t["label"].to_numpy()] for b, t in zip(block_of, tables, strict=True)])

    interior = [m.grains[~m.grains["touches_frame"]] for m in measurements]
    whole = pd.concat(interior, ignore_index=True)
    chords = pd.concat([m.intercepts for m in measurements], ignore_index=True)
    arcs = pd.concat([m.circles for m in measurements], ignore_index=True)
    length = chords[f"length_{unit}"].to_numpy()
    order = np.argsort(length, kind="stable")
    totals = [_block_totals(m, b, n_blocks) for m, b in zip(measurements, block_of, strict=True)]
    boundary_length, triple_points, block_area = np.sum(totals, axis=0)
    return Pooled(
        diameter=whole[f"equivalent_diameter_{unit}"].to_numpy(),
        area=whole[f"area_{unit}2"].to_numpy(),
        aspect_ratio=whole["aspect_ratio"].to_numpy(),
        weight=whole["weight"].to_numpy(),
        grain_block=blocks(interior),
        grains=pd.concat([m.grains for m in measurements], ignore_index=True),
        any_grain_block=blocks([m.grains for m in measurements]),
        length=length[order],
        cuts=n_cuts(chords["censored"].to_numpy())[order],
        phase_ends=chords["phase_ends"].to_numpy()[order],
        angle=chords["angle_deg"].to_numpy()[order],
        chord_block=blocks([m.intercepts for m in measurements])[order],
        arc=arcs[f"length_{unit}"].to_numpy(),
        arc_cuts=n_cuts(arcs["censored"].to_numpy()),
        arc_block=blocks([m.circles for m in measurements]),
        boundary_length=boundary_length,
        triple_points=triple_points,
        block_area=block_area,
        unit=unit,
    )


def _block_totals(m: Measurement, block_of: np.ndarray, n_blocks: int) -> np.ndarray:
    """Boundary length, triple points and grain area of the grains of each block, shape (3, n_blocks)."""
    segments, grains = m.network.segments, m.grains
    sides = segments[["label_a", "label_b"]].to_numpy()
    between = (segments["kind"] == "grain").to_numpy()
    half = segments[f"length_{m.unit}"].to_numpy()[between] / 2
    length = np.bincount(block_of[sides[between]].ravel(), np.repeat(half, 2), n_blocks)
    area = grains[f"area_{m.unit}2"].to_numpy() * m.window.seen_share
    block = block_of[grains["label"].to_numpy()]
    return np.stack(
        [length, _triple_points(m, sides, block_of, n_blocks), np.bincount(block, area, n_blocks)]
    )


def _triple_points(m: Measurement, sides: np.ndarray, block_of: np.ndarray, n_blocks: int) -> np.ndarray:
    """Triple points of each block; each side of the segments that end in a junction gets an equal part."""
    ends = m.network.segments[["junction_a", "junction_b"]].to_numpy()
    junction, label = (a.ravel() for a in np.broadcast_arrays(ends[:, :, None], sides[:, None, :]))
    seen = (junction >= 0) & (label > 0)
    junction, label = junction[seen], label[seen]
    points = m.network.triple_points
    part = points / np.maximum(np.bincount(junction, minlength=points.size), 1)
    return np.bincount(block_of[label], part[junction], n_blocks)
