"""Are coarse and fine grains mixed at random, or do they stand in clusters?

Sizes of direct neighbours depend on each other in any mosaic (in random sections a large grain has small
neighbours, Moran's I about -0.1; in a plane Poisson-Voronoi mosaic it is +0.4), so that shuffling sizes over
grains is no fair null.  Neighbours of neighbours are nearly free of that, but not quite: shuffled sizes call
a quarter to two fifths of random films clustered.  So the test uses the second shell, against the largest
mean that random mosaics have there, and takes its error from blocks.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse, special

from grainstats.measure.intervals.block_bootstrap import degrees_of_freedom, ratio_deviation
from grainstats.measure.measurement import Measurement
from grainstats.measure.network.graph import GRAIN

_FEWEST_GRAINS = 30  #: for an autocorrelation; its SD is then about .18 (1 / sqrt n)
FEWEST_BLOCKS = 4  #: with grains, for its error
#: Moran's I of second neighbours that no random mosaic exceeds on average: sections -.02 to .01, films .02 to
#: .035, plane Poisson-Voronoi .03 (100 to 150 simulated maps a kind, standard error .002 to .004)
MIXED = 0.05


@dataclass(frozen=True)
class Arrangement:
    """Spatial order of log grain size."""

    #: Moran's I of second neighbours; -.02 to .04 when coarse and fine grains are mixed at random
    moran_i: float
    #: one-sided p of "`moran_i` is .05 at most", Student's t over blocks; None below 30 interior grains or
    #: four blocks
    p_clustered: float | None
    n_grains: int


def arrangement(measured: Measurement) -> Arrangement:
    """Spatial arrangement of the interior grains of one map."""
    inner = measured.grains[~measured.grains["touches_frame"]]
    z, first = _sizes_and_neighbours(measured, inner)
    if z.size < 3 or first.nnz == 0 or np.ptp(z) == 0:
        return Arrangement(np.nan, None, z.size)
    like, spread = moran_parts(z, _second_shell(first))
    value, p = float(like.sum() / spread.sum()), None
    if z.size >= _FEWEST_GRAINS and np.isfinite(value):
        block = measured.grid.block_of(inner["y_px"].to_numpy(), inner["x_px"].to_numpy())
        p = _p_of_more(value, *(np.bincount(block, part) for part in (like, spread)))
    return Arrangement(value, p, z.size)


def _p_of_more(value: float, like: np.ndarray, spread: np.ndarray) -> float | None:
    """p of a ratio of block totals that is not larger than `MIXED`."""
    deviation = ratio_deviation(like, spread, value)
    error = float(np.sqrt(np.sum(deviation**2)))
    if deviation.size < FEWEST_BLOCKS or error == 0:
        return None
    return float(special.stdtr(degrees_of_freedom(deviation), (MIXED - value) / error))


def _sizes_and_neighbours(m: Measurement, inner: pd.DataFrame) -> tuple[np.ndarray, sparse.csr_array]:
    """Log diameter of the interior grains, and the 0/1 matrix of shared boundaries."""
    number = np.full(int(m.grains["label"].max() if len(m.grains) else 0) + 1, -1)
    number[inner["label"].to_numpy()] = np.arange(len(inner))
    pair = number[m.network.sides[m.network.kind == GRAIN]]
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


def moran_parts(z: np.ndarray, weights: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """What each of the values `z` adds to both terms of Moran's I, shapes (n,); symmetric weights (n, n)."""
    centred, total = z - z.mean(), weights.sum()
    scale = z.size / total if total else np.nan
    return scale * centred * (weights @ centred), centred**2
