"""The test statistics of the uniform / bimodal question; large values speak for two populations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grainstats.infer.distribution import SizeDistribution
from grainstats.infer.mixtures import critical_bandwidth, fit_two_normals

STATISTICS = ("likelihood_ratio", "critical_bandwidth")


def statistics_of(distributions: Sequence[SizeDistribution]) -> np.ndarray:
    """Every statistic of every distribution, shape (n, len(STATISTICS)).

    ``likelihood_ratio``: log of n_eff times the gain of two normals over one (a scaled weighted likelihood
    ratio); ``critical_bandwidth``: Silverman's, over the SD.
    """
    grid = np.stack([d.on_grid() for d in distributions])
    effective = np.array([d.n_eff for d in distributions])
    ratio = np.log(np.maximum(effective * fit_two_normals(grid).gain, 1e-3))
    return np.column_stack([ratio, critical_bandwidth(grid)])
