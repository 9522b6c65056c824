"""Do the boundaries prefer a direction?  From the directions of all boundary pieces, without test lines."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from grainstats.measure.measurement import Measurement
from grainstats.measure.network.graph import FRAME, without_ripple

_BINS = 180  #: of boundary direction over the half-circle


@dataclass(frozen=True)
class Anisotropy:
    """Second harmonic of boundary direction."""

    index: float  #: length of the mean of exp(2 i phi) over boundary length: 0 isotropic, 1 all parallel
    #: direction in which the grains are elongated, degrees counter-clockwise from +x, 0 ... 180
    direction_deg: float
    #: longest over shortest mean intercept of all directions; P_L(theta) is the boundary length projected
    #: across theta, over the area
    intercept_ratio: float
    #: Hotelling's T2 of the harmonic over blocks against "no preferred direction"; None below four blocks
    p_value: float | None
    n_blocks: int


def anisotropy(measured: Measurement) -> Anisotropy:
    """Preferred direction of the boundaries of one map (grain and phase boundaries)."""
    n_blocks = measured.grid.n_blocks
    size, angle, middle = _directions(measured)
    block = measured.grid.block_of(*middle.T)
    length = np.bincount(block, size, n_blocks)
    turns = (np.cos(2 * angle), np.sin(2 * angle))
    harmonic = np.column_stack([np.bincount(block, size * turn, n_blocks) for turn in turns])
    histogram = np.bincount(np.floor(angle / np.pi * _BINS).astype(np.int64) % _BINS, size, _BINS)
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
    real = network.kind != FRAME
    edge = network.edge if real.all() else network.edge[real[network.edge_segment]]
    position = without_ripple(network.position, edge)
    a, b = (position[edge[:, k]] for k in (0, 1))
    dy, dx = (b - a).T
    return np.hypot(dy, dx) * m.pixel_size, np.arctan2(-dy, dx) % np.pi, (a + b) / 2


def _intercept_ratio(histogram: np.ndarray) -> float:
    angle = (np.arange(_BINS) + 0.5) * np.pi / _BINS
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
