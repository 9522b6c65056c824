"""Descriptors of the boundary network: densities, anisotropy, arrangement, angles of boundaries."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from grainstats.measure.descriptors.anisotropy import anisotropy
from grainstats.measure.descriptors.arrangement import MIXED, arrangement
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.intervals.block_bootstrap import Estimate, ratio, share
from grainstats.measure.intervals.map_blocks import MapBlocks, blocks_of_labels
from grainstats.measure.measurement import Measurement
from segment.orientation.boundary_character import LOW_ANGLE_DEG

OF = "of the length of boundaries between grains of one phase"


def network_descriptors(p: MapBlocks, measured: Measurement) -> Iterator[Descriptor]:
    """Boundary and junction densities per grain area, S_V, anisotropy, arrangement."""
    yield from _densities(p)
    yield from _anisotropy(measured)
    yield from _arrangement(measured)


def _densities(p: MapBlocks) -> Iterator[Descriptor]:
    factor, u = (1000.0, "um") if p.unit == "nm" else (1.0, "px")
    density = ratio(p.boundary_length, p.block_area).map(lambda v: v * factor)
    method = "length of the smoothed grain boundaries / grain area"
    yield Descriptor.of(f"boundary_density_per_{u}", density, f"1/{u}", method)
    triple = ratio(p.triple_points, p.block_area)
    method = "triple points / grain area; a meeting of k grains counts k - 2"
    yield Descriptor.of(f"triple_junctions_per_{u}2", triple.map(lambda v: v * factor**2), f"1/{u}2", method)
    crossings = _crossings_per_length(p, 2 - p.cuts - p.phase_ends, 0.5)
    surface = crossings.map(lambda v: 2 * v * factor)
    method = "S_V = 2 P_L: grain boundary area / grain volume, P_L from the test lines"
    yield Descriptor.of(f"surface_density_per_{u}", surface, f"1/{u}", method)
    if p.phase_ends.any():
        surface = _crossings_per_length(p, p.phase_ends, 1.0).map(lambda v: 2 * v * factor)
        method = "S_V = 2 P_L: area between grains and pores or second phase / grain volume"
        yield Descriptor.of(f"phase_surface_density_per_{u}", surface, f"1/{u}", method)


def _crossings_per_length(p: MapBlocks, ends: np.ndarray, share: float) -> Estimate:
    """Crossings over line length in grains; a grain boundary ends two intercepts, a pore's edge one."""
    return ratio(share * p.per_block(p.chord_block, ends), p.per_block(p.chord_block, p.length))


def _anisotropy(measured: Measurement) -> Iterator[Descriptor]:
    found = anisotropy(measured)
    method = "second harmonic of boundary direction, over boundary length"
    yield Descriptor("anisotropy_index", found.index, None, None, "1", f"{method}: 0 isotropic, 1 parallel")
    method = "longest / shortest mean intercept of all directions, from projected boundary length"
    yield Descriptor("anisotropy_intercept_ratio", found.intercept_ratio, None, None, "1", method)
    method = "direction of elongation, counter-clockwise from +x"
    yield Descriptor("anisotropy_direction_deg", found.direction_deg, None, None, "deg", method)
    p_value = np.nan if found.p_value is None else found.p_value
    method = f"p of Hotelling's T2 over {found.n_blocks} blocks against no preferred direction"
    yield Descriptor("anisotropy_p", p_value, None, None, "1", method)


def _arrangement(measured: Measurement) -> Iterator[Descriptor]:
    found = arrangement(measured)
    method = "Moran's I of log diameter over second neighbours: 0 random, > 0 clusters of like size"
    yield Descriptor("moran_i", found.moran_i, None, None, "1", method)
    p_value = np.nan if found.p_clustered is None else found.p_clustered
    method = f"one-sided p of a moran_i of {MIXED:g} at most, as in random mosaics; t over blocks"
    yield Descriptor("clustering_p", p_value, None, None, "1", method)


def misorientation_descriptors(measured: Measurement) -> Iterator[Descriptor]:
    """Mean misorientation and shares of boundary length; nothing where the map has no orientations."""
    table = measured.network.segments
    if "misorientation_deg" not in table:
        return
    table = table[np.isfinite(table["misorientation_deg"])]
    if table.empty:
        return
    length, angle, high, twin = _block_totals(measured, table)
    method = "mean disorientation of the grains on both sides, weighted by boundary length"
    yield Descriptor.of("misorientation_mean_deg", ratio(angle, length), "deg", method)
    method = f"largest difference from random crystals in the share {OF} below an angle: 0 no texture, to 1"
    distance = _distance_from_random(table, measured.unit)
    yield Descriptor("misorientation_distance_from_random", distance, None, None, "1", method)
    method = f"share {OF}, at {LOW_ANGLE_DEG:g} degrees or more"
    yield Descriptor.of("high_angle_boundary_share", share(high, length), "1", method)
    if (table["sigma"] > 0).any():
        method = f"share {OF}, that is Σ3 by Brandon's criterion (phases of m-3m)"
        yield Descriptor.of("sigma3_boundary_share", share(twin, length), "1", method)


def _distance_from_random(table: pd.DataFrame, unit: str) -> float:
    """Largest difference of the two distributions, by boundary length (as Kolmogorov and Smirnov)."""
    table = table[np.isfinite(table["random_share"])].sort_values("random_share")
    random, length = table["random_share"].to_numpy(), table[f"length_{unit}"].to_numpy()
    upper = np.cumsum(length) / length.sum()
    lower = np.concatenate([[0.0], upper[:-1]])
    return float(np.maximum(np.abs(upper - random), np.abs(lower - random)).max())


def _block_totals(m: Measurement, table: pd.DataFrame) -> np.ndarray:
    """Of each block: boundary length, length times angle, length at high angles, length of Σ3; (4, n_blocks).

    Half of each boundary counts for the grain on either side, in its block.
    """
    block = blocks_of_labels(m)[table[["label_a", "label_b"]].to_numpy()].ravel()
    half = table[f"length_{m.unit}"].to_numpy() / 2
    factors = (
        np.ones(len(table)),
        table["misorientation_deg"].to_numpy(),
        ~table["low_angle"].to_numpy(bool),
        table["sigma"].to_numpy() == 3,
    )
    return np.stack([np.bincount(block, np.repeat(half * f, 2), m.grid.n_blocks) for f in factors])
