"""Descriptors of an image or a sample: every number with its 95 % interval, unit and method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial

import numpy as np
import pandas as pd

from grainstats.measure.astm import g_from_intercept
from grainstats.measure.blocks import Estimate, interval, jackknife_error, median, ratio
from grainstats.measure.chords import intercept_count, kaplan_meier
from grainstats.measure.descriptor import Descriptor
from grainstats.measure.measurement import Measurement, measure_grain_map
from grainstats.measure.pooled import Pooled, pool
from segment.grainmap import GrainMap

MILES = "interior grains weighted by 1/P(not cut by the frame), Miles-Lantuejoul"
E112 = "ASTM E112: line length / intercepts, a cut end counts 1/2"
KM = "Kaplan-Meier over intercept ends inside the window"


def descriptors(
    measured: Measurement | GrainMap | Sequence[Measurement], *, unit: str = "nm"
) -> list[Descriptor]:
    """All descriptors of one map, or of several maps as one sample.

    Parameters
    ----------
    measured : Measurement, GrainMap or sequence of Measurement
        A map is measured with default settings first.
    unit : {"nm", "px"}
        Used for a `GrainMap` only.

    Raises
    ------
    UncalibratedError
        Nanometres asked of a map without a pixel size.
    """
    if isinstance(measured, GrainMap):
        measured = measure_grain_map(measured, unit=unit)
    pooled = pool([measured] if isinstance(measured, Measurement) else list(measured))
    return [*_grains(pooled), *_intercepts(pooled), *_boundaries(pooled), *_astm(pooled)]


def _descriptor(name: str, value: Estimate, unit: str, method: str) -> Descriptor:
    return Descriptor(name, value.value, value.low, value.high, unit, method)


def _mean(p: Pooled, weight: np.ndarray, values: np.ndarray) -> Estimate:
    return ratio(p.per_block(p.grain_block, weight * values), p.per_block(p.grain_block, weight))


def _grains(p: Pooled) -> Iterator[Descriptor]:
    u, d, w, a = p.unit, p.diameter, p.weight, p.area
    n_interior = float(d.size)
    yield Descriptor("n_grains", float(len(p.grains)), None, None, "1", "grains that show in the window")
    yield Descriptor("n_interior", n_interior, None, None, "1", "grains not cut by the frame")
    name = "equivalent_diameter"
    yield _descriptor(f"{name}_mean_{u}", _mean(p, w, d), u, f"number-weighted mean; {MILES}")
    half = median(d, w, p.grain_block, p.n_blocks)
    yield _descriptor(f"{name}_median_{u}", half, u, f"number-weighted median; {MILES}")
    yield _descriptor(f"{name}_area_weighted_mean_{u}", _mean(p, w * a, d), u, f"area-weighted mean; {MILES}")
    half = median(d, w * a, p.grain_block, p.n_blocks)
    yield _descriptor(f"{name}_area_weighted_median_{u}", half, u, f"area-weighted median; {MILES}")
    yield _descriptor(f"{name}_cv", _diameter_cv(p), "1", f"standard deviation / mean; {MILES}")
    yield _descriptor(f"grain_area_mean_{u}2", _mean(p, w, a), f"{u}2", f"number-weighted mean; {MILES}")
    whole = p.grains.loc[~p.grains["touches_frame"], "aspect_ratio"].to_numpy()
    yield _descriptor("aspect_ratio_mean", _mean(p, w, whole), "1", f"equal-moment ellipse; {MILES}")


def _diameter_cv(p: Pooled) -> Estimate:
    d, w = p.diameter, p.weight
    sums = np.stack([p.per_block(p.grain_block, w * d**k) for k in range(3)])

    def cv(blocks: np.ndarray) -> float:
        m0, m1, m2 = sums @ blocks
        return float(np.sqrt(max(m2 * m0 / m1**2 - 1, 0))) if m1 > 0 else float("nan")

    return interval(cv(np.ones(p.n_blocks)), jackknife_error(cv, p.n_blocks), p.n_blocks)


def mean_intercept_of(p: Pooled, chosen: np.ndarray | None = None) -> Estimate:
    """Mean intercept of the chosen intercepts (all by default), by E112."""
    keep = np.ones(p.length.size, bool) if chosen is None else chosen
    block = p.chord_block[keep]
    length = p.per_block(block, p.length[keep])
    return ratio(length, p.per_block(block, intercept_count(p.cuts[keep])))


def _intercepts(p: Pooled) -> Iterator[Descriptor]:
    u = p.unit
    yield Descriptor("n_intercepts", float(intercept_count(p.cuts).sum()), None, None, "1", E112)
    yield _descriptor(f"intercept_mean_{u}", mean_intercept_of(p), u, E112)
    whole = kaplan_meier(p.length, p.cuts)
    for name, value in (
        (f"intercept_median_{u}", whole.quantile(0.5)),
        ("intercept_cv", whole.cv),
        (f"intercept_length_weighted_mean_{u}", whole.length_weighted_mean),
    ):
        error = jackknife_error(partial(_chord_statistic, p, name), p.n_blocks)
        yield _descriptor(name, interval(value, error, p.n_blocks), "1" if name.endswith("cv") else u, KM)


def _chord_statistic(p: Pooled, name: str, blocks: np.ndarray) -> float:
    found = kaplan_meier(p.length, p.cuts, blocks[p.chord_block])
    if name.startswith("intercept_median"):
        return found.quantile(0.5)
    return found.cv if name == "intercept_cv" else found.length_weighted_mean


def per_micrometre(value: Estimate, unit: str, power: int) -> tuple[Estimate, str]:
    """A density per `unit`**power as one per micrometre (or per pixel), and its unit's name."""
    factor, name = (1000.0**power, "um") if unit == "nm" else (1.0, "px")
    low, high = (None if v is None else v * factor for v in (value.low, value.high))
    return Estimate(value.value * factor, low, high), name


def _boundaries(p: Pooled) -> Iterator[Descriptor]:
    grain = p.segment_kind == "grain"
    length = p.per_block(p.segment_block[grain], p.segment_length[grain])
    density, u = per_micrometre(ratio(length, p.block_area), p.unit, 1)
    method = "grain boundary length / grain area"
    yield _descriptor(f"boundary_density_per_{u}", density, f"1/{u}", method)
    triple, u = per_micrometre(ratio(p.per_block(p.junction_block, p.triple_points), p.block_area), p.unit, 2)
    method = "triple points / grain area; k grains meeting count k - 2"
    yield _descriptor(f"triple_junctions_per_{u}2", triple, f"1/{u}2", method)


def _astm(p: Pooled) -> Iterator[Descriptor]:
    if p.unit != "nm":
        return
    mean = mean_intercept_of(p)
    if np.isfinite(mean.value) and mean.value > 0:
        low, high = (None if v is None else g_from_intercept(v) for v in (mean.high, mean.low))
        value = Estimate(g_from_intercept(mean.value), low, high)
        yield _descriptor("astm_g", value, "1", "ASTM E112 from the mean lineal intercept")


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
