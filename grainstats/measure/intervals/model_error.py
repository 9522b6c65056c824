"""Standard errors to expect of chord statistics that rare large grains make.

The blocks of a field that happens to show no large grain scatter little, so that its standard error is too
small just where its estimate is too low.  A log-normal population of the same spread tells what to expect:
n grains of diameter d, each met by a number of lines in proportion to d, with chords in proportion to d.
Sums over chords of length**k are then sums over grains of d**(k + 1), and all moments of d are known,
E[d**k] = exp(k**2 s / 2) with s the variance of log d, which is the same by number and by area.
"""

from __future__ import annotations

import numpy as np


def length_weighted_mean_error(spread: float, n_grains: float) -> float:
    """Standard error of the log of sum d**3 / sum d**2 over `n_grains`; `spread`: variance of log d."""
    variance = np.exp(9 * spread) - 2 * np.exp(6 * spread) + np.exp(4 * spread)
    return _error(variance, n_grains)


def chord_cv_error(cv: float, spread: float, n_grains: float) -> float:
    """Standard error of the log of the chords' coefficient of variation, cv**2 + 1 = S3 S1 / S2**2."""
    terms = ((1, 9), (1, 1), (4, 4), (2, 3), (-4, 6), (-4, 2))
    variance = sum(factor * np.exp(power * spread) for factor, power in terms)
    return _error(variance, n_grains) * (1 + cv**2) / (2 * cv**2) if cv > 0 else float("nan")


def _error(variance: float, n_grains: float) -> float:
    return float(np.sqrt(max(variance, 0.0) / n_grains)) if n_grains > 0 else float("nan")
