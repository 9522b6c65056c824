"""Intervals from blocks: neighbouring grains depend on each other, blocks of grains hardly do.

An image is cut into blocks a few grains wide.  A grain with all that lies in it belongs to one block.  Every
quantity is a ratio of block totals (or a function of block weights), its standard error comes from the
linearised ratio or the delete-one-block jackknife, and its interval from Student's t, corrected for skewness,
with at most one degree of freedom less than blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

_LEVEL = 0.95  #: of every interval
MODEL_DEGREES = 5.0  #: what a model's standard error weighs beside that of the blocks


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

    def between(self, other: Estimate) -> Estimate:
        """The same value, the ends of its interval half-way (on the log scale) to those of another estimate.

        For two estimates of one quantity of which one is known to fall short and the other to exceed.
        """
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return self
        low, high = float(np.sqrt(self.low * other.low)), float(np.sqrt(self.high * other.high))
        return Estimate(self.value, min(self.value, low), max(self.value, high))

    def widened(self, other: Estimate) -> Estimate:
        """The same value, its interval reaching as far as that of another estimate of the same quantity."""
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return self
        return Estimate(self.value, min(self.low, other.low), max(self.high, other.high))


def interval(value: float, deviation: np.ndarray, bias: float = 0.0) -> Estimate:
    """Student interval on the log scale, reaching further where the scatter of the blocks is skew.

    `deviation`, shape (n_blocks,): what each block adds to the error of log `value`; the squares sum to its
    variance.  `bias`: known error of log `value`; the interval also reaches as far as that of the value freed
    from it.
    """
    if deviation.size < 3 or not np.isfinite([value, bias, *deviation]).all() or value <= 0:
        return Estimate(value)
    below, above = reach(deviation)
    low, high = below + max(bias, 0.0), above + max(-bias, 0.0)
    return Estimate(value, value * float(np.exp(-min(low, 700.0))), value * float(np.exp(min(high, 700.0))))


def reach(deviation: np.ndarray) -> tuple[float, float]:
    """How far a 95 % interval reaches below and above an estimate whose blocks deviate so much.

    Student's t, and on the side to which the deviations are skew the first term of Cornish and Fisher for a
    studentised mean, s (2 t**2 + 1) / 6 (Hall 1992), s being the skewness of the sum: where a few blocks with
    coarse grains make the estimate, a field that has too few of them also shows too small a scatter, and its
    interval would end short of the truth.  The other side keeps its t, since s itself is known badly.
    """
    error = float(np.sqrt(np.sum(deviation**2)))
    if error == 0:
        return 0.0, 0.0
    t = float(special.stdtrit(degrees_of_freedom(deviation), 0.5 + _LEVEL / 2))  # Student's t
    skew = float(np.sum((deviation / error) ** 3)) * (2 * t**2 + 1) / 6
    return (t + max(-skew, 0.0)) * error, (t + max(skew, 0.0)) * error


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
    if value == 0:
        return Estimate(value)
    return interval(value, ratio_deviation(numerator, denominator, value) / value)


def share(part: np.ndarray, whole: np.ndarray) -> Estimate:
    """`ratio` of a part to its whole: the interval ends at 1."""
    found = ratio(part, whole)
    if found.high is None:
        return found
    return Estimate(found.value, found.low, min(found.high, 1.0))


def ratio_deviation(numerator: np.ndarray, denominator: np.ndarray, value: float) -> np.ndarray:
    """What each block that counts adds to the error of a ratio (linearised), shape (n_used,)."""
    used = denominator != 0
    n = int(np.count_nonzero(used))
    residual = (numerator - value * denominator)[used]
    return residual * np.sqrt(n / max(n - 1, 1)) / abs(float(denominator.sum()))


def without_each(statistic: Callable[[np.ndarray], np.ndarray], n_blocks: int) -> np.ndarray:
    """`statistic(block weights)` with one block deleted at a time, shape (n_blocks, ...)."""
    return np.stack([statistic(1.0 - np.eye(1, n_blocks, b)[0]) for b in range(n_blocks)])


def jackknife_deviation(without: np.ndarray) -> np.ndarray:
    """What each block adds to the error of statistics, from their values without it; of the same shape."""
    n = len(without)
    return (without.mean(axis=0) - without) * np.sqrt((n - 1) / n)


def jackknife(value: float, without: np.ndarray, expected_error: float = 0.0) -> Estimate:
    """A positive statistic with its interval, from its values without each block, shape (n_blocks,).

    `expected_error`: standard error of log `value` that a model expects; see `steadied`.
    """
    if not (value > 0 and np.all(without > 0)):
        return Estimate(value)
    log = np.log(without)
    bias = (log.size - 1) * (float(log.mean()) - float(np.log(value)))
    return interval(value, steadied(jackknife_deviation(log), expected_error), bias)


def steadied(deviation: np.ndarray, expected_error: float) -> np.ndarray:
    """Block deviations, enlarged where a model expects a larger error than they show.

    Log errors are averaged, that of the blocks counting as many degrees of freedom as it has, the model
    `MODEL_DEGREES` (a generalised variance function, Wolter 2007).  The result never shrinks.
    """
    error = float(np.sqrt(np.sum(deviation**2)))
    if not (error > 0 and np.isfinite(expected_error) and expected_error > error):
        return deviation
    weight = MODEL_DEGREES / (MODEL_DEGREES + degrees_of_freedom(deviation))
    return deviation * (expected_error / error) ** weight


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Value below which `share` of the weight lies, interpolated between midpoints of the weights."""
    if values.size == 0 or weights.sum() <= 0:
        return float("nan")
    order = np.argsort(values)
    x, w = values[order], weights[order]
    return float(np.interp(share, (np.cumsum(w) - w / 2) / w.sum(), x))


def median(values: np.ndarray, weights: np.ndarray, block: np.ndarray, n_blocks: int) -> Estimate:
    """Weighted median with Woodruff's interval."""
    value = weighted_quantile(values, weights, 0.5)
    if not np.isfinite(value):
        return Estimate(value)
    below = np.bincount(block, weights * (values <= value), n_blocks)
    deviation = ratio_deviation(below, np.bincount(block, weights, n_blocks), 0.5)
    return woodruff(value, deviation, lambda share: weighted_quantile(values, weights, share))


def woodruff(value: float, deviation: np.ndarray, quantile: Callable[[float], float]) -> Estimate:
    """A median with the interval of the share below it, read back as lengths (Woodruff 1952).

    `deviation`, shape (n_blocks,): what each block adds to the error of the share below `value`.
    """
    if deviation.size < 3 or not np.isfinite(deviation).all():
        return Estimate(value)
    below, above = (min(0.49, distance) for distance in reach(deviation))
    return Estimate(value, min(value, quantile(0.5 - above)), max(value, quantile(0.5 + below)))
