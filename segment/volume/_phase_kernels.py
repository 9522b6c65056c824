"""Compiled passes that settle the phase of every voxel by its grey level and its neighbours."""

from __future__ import annotations

import numba
import numpy as np

CUBE = 4  #: voxels; levels are those of three cubes along each axis


@numba.njit(cache=True, nogil=True)
def local_levels(grey: np.ndarray, phase: np.ndarray, mean: np.ndarray, prior: float) -> np.ndarray:
    """Mean grey level of each phase around every cube of voxels, float32 of shape (z, y, x, 3).

    `prior` voxels of the level that a phase has in the whole stack are added to those that are there.
    """
    nz, ny, nx = [-(-n // CUBE) for n in grey.shape]
    total, count = np.zeros((nz, ny, nx, 3), np.int32), np.zeros((nz, ny, nx, 3), np.uint8)
    for z in range(grey.shape[0]):
        for y in range(grey.shape[1]):
            for x in range(grey.shape[2]):
                k = phase[z, y, x]
                total[z // CUBE, y // CUBE, x // CUBE, k] += grey[z, y, x]
                count[z // CUBE, y // CUBE, x // CUBE, k] += 1
    levels = np.empty((nz, ny, nx, 3), np.float32)
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                for k in range(3):
                    grey_sum, n = prior * mean[k], prior
                    for w in range(max(z - 1, 0), min(z + 2, nz)):
                        for v in range(max(y - 1, 0), min(y + 2, ny)):
                            for u in range(max(x - 1, 0), min(x + 2, nx)):
                                grey_sum += total[w, v, u, k]
                                n += count[w, v, u, k]
                    levels[z, y, x, k] = grey_sum / n
    return levels


@numba.njit(cache=True, nogil=True)
def median_departure(grey: np.ndarray, phase: np.ndarray, levels: np.ndarray) -> int:
    """Median distance, in whole grey levels, of every fifth voxel to the level of its phase around it."""
    count, n = np.zeros(256, np.int64), 0
    for z in range(grey.shape[0]):
        for y in range(grey.shape[1]):
            for x in range((y + z) % 5, grey.shape[2], 5):
                level = levels[z // CUBE, y // CUBE, x // CUBE, phase[z, y, x]]
                count[min(int(abs(grey[z, y, x] - level) + 0.5), 255)] += 1
                n += 1
    return int(np.searchsorted(np.cumsum(count), n / 2))


@numba.njit(cache=True, nogil=True)
def _amid_its_own(phase: np.ndarray, z: int, y: int, x: int) -> bool:
    """Are all six neighbours of the voxel's phase?"""
    nz, ny, nx = phase.shape
    own = phase[z, y, x]
    return bool(
        (z == 0 or phase[z - 1, y, x] == own)
        and (z + 1 == nz or phase[z + 1, y, x] == own)
        and (y == 0 or phase[z, y - 1, x] == own)
        and (y + 1 == ny or phase[z, y + 1, x] == own)
        and (x == 0 or phase[z, y, x - 1] == own)
        and (x + 1 == nx or phase[z, y, x + 1] == own)
    )


@numba.njit(cache=True, nogil=True)
def settle(grey: np.ndarray, phase: np.ndarray, levels: np.ndarray, variance: float, weight: float) -> int:
    """One sweep, in place, over the voxels at interfaces; returns how many changed.

    Each takes the phase of least (grey - level)^2 / (2 variance) - weight x votes.  Of the 26 neighbours each
    votes for its own phase with the inverse of its distance.
    """
    nz, ny, nx = grey.shape
    inverse_distance = np.array([0.0, 1.0, 2**-0.5, 3**-0.5])
    votes, changed = np.zeros(3), 0
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                if _amid_its_own(phase, z, y, x):
                    continue
                votes[:] = 0
                for w in range(max(z - 1, 0), min(z + 2, nz)):
                    for v in range(max(y - 1, 0), min(y + 2, ny)):
                        for u in range(max(x - 1, 0), min(x + 2, nx)):
                            votes[phase[w, v, u]] += inverse_distance[abs(w - z) + abs(v - y) + abs(u - x)]
                best, least = phase[z, y, x], np.inf
                for k in range(3):
                    if votes[k] == 0:
                        continue
                    step = grey[z, y, x] - levels[z // CUBE, y // CUBE, x // CUBE, k]
                    cost = step * step / (2 * variance) - weight * votes[k]
                    if cost < least:
                        best, least = k, cost
                changed += best != phase[z, y, x]
                phase[z, y, x] = best
    return changed
