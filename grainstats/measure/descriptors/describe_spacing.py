"""Descriptors of boundary spacing: intercepts on lines and circles, by direction, and the ASTM numbers."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.intervals.block_bootstrap import Estimate, jackknife, ratio, without_each
from grainstats.measure.intervals.map_blocks import MapBlocks
from grainstats.measure.intervals.sizes import PLANIMETRIC, area_spread, grains_per_area
from grainstats.measure.measurement import Measurement
from grainstats.measure.spacing.astm import g_from_grains_per_mm2, g_from_intercept
from grainstats.measure.spacing.chords import intercept_count, kaplan_meier

E112 = "ASTM E112: line length / intercepts, a cut end counts 1/2"
KAPLAN_MEIER = "Kaplan-Meier over the intercept ends inside the window"


def intercept_descriptors(p: MapBlocks, measured: Measurement) -> Iterator[Descriptor]:
    """Mean by E112, distribution by Kaplan-Meier, circles, and G by intercepts and by counting."""
    u, mean = p.unit, mean_intercept(p)
    yield Descriptor("n_intercepts", float(intercept_count(p.cuts).sum()), None, None, "1", E112)
    yield Descriptor.of(f"intercept_mean_{u}", mean, u, E112)
    for name, unit, estimate in zip(
        (f"intercept_median_{u}", "intercept_cv", f"intercept_length_weighted_mean_{u}"),
        (u, "1", u),
        _distribution(p),
        strict=True,
    ):
        yield Descriptor.of(name, estimate, unit, KAPLAN_MEIER)
    yield Descriptor.of(f"intercept_circular_mean_{u}", _circular(p), u, "ASTM E112 three-circle procedure")
    method = "3/2 of the mean intercept; assumes equal spheres"
    yield Descriptor.of(f"sphere_diameter_equal_{u}", mean.map(lambda intercept: 1.5 * intercept), u, method)
    if u == "nm":
        method = "ASTM E112 from the mean lineal intercept"
        yield Descriptor.of("astm_g", mean.map(g_from_intercept), "1", method)
        density = grains_per_area(p, measured)
        g = density.map(lambda per_nm2: g_from_grains_per_mm2(per_nm2 * 1e12))
        yield Descriptor.of("astm_g_planimetric", g, "1", f"ASTM E112 from {PLANIMETRIC}")


def mean_intercept(p: MapBlocks, chosen: np.ndarray | None = None) -> Estimate:
    """Mean intercept of the chosen intercepts (all by default), by E112."""
    keep = np.ones(p.length.size, bool) if chosen is None else chosen
    block = p.chord_block[keep]
    length = p.per_block(block, p.length[keep])
    return ratio(length, p.per_block(block, intercept_count(p.cuts[keep])))


def intercepts_by_direction(p: MapBlocks) -> pd.DataFrame:
    """Mean intercept of each direction: ``angle_deg, value, ci_low, ci_high, n``."""
    rows = []
    for angle in np.unique(p.angle):
        chosen = p.angle == angle
        estimate, n = mean_intercept(p, chosen), float(intercept_count(p.cuts[chosen]).sum())
        rows.append((float(angle), estimate.value, estimate.low, estimate.high, n))
    return pd.DataFrame(rows, columns=["angle_deg", "value", "ci_low", "ci_high", "n"]).astype(float)


def _distribution(p: MapBlocks) -> list[Estimate]:
    """Median, coefficient of variation and length-weighted mean with jackknife intervals."""

    def statistics(blocks: np.ndarray) -> np.ndarray:
        found = kaplan_meier(p.length, p.cuts, blocks[p.chord_block])
        return np.array([found.quantile(0.5), found.cv, found.length_weighted_mean])

    middle, cv, mean = statistics(np.ones(p.n_blocks)).tolist()
    without = without_each(statistics, p.n_blocks).T
    spread, n_grains = area_spread(p), float(np.where(p.grains["touches_frame"], 0.5, 1.0).sum())
    return [
        jackknife(middle, without[0]),
        jackknife(cv, without[1], chord_cv_error(cv, spread, n_grains)),
        jackknife(mean, without[2], length_weighted_mean_error(spread, n_grains)),
    ]


def _circular(p: MapBlocks) -> Estimate:
    return ratio(p.per_block(p.arc_block, p.arc), p.per_block(p.arc_block, intercept_count(p.arc_cuts)))


def length_weighted_mean_error(spread: float, n_grains: float) -> float:
    """Standard error of the log of sum d**3 / sum d**2 over `n_grains`; `spread`: variance of log d.

    The blocks of a field that happens to show no large grain scatter little, so that their standard error is
    too small just where the estimate is too low.  A log-normal population of the same spread tells what to
    expect: n grains of diameter d, each met by a number of lines in proportion to d, with chords in
    proportion to d.  Sums over chords of length**k are then sums over grains of d**(k + 1), and all moments
    of d are known, E[d**k] = exp(k**2 s / 2) with s the variance of log d, by number as by area.
    """
    variance = np.exp(9 * spread) - 2 * np.exp(6 * spread) + np.exp(4 * spread)
    return _error(variance, n_grains)


def chord_cv_error(cv: float, spread: float, n_grains: float) -> float:
    """Standard error of the log of the chords' coefficient of variation, cv**2 + 1 = S3 S1 / S2**2."""
    terms = ((1, 9), (1, 1), (4, 4), (2, 3), (-4, 6), (-4, 2))
    variance = sum(factor * np.exp(power * spread) for factor, power in terms)
    return _error(variance, n_grains) * (1 + cv**2) / (2 * cv**2) if cv > 0 else float("nan")


def _error(variance: float, n_grains: float) -> float:
    return float(np.sqrt(max(variance, 0.0) / n_grains)) if n_grains > 0 else float("nan")
