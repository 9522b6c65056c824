"""Descriptors of boundary angles, where a map has orientations: high angles, twins, mean misorientation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.intervals.block_bootstrap import ratio, share
from grainstats.measure.measurement import Measurement, blocks_of_labels
from segment.orientation.boundary_character import LOW_ANGLE_DEG

OF = "of the length of boundaries between grains of one phase"


def misorientation_descriptors(maps: Sequence[Measurement]) -> Iterator[Descriptor]:
    """Mean misorientation and shares of boundary length; nothing where no map has orientations."""
    known = [m for m in maps if "misorientation_deg" in m.network.segments]
    if not any(np.isfinite(m.network.segments["misorientation_deg"]).any() for m in known):
        return
    length, angle, high, twin = _block_totals(known)
    method = "mean disorientation of the grains on both sides, weighted by boundary length"
    yield Descriptor.of("misorientation_mean_deg", ratio(angle, length), "deg", method)
    method = f"largest difference from random crystals in the share {OF} below an angle: 0 no texture, to 1"
    distance = _distance_from_random(known)
    yield Descriptor("misorientation_distance_from_random", distance, None, None, "1", method)
    method = f"share {OF}, at {LOW_ANGLE_DEG:g} degrees or more"
    yield Descriptor.of("high_angle_boundary_share", share(high, length), "1", method)
    if any((m.network.segments["sigma"] > 0).any() for m in known):
        method = f"share {OF}, that is Σ3 by Brandon's criterion (phases of m-3m)"
        yield Descriptor.of("sigma3_boundary_share", share(twin, length), "1", method)


def _distance_from_random(maps: Sequence[Measurement]) -> float:
    """Largest difference of the two distributions, by boundary length (as Kolmogorov and Smirnov)."""
    tables = [m.network.segments for m in maps]
    random = np.concatenate([t["random_share"].to_numpy() for t in tables])
    length = np.concatenate([t[f"length_{m.unit}"].to_numpy() for t, m in zip(tables, maps, strict=True)])
    known = np.isfinite(random)
    order = np.argsort(random[known])
    random, length = random[known][order], length[known][order]
    upper = np.cumsum(length) / length.sum()
    lower = np.concatenate([[0.0], upper[:-1]])
    return float(np.maximum(np.abs(upper - random), np.abs(lower - random)).max())


def _block_totals(maps: Sequence[Measurement]) -> np.ndarray:
    """Of each block: boundary length, length times angle, length at high angles, length of Σ3; (4, n_blocks).

    Half of each boundary counts for the grain on either side, in its block.
    """
    block_of, n_blocks = blocks_of_labels(maps)
    totals = np.zeros((4, n_blocks))
    for m, blocks in zip(maps, block_of, strict=True):
        table = m.network.segments
        table = table[np.isfinite(table["misorientation_deg"])]
        block = blocks[table[["label_a", "label_b"]].to_numpy()].ravel()
        half = table[f"length_{m.unit}"].to_numpy() / 2
        angle = table["misorientation_deg"].to_numpy()
        factors = (
            np.ones(len(table)),
            angle,
            ~table["low_angle"].to_numpy(bool),
            table["sigma"].to_numpy() == 3,
        )
        totals += [np.bincount(block, np.repeat(half * factor, 2), n_blocks) for factor in factors]
    return totals
