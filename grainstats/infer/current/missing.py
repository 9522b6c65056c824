"""What missed boundaries add to the current, from taking more of them away.

A segmentation that misses a share m of the boundaries reads a current that is too high, by a factor that the
map itself tells: take as large a share of the found boundaries away, at random, and see how much the current
rises.  The rise is close to linear in m (1.12 -> 1.13, 1.15, 1.16, 1.21 at 2, 5, 10, 16 % of a
Poisson-Voronoi mosaic), so that the same factor leads back.
"""

from __future__ import annotations

import numpy as np

from segment.errors import InputError

MOST = 0.3  #: share of missed boundaries beyond which the map says too little of the network


def check_missed(share: float) -> float:
    """The share, or an error.

    Raises
    ------
    InputError
        Outside 0 ... 0.3.
    """
    if not 0 <= share <= MOST:
        raise InputError("missed share", f"{share:g} is not between 0 and {MOST:g}", "Give e.g. 0.05 for 5 %")
    return share


def without_some(boundary: np.ndarray, missed: float, rng: np.random.Generator) -> np.ndarray:
    """What pairs of grains carry after a share `missed` of them is taken for no boundary (inf)."""
    return np.where(rng.random(boundary.size) < missed, np.inf, boundary)


def correction(found: np.ndarray, with_more_missing: np.ndarray) -> float:
    """Factor from the current of the found boundaries to that of all, at most 1.

    Parameters
    ----------
    found, with_more_missing : ndarray
        Currents of the same draws, without and with more boundaries taken away.
    """
    usable = np.isfinite(found) & np.isfinite(with_more_missing) & (with_more_missing > 0)
    if not usable.any():
        return 1.0
    return float(min(found[usable].mean() / with_more_missing[usable].mean(), 1.0))
