"""Descriptors of the boundary network: densities, anisotropy, arrangement of coarse and fine grains."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from grainstats.measure.descriptors.anisotropy import anisotropy
from grainstats.measure.descriptors.arrangement import arrangement
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.intervals.block_bootstrap import Estimate, ratio
from grainstats.measure.intervals.map_blocks import MapBlocks
from grainstats.measure.measurement import Measurement


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
    method = "one-sided p of moran_i under exchange of sizes (Cliff and Ord)"
    yield Descriptor("clustering_p", p_value, None, None, "1", method)
