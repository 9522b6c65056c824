"""Mean, median and spread of grain size with intervals that know of the coarse grains cut by the frame.

The values come from the grains seen whole, weighted by Miles and Lantuejoul.  What a few large grains carry
(the area-weighted mean and median, the coefficient of variation) falls short there; the product-limit
estimate from all grains (`size_distribution`) exceeds.  The interval ends half-way between those of the two,
that of the area-weighted mean as high as the higher.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from grainstats.measure.intervals.block_bootstrap import (
    Estimate,
    jackknife,
    jackknife_deviation,
    median,
    ratio,
    without_each,
    woodruff,
)
from grainstats.measure.intervals.map_blocks import MapBlocks
from grainstats.measure.intervals.size_distribution import SizeShares, size_shares
from grainstats.measure.measurement import Measurement

PLANIMETRIC = "the planimetric count (inside + 1/2 cut + 1/4 at corners) over grain area"


@dataclass(frozen=True)
class SizeEstimates:
    """Equivalent diameters of a map; all but `cv` in its unit."""

    mean: Estimate
    median: Estimate
    area_weighted_mean: Estimate
    area_weighted_median: Estimate
    cv: Estimate


def size_estimates(p: MapBlocks) -> SizeEstimates:
    """Estimates from grains seen whole, the intervals of the last three with all grains in view."""
    d, w = p.diameter, p.weight
    by_area = median(d, w * p.area, p.grain_block, p.n_blocks)
    wide_mean, wide_cv, wide_median = _of_all_grains(p, by_area.value)
    return SizeEstimates(
        mean=grain_mean(p, w, d),
        median=median(d, w, p.grain_block, p.n_blocks),
        area_weighted_mean=grain_mean(p, w * p.area, d).between(wide_mean).widened(wide_mean),
        area_weighted_median=by_area.between(wide_median),
        cv=_cv(p).between(wide_cv),
    )


def grain_mean(p: MapBlocks, weight: np.ndarray, values: np.ndarray) -> Estimate:
    """Weighted mean over the grains seen whole; both of shape (n_interior,)."""
    return ratio(p.per_block(p.grain_block, weight * values), p.per_block(p.grain_block, weight))


def area_spread(p: MapBlocks) -> float:
    """Variance of the log diameter by area, over all grains (product limit)."""
    diameter, whole, _ = ascending(p.grains, p.unit)
    shares = size_shares(diameter, whole)
    log = np.log(shares.diameter)
    return float(shares.mass @ (log - shares.mass @ log) ** 2) if log.size else float("nan")


def grains_per_area(p: MapBlocks, measured: Measurement) -> Estimate:
    """Planimetric count (ASTM E112, rectangle); its relative interval from the blocks."""
    area = p.block_area.sum()
    value = measured.planimetric.grains / area if area > 0 else float("nan")
    share = np.where(p.grains["touches_frame"], 0.5, 1.0)
    by_block = ratio(p.per_block(p.any_grain_block, share), p.block_area)
    return by_block.map(lambda v: v * value / by_block.value) if by_block.value > 0 else Estimate(value)


def _cv(p: MapBlocks) -> Estimate:
    sums = np.stack([p.per_block(p.grain_block, p.weight * p.diameter**k) for k in range(3)])

    def cv(blocks: np.ndarray) -> np.ndarray:
        m0, m1, m2 = sums @ blocks
        return np.array(np.sqrt(max(m2 * m0 / m1**2 - 1, 0)) if m1 > 0 else np.nan)

    return jackknife(float(cv(np.ones(p.n_blocks))), without_each(cv, p.n_blocks))


def _of_all_grains(p: MapBlocks, middle: float) -> tuple[Estimate, Estimate, Estimate]:
    """Area-weighted mean, CV and area-weighted median by the product limit.

    `middle` is the diameter at which the share below is judged.
    """
    diameter, whole, order = ascending(p.grains, p.unit)
    block = p.any_grain_block[order]

    def found(blocks: np.ndarray) -> SizeShares:
        return size_shares(diameter, whole, blocks[block])

    def statistics(blocks: np.ndarray) -> np.ndarray:
        shares = found(blocks)
        return np.array([shares.area_weighted_mean, shares.cv, shares.share_below(middle)])

    shares, without = found(np.ones(p.n_blocks)), without_each(statistics, p.n_blocks)
    return (
        jackknife(shares.area_weighted_mean, without[:, 0]),
        jackknife(shares.cv, without[:, 1]),
        woodruff(shares.quantile(0.5), jackknife_deviation(without[:, 2]), shares.quantile),
    )


def ascending(grains: pd.DataFrame, unit: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Diameters, whether seen whole, and the order of the grains, as `size_shares` wants them."""
    diameter = grains[f"equivalent_diameter_{unit}"].to_numpy(float)
    whole = ~grains["touches_frame"].to_numpy(bool)
    order = np.lexsort([~whole, diameter])
    return diameter[order], whole[order], order
