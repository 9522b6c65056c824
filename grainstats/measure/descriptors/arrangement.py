"""Are coarse and fine grains mixed at random, or do they stand in clusters?

Sizes of direct neighbours depend on each other in any mosaic (in random sections a large grain has small
neighbours, Moran's I about -0.1; in a plane Poisson-Voronoi mosaic it is +0.4), so that shuffling sizes over
grains is no fair null there.  Neighbours of neighbours are nearly free of that: the test uses the second
shell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from grainstats.measure.measurement import Measurement

FEWEST_GRAINS = 30  #: for an autocorrelation; its SD is then about .18 (1 / sqrt n)


@dataclass(frozen=True)
class Arrangement:
    """Spatial order of log grain size.

    Attributes
    ----------
    moran_i : float
        Moran's I of second neighbours; about 0 when coarse and fine grains are mixed at random.
    p_clustered : float or None
        One-sided p of `moran_i` under random exchange of sizes (moments of Cliff and Ord); None below 30
        interior grains.
    n_grains : int
    """

    moran_i: float
    p_clustered: float | None
    n_grains: int


def arrangement(measured: Measurement) -> Arrangement:
    """Spatial arrangement of the interior grains of one map."""
    z, first = _sizes_and_neighbours(measured)
    if z.size < 3 or first.nnz == 0 or np.ptp(z) == 0:
        return Arrangement(np.nan, None, z.size)
    second = _second_shell(first)
    value = moran(z, second)
    p = None
    if z.size >= FEWEST_GRAINS and np.isfinite(value):
        expected, error = randomisation_moments(z, second)
        p = float(special.ndtr((expected - value) / error))  # upper tail of the normal law
    return Arrangement(value, p, z.size)


def _sizes_and_neighbours(m: Measurement) -> tuple[np.ndarray, sparse.csr_array]:
    """Log diameter of the interior grains, and the 0/1 matrix of shared boundaries."""
    inner = m.grains[~m.grains["touches_frame"]]
    number = np.full(int(m.grains["label"].max() if len(m.grains) else 0) + 1, -1)
    number[inner["label"]] = np.arange(len(inner))
    segments = m.network.segments
    pair = number[segments.loc[segments["kind"] == "grain", ["label_a", "label_b"]].to_numpy()]
    i, j = pair[(pair >= 0).all(axis=1)].T
    n = len(inner)
    matrix = sparse.csr_array((np.ones(2 * i.size), (np.r_[i, j], np.r_[j, i])), shape=(n, n))
    matrix.data[:] = 1.0
    return np.log(inner[f"equivalent_diameter_{m.unit}"].to_numpy()), matrix


def _second_shell(first: sparse.csr_array) -> sparse.csr_array:
    """Neighbours of neighbours that are not neighbours themselves."""
    two = sparse.csr_array(first @ first)
    two.data[:] = 1.0
    two = sparse.csr_array(two - two.multiply(first))
    two.setdiag(0)
    two.eliminate_zeros()
    return two


def moran(z: np.ndarray, weights: sparse.csr_array) -> float:
    """Moran's I of values `z`, shape (n,), under symmetric weights (n, n)."""
    centred = z - z.mean()
    total = weights.sum()
    if total == 0:
        return float("nan")
    return float(z.size / total * (centred @ (weights @ centred)) / (centred @ centred))


def randomisation_moments(z: np.ndarray, weights: sparse.csr_array) -> tuple[float, float]:
    """Mean and standard deviation of Moran's I when values are exchanged at random (Cliff and Ord 1981)."""
    n = z.size
    s0 = weights.sum()
    s1 = 2.0 * weights.multiply(weights).sum()
    s2 = 4.0 * float(np.sum(np.asarray(weights.sum(axis=1)).ravel() ** 2))
    centred = z - z.mean()
    b2 = n * np.sum(centred**4) / np.sum(centred**2) ** 2
    expected = -1.0 / (n - 1)
    first = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    second = b2 * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    variance = (first - second) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2
    return expected, float(np.sqrt(max(variance, 1e-300)))
