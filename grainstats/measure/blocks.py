"""Intervals from blocks: neighbouring grains depend on each other, blocks of grains hardly do.

One image is cut into blocks a few grains wide; of five or more images each image is one block.  Every
quantity is a ratio of block totals (or a function of block weights), its standard error comes from the
linearised ratio or the delete-one-block jackknife, and its interval from Student's t with at most one degree
of freedom less than blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from grainstats.measure.window import Window

GRAINS_PER_SIDE = 4.0  #: width of a block in mean grain sizes
FEWEST_PER_SIDE = 3.0  #: the same where an image has room for two blocks only
MOST_PER_SIDE = 8
LEVEL = 0.95
IMAGES_AS_BLOCKS = 5  #: from this many images on, images are the blocks


@dataclass(frozen=True)
class Grid:
    """A rectangular grid of blocks over one window."""

    window: Window
    rows: int
    columns: int

    @property
    def n_blocks(self) -> int:
        return self.rows * self.columns

    def block_of(self, y_px: np.ndarray, x_px: np.ndarray) -> np.ndarray:
        """Block number of points, int of the points' shape."""
        w = self.window
        row = np.floor((y_px + 0.5 - w.y0) / max(w.height, 1) * self.rows).astype(np.int64)
        column = np.floor((x_px + 0.5 - w.x0) / max(w.width, 1) * self.columns).astype(np.int64)
        return np.clip(row, 0, self.rows - 1) * self.columns + np.clip(column, 0, self.columns - 1)


def grid_for(window: Window, n_grains: int) -> Grid:
    """Blocks at least four mean grain sizes wide (three in small images), at most `MOST_PER_SIDE` a side."""
    if n_grains == 0 or window.grain_area_px2 == 0:
        return Grid(window, 1, 1)
    size = float(np.sqrt(window.grain_area_px2 / n_grains))
    return Grid(window, _blocks_along(window.height / size), _blocks_along(window.width / size))


def _blocks_along(grains: float) -> int:
    """Number of blocks along a side that is so many mean grain sizes long."""
    if grains < 2 * GRAINS_PER_SIDE:
        return 2 if grains >= 2 * FEWEST_PER_SIDE else 1
    return int(min(grains / GRAINS_PER_SIDE, MOST_PER_SIDE))


def grain_area_of_blocks(grid: Grid, labels: np.ndarray) -> np.ndarray:
    """Grain area in each block, in pixels between pixel centres, where boundaries can show.

    Hidden pixels are negative.  A density over whole pixels would be short by 1/W + 1/H, since junctions in
    the outermost half pixel do not show.

    Returns
    -------
    ndarray of float, shape (n_blocks,)
    """
    w = grid.window
    rows = w.y0 + np.ceil(np.arange(grid.rows + 1) * w.height / grid.rows - 0.5).astype(int)
    columns = w.x0 + np.ceil(np.arange(grid.columns + 1) * w.width / grid.columns - 0.5).astype(int)
    pixels = np.array(
        [
            np.count_nonzero(labels[rows[i] : rows[i + 1], columns[j] : columns[j + 1]] > 0)
            for i in range(grid.rows)
            for j in range(grid.columns)
        ],
        float,
    )
    return pixels * w.seen_share


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; the bounds are None where there are too few blocks."""

    value: float
    low: float | None = None
    high: float | None = None

    def map(self, monotone: Callable[[float], float]) -> Estimate:
        """The same estimate on another scale; a falling function swaps the bounds."""
        if not np.isfinite(self.value):
            return self
        if self.low is None or self.high is None:
            return Estimate(monotone(self.value))
        low, high = sorted((monotone(self.low), monotone(self.high)))
        return Estimate(monotone(self.value), low, high)

    def widened(self, other: Estimate) -> Estimate:
        """The same value, its interval reaching as far as that of another estimate of the same quantity."""
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return self
        return Estimate(self.value, min(self.low, other.low), max(self.high, other.high))


def interval(value: float, deviation: np.ndarray) -> Estimate:
    """Student interval on the log scale.

    Parameters
    ----------
    value : float
    deviation : ndarray, shape (n_blocks,)
        What each block adds to the error of `value`; the squares sum to its variance.
    """
    n = deviation.size
    if n < 3 or not np.isfinite(deviation).all() or not np.isfinite(value) or value <= 0:
        return Estimate(value)
    error = float(np.sqrt(np.sum(deviation**2)))
    t = float(stats.t.ppf(0.5 + LEVEL / 2, degrees_of_freedom(deviation)))
    factor = float(np.exp(min(t * error / value, 700.0)))
    return Estimate(value, value / factor, value * factor)


def degrees_of_freedom(deviation: np.ndarray) -> float:
    """Of the error of a sum of block deviations: blocks - 1, fewer where a few blocks make most of it.

    Three times the effective number of squares less one, since normal deviations have E[r**4] = 3 E[r**2]**2:
    a field whose error comes from two or three blocks with coarse grains knows its error badly.
    """
    n, fourth = deviation.size, float(np.sum(deviation**4))
    if fourth <= 0:
        return float(n - 1)
    return float(np.clip(3 * np.sum(deviation**2) ** 2 / fourth - 1, 1, n - 1))


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> Estimate:
    """Ratio of block totals, sum(numerator) / sum(denominator), both of shape (n_blocks,)."""
    total = float(denominator.sum())
    if total == 0:
        return Estimate(float("nan"))
    value = float(numerator.sum()) / total
    used = denominator != 0
    n = int(np.count_nonzero(used))
    residual = (numerator - value * denominator)[used]
    return interval(value, residual * np.sqrt(n / max(n - 1, 1)) / abs(total))


def jackknife(statistic: Callable[[np.ndarray], np.ndarray], n_blocks: int) -> list[Estimate]:
    """Each component of `statistic(block weights)` with its interval by deleting one block at a time."""
    values = statistic(np.ones(n_blocks))
    without = np.stack([statistic(1.0 - np.eye(1, n_blocks, b)[0]) for b in range(n_blocks)])
    deviation = (without - without.mean(axis=0)) * np.sqrt((n_blocks - 1) / n_blocks)
    return [interval(float(v), r) for v, r in zip(values, deviation.T, strict=True)]


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Value below which `share` of the weight lies, interpolated between midpoints of the weights."""
    if values.size == 0 or weights.sum() <= 0:
        return float("nan")
    order = np.argsort(values)
    x, w = values[order], weights[order]
    return float(np.interp(share, (np.cumsum(w) - w / 2) / w.sum(), x))


def median(values: np.ndarray, weights: np.ndarray, block: np.ndarray, n_blocks: int) -> Estimate:
    """Weighted median with Woodruff's interval: the interval of the share below it, read back as lengths."""
    value = weighted_quantile(values, weights, 0.5)
    if not np.isfinite(value):
        return Estimate(value)
    below = np.bincount(block, weights * (values <= value), n_blocks)
    total = np.bincount(block, weights, n_blocks)
    n = int(np.count_nonzero(total))
    if n < 3:
        return Estimate(value)
    residual = below - 0.5 * total
    error = float(np.sqrt(np.sum((residual - residual.mean()) ** 2) * n / (n - 1)) / total.sum())
    half = min(0.49, float(stats.t.ppf(0.5 + LEVEL / 2, n - 1)) * error)
    low, high = (weighted_quantile(values, weights, share) for share in (0.5 - half, 0.5 + half))
    return Estimate(value, low, high)
