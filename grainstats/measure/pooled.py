"""Several maps of one sample as one set of rows, each row with its block: the base of every descriptor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from grainstats.measure.chords import n_cuts
from grainstats.measure.measurement import Measurement, block_areas, blocks_of


@dataclass(frozen=True, eq=False)
class Pooled:
    """Grains, intercepts, segments and junctions of a sample with their blocks.

    Attributes
    ----------
    diameter, area, aspect_ratio, weight, grain_block : ndarray, shape (n_interior,)
        Of the grains seen whole.
    grains : DataFrame
        All grains.
    any_grain_block : ndarray, shape (n_grains,)
        Of all grains.
    length, cuts, phase_ends, angle, chord_block : ndarray, shape (n_intercepts,)
        Ascending length.
    arc, arc_cuts, arc_block : ndarray, shape (n_arcs,)
        Intercepts on circles.
    segment_length, segment_kind, segment_block : ndarray, shape (n_segments,)
    triple_points, junction_block : ndarray, shape (n_junctions,)
        Triple points that each junction stands for.
    block_area : ndarray, shape (n_blocks,)
        Grain area, unit squared.
    unit : str
    n_images : int
    """

    diameter: np.ndarray
    area: np.ndarray
    aspect_ratio: np.ndarray
    weight: np.ndarray
    grain_block: np.ndarray
    grains: pd.DataFrame
    any_grain_block: np.ndarray
    length: np.ndarray
    cuts: np.ndarray
    phase_ends: np.ndarray
    angle: np.ndarray
    chord_block: np.ndarray
    arc: np.ndarray
    arc_cuts: np.ndarray
    arc_block: np.ndarray
    segment_length: np.ndarray
    segment_kind: np.ndarray
    segment_block: np.ndarray
    triple_points: np.ndarray
    junction_block: np.ndarray
    block_area: np.ndarray
    unit: str
    n_images: int

    @property
    def n_blocks(self) -> int:
        return self.block_area.size

    def per_block(self, block: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
        """Sum of `values` (or count) in each block."""
        return np.bincount(block, values, self.n_blocks)


def _middle_of(m: Measurement) -> tuple[np.ndarray, np.ndarray]:
    """Middle of each intercept, (row, column) in pixels."""
    t = m.intercepts
    half = t[f"length_{m.unit}"].to_numpy() / m.pixel_size / 2
    angle = np.deg2rad(t["angle_deg"].to_numpy())
    return t["y0_px"].to_numpy() - half * np.sin(angle), t["x0_px"].to_numpy() + half * np.cos(angle)


def _starts(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return table["y0_px"].to_numpy(), table["x0_px"].to_numpy()


def _points(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return table["y_px"].to_numpy(), table["x_px"].to_numpy()


def pool(measurements: Sequence[Measurement]) -> Pooled:
    """Pool the maps of one sample; raises ValueError when there is none or the units differ."""
    units = {m.unit for m in measurements}
    if len(units) != 1:
        raise ValueError(f"one unit is needed for a sample, got {sorted(units) or 'no map'}")
    (unit,) = units
    interior = [m.grains[~m.grains["touches_frame"]] for m in measurements]
    whole = pd.concat(interior, ignore_index=True)
    chords = pd.concat([m.intercepts for m in measurements], ignore_index=True)
    segments = pd.concat([m.network.segments for m in measurements], ignore_index=True)
    junctions = pd.concat([m.network.junctions for m in measurements], ignore_index=True)
    n_grains = junctions["n_grains"].to_numpy()
    arcs = pd.concat([m.circles for m in measurements], ignore_index=True)
    length = chords[f"length_{unit}"].to_numpy()
    order = np.argsort(length, kind="stable")
    chord_block = blocks_of(measurements, [_middle_of(m) for m in measurements])[0]
    return Pooled(
        diameter=whole[f"equivalent_diameter_{unit}"].to_numpy(),
        area=whole[f"area_{unit}2"].to_numpy(),
        aspect_ratio=whole["aspect_ratio"].to_numpy(),
        weight=whole["weight"].to_numpy(),
        grain_block=blocks_of(measurements, [_points(t) for t in interior])[0],
        grains=pd.concat([m.grains for m in measurements], ignore_index=True),
        any_grain_block=blocks_of(measurements, [_points(m.grains) for m in measurements])[0],
        length=length[order],
        cuts=n_cuts(chords["censored"].to_numpy())[order],
        phase_ends=chords["phase_ends"].to_numpy()[order],
        angle=chords["angle_deg"].to_numpy()[order],
        chord_block=chord_block[order],
        arc=arcs[f"length_{unit}"].to_numpy(),
        arc_cuts=n_cuts(arcs["censored"].to_numpy()),
        arc_block=blocks_of(measurements, [_starts(m.circles) for m in measurements])[0],
        segment_length=segments[f"length_{unit}"].to_numpy(),
        segment_kind=segments["kind"].to_numpy(),
        segment_block=blocks_of(measurements, [_points(m.network.segments) for m in measurements])[0],
        triple_points=np.where(n_grains >= 3, n_grains - 2, 0),
        junction_block=blocks_of(measurements, [_points(m.network.junctions) for m in measurements])[0],
        block_area=block_areas(measurements),
        unit=unit,
        n_images=len(measurements),
    )
