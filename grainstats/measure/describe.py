"""Descriptors of an image or a sample: every number with its 95 % interval, unit and method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from grainstats.measure.blocks import Estimate, jackknife, median, ratio
from grainstats.measure.describe_network import network_descriptors
from grainstats.measure.describe_spacing import intercept_descriptors
from grainstats.measure.descriptor import Descriptor
from grainstats.measure.measurement import Measurement, measure_grain_map
from grainstats.measure.pooled import Pooled, pool
from grainstats.measure.size_distribution import in_order, size_shares
from grainstats.measure.stereology import saltykov
from segment.grainmap import GrainMap

WIDENED = "interval widened to that of the product limit over all grains, those cut by the frame too"
MILES = "grains not cut by the frame, weighted by 1/P (Miles-Lantuejoul)"


def descriptors(
    measured: Measurement | GrainMap | Sequence[Measurement], *, unit: str = "nm"
) -> list[Descriptor]:
    """All descriptors of one map, or of several maps as one sample.

    Parameters
    ----------
    measured : Measurement, GrainMap or sequence of Measurement
        A `GrainMap` is measured with default settings first.
    unit : {"nm", "px"}
        Used for a `GrainMap` only.

    Raises
    ------
    UncalibratedError
        Nanometres asked of a map without a pixel size.
    ValueError
        No map, or maps measured in different units.
    """
    if isinstance(measured, GrainMap):
        measured = measure_grain_map(measured, unit=unit)
    maps = [measured] if isinstance(measured, Measurement) else list(measured)
    pooled = pool(maps)
    return [
        *_grain_descriptors(pooled),
        *intercept_descriptors(pooled, maps),
        *network_descriptors(pooled, maps),
    ]


def descriptor_table(measurements: Sequence[Measurement]) -> pd.DataFrame:
    """Descriptors of every map and, with ``image`` empty, of all maps as one sample.

    Returns
    -------
    DataFrame
        ``image, name, value, ci_low, ci_high, unit, method``.
    """
    groups = [(m.image_id, [m]) for m in measurements] + [("", list(measurements))]
    rows = [{"image": image, **asdict(d)} for image, group in groups for d in descriptors(group)]
    return pd.DataFrame(rows)


def _mean(p: Pooled, weight: np.ndarray, values: np.ndarray) -> Estimate:
    return ratio(p.per_block(p.grain_block, weight * values), p.per_block(p.grain_block, weight))


def _grain_descriptors(p: Pooled) -> Iterator[Descriptor]:
    u, d, w, a = p.unit, p.diameter, p.weight, p.area
    block, n, name = p.grain_block, p.n_blocks, "equivalent_diameter"
    yield Descriptor("n_grains", float(len(p.grains)), None, None, "1", "grains that show in the window")
    yield Descriptor("n_interior", float(d.size), None, None, "1", "grains not cut by the frame")
    for estimate, what, unit, how in (
        (_mean(p, w, d), f"{name}_mean_{u}", u, "number-weighted mean"),
        (median(d, w, block, n), f"{name}_median_{u}", u, "number-weighted median"),
        (median(d, w * a, block, n), f"{name}_area_weighted_median_{u}", u, "area-weighted median"),
        (_mean(p, w, a), f"grain_area_mean_{u}2", f"{u}2", "number-weighted mean"),
        (_mean(p, w, p.aspect_ratio), "aspect_ratio_mean", "1", "number-weighted, equal-moment ellipse"),
    ):
        yield Descriptor.of(what, estimate, unit, f"{how}; {MILES}")
    wide = _size_shares(p)
    for estimate, wider, what, unit, how in (
        (_mean(p, w * a, d), wide[0], f"{name}_area_weighted_mean_{u}", u, "area-weighted mean"),
        (_diameter_cv(p), wide[1], f"{name}_cv", "1", "standard deviation / mean"),
    ):
        yield Descriptor.of(what, estimate.widened(wider), unit, f"{how}; {MILES}; {WIDENED}")
    spheres = saltykov(d, w)
    method = f"Saltykov, {spheres.diameter.size} classes; assumes: {spheres.assumptions}"
    yield Descriptor(f"sphere_diameter_saltykov_{u}", spheres.mean, None, None, u, method)


def _diameter_cv(p: Pooled) -> Estimate:
    sums = np.stack([p.per_block(p.grain_block, p.weight * p.diameter**k) for k in range(3)])

    def cv(blocks: np.ndarray) -> np.ndarray:
        m0, m1, m2 = sums @ blocks
        return np.array([np.sqrt(max(m2 * m0 / m1**2 - 1, 0)) if m1 > 0 else np.nan])

    return jackknife(cv, p.n_blocks)[0]


def _size_shares(p: Pooled) -> list[Estimate]:
    """Area-weighted mean and coefficient of variation from all grains, those cut by the frame too."""
    diameter = p.grains[f"equivalent_diameter_{p.unit}"].to_numpy()
    whole = ~p.grains["touches_frame"].to_numpy(bool)
    order = in_order(diameter, whole)
    diameter, whole, block = diameter[order], whole[order], p.any_grain_block[order]

    def statistics(blocks: np.ndarray) -> np.ndarray:
        found = size_shares(diameter, whole, blocks[block])
        return np.array([found.area_weighted_mean, found.cv])

    return jackknife(statistics, p.n_blocks)
