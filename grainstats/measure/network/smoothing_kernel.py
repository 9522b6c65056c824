"""The compiled loop of `grainstats.measure.network.smoothing`."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def smooth(
    position: np.ndarray, moved: np.ndarray, first: np.ndarray, neighbour: np.ndarray, step: float
) -> None:
    """Write into `moved` each node's position, shifted by `step` of the way to the mean of its neighbours.

    The neighbours of node k are ``neighbour[first[k] : first[k + 1]]``; a node without any stays.
    """
    for k in range(position.shape[0]):
        y, x, count = 0.0, 0.0, first[k + 1] - first[k]
        for at in range(first[k], first[k + 1]):
            y += position[neighbour[at], 0]
            x += position[neighbour[at], 1]
        share = step / max(count, 1)
        moved[k, 0] = position[k, 0] + share * (y - count * position[k, 0])
        moved[k, 1] = position[k, 1] + share * (x - count * position[k, 1])
