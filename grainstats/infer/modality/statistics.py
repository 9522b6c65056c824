"""The test statistic of the uniform / bimodal question; large values speak for two populations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grainstats.infer.modality.distribution import SizeDistribution
from grainstats.infer.modality.shape_network import ShapeNetworks, shape_inputs, shape_scalars

STATISTICS = ("shape",)


def statistics_of(distributions: Sequence[SizeDistribution], networks: ShapeNetworks) -> np.ndarray:
    """Every statistic of every distribution, shape (n, len(STATISTICS)).

    ``shape`` is the score of a network that learned sections of one and of two populations.
    """
    grid = np.stack([d.on_grid() for d in distributions])
    counts = np.stack([d.counts() for d in distributions])
    return statistics_on_grid(grid, counts, shape_scalars(distributions), networks)


def statistics_on_grid(
    grid: np.ndarray, counts: np.ndarray, scalars: np.ndarray, networks: ShapeNetworks
) -> np.ndarray:
    """As `statistics_of`, from gridded masses (n, 145), counts (n, 27) and `shape_scalars` (n, 4)."""
    return networks.score(shape_inputs(grid, counts, scalars), np.exp(scalars[:, 1]))[:, None]
