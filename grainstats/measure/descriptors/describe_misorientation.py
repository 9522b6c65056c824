"""Descriptors of boundary angles, where a map has orientations: high angles, twins, mean misorientation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.intervals.block_bootstrap import ratio, share
from grainstats.measure.intervals.map_blocks import blocks_of_labels
from grainstats.measure.measurement import Measurement
from segment.orientation.boundary_character import LOW_ANGLE_DEG

OF = "of the length of boundaries between grains of one phase"


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
