"""Do the boundaries prefer a direction?  From the directions of all boundary pieces, without test lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from grainstats.measure.measurement import Measurement, block_offsets
from grainstats.measure.network.smoothing import without_ripple

BINS = 180  #: of boundary direction over the half-circle


@dataclass(frozen=True)
class Anisotropy:
    """Second harmonic of boundary direction.

    Attributes
    ----------
    index : float
        Length of the mean of exp(2 i phi) over boundary length: 0 isotropic, 1 all parallel.
    direction_deg : float
        Direction in which the grains are elongated, degrees counter-clockwise from +x, 0 ... 180.
    intercept_ratio : float
        Longest over shortest mean intercept of all directions; P_L(theta) is the boundary length projected
        across theta, over the area.
    p_value : float or None
        Hotelling's T2 of the harmonic over blocks against "no preferred direction"; None below four blocks.
    n_blocks : int
    """

    index: float
    direction_deg: float
    intercept_ratio: float
    p_value: float | None
    n_blocks: int


def anisotropy(measurements: Sequence[Measurement]) -> Anisotropy:
    """Preferred direction of the boundaries of one sample (grain and phase boundaries)."""
    offsets, n_blocks = block_offsets(measurements)
    length, harmonic = np.zeros(n_blocks), np.zeros((n_blocks, 2))
    histogram = np.zeros(BINS)
    for k, (m, offset) in enumerate(zip(measurements, offsets, strict=True)):
        size, angle, middle = _directions(m)
        block = np.full(size.size, k) if offset is None else m.grid.block_of(*middle.T) + offset
        length += np.bincount(block, size, n_blocks)
        harmonic[:, 0] += np.bincount(block, size * np.cos(2 * angle), n_blocks)
        harmonic[:, 1] += np.bincount(block, size * np.sin(2 * angle), n_blocks)
        place = np.floor(angle / np.pi * BINS).astype(np.int64) % BINS
        histogram += np.bincount(place, size, BINS)
    if not length.sum() > 0:
        return Anisotropy(np.nan, np.nan, np.nan, None, n_blocks)
    mean = harmonic.sum(axis=0) / length.sum()
    return Anisotropy(
        index=float(np.hypot(*mean)),
        direction_deg=float(np.rad2deg(np.arctan2(mean[1], mean[0])) / 2 % 180),
        intercept_ratio=_intercept_ratio(histogram),
        p_value=_hotelling(length, harmonic),
        n_blocks=n_blocks,
    )


def _directions(m: Measurement) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Length in `unit`, direction (0 ... pi, counter-clockwise from +x) and middle of each boundary piece."""
    network = m.network
    real = (network.segments["kind"] != "frame").to_numpy()
    edge = network.edge if real.all() else network.edge[real[network.edge_segment]]
    position = without_ripple(network.position, edge)
    a, b = (position[edge[:, k]] for k in (0, 1))
    dy, dx = (b - a).T
    return np.hypot(dy, dx) * m.pixel_size, np.arctan2(-dy, dx) % np.pi, (a + b) / 2


def _intercept_ratio(histogram: np.ndarray) -> float:
    angle = (np.arange(BINS) + 0.5) * np.pi / BINS
    crossings = np.abs(np.sin(angle[:, None] - angle[None, :])) @ histogram
    return float(crossings.max() / crossings.min()) if crossings.min() > 0 else float("inf")


def _hotelling(length: np.ndarray, harmonic: np.ndarray) -> float | None:
    """P-value of the mean harmonic, from the scatter of block harmonics about it."""
    used = length > 0
    n = int(np.count_nonzero(used))
    if n < 4:
        return None
    mean = harmonic.sum(axis=0) / length.sum()
    residual = harmonic[used] - length[used, None] * mean
    covariance = residual.T @ residual * n / (n - 1) / length.sum() ** 2
    if np.linalg.det(covariance) <= 1e-30:
        return None
    t2 = float(mean @ np.linalg.solve(covariance, mean))
    return float(special.fdtrc(2, n - 2, t2 * (n - 2) / (2 * (n - 1))))  # tail of Fisher's F
