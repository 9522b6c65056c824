"""Largest and smallest Feret diameter of all grains at once, from the ends of their runs."""

from __future__ import annotations

import numpy as np

from grainstats.measure.grains.run_lengths import Runs

COARSE_ANGLES = 36  #: steps of 5 degrees
REFINEMENTS = 7  #: golden sections of a bracket: 10 degrees become .34, an error of the width below 2e-5
RUNS_AT_A_TIME = 30_000  #: bounds the memory of the projections
GOLDEN = (np.sqrt(5) - 1) / 2  #: golden section


def _width(runs: Runs, angle: np.ndarray) -> np.ndarray:
    """Caliper width of each grain across its own direction `angle` (0 ... pi), pixels.

    A pixel counts as the diamond of its four edge midpoints, so that a smooth outline is met without bias and
    an upright n x n square is n wide.
    """
    sizes = np.diff(runs.start, append=runs.label.size)
    uy, ux = np.sin(angle), np.cos(angle)
    y, cos = runs.row * np.repeat(uy, sizes), np.repeat(ux, sizes)
    right = np.where(cos >= 0, runs.last, runs.first)
    left = np.where(cos >= 0, runs.first, runs.last)
    top = np.maximum.reduceat(y + right * cos, runs.start)
    bottom = np.minimum.reduceat(y + left * cos, runs.start)
    return top - bottom + np.maximum(np.abs(uy), np.abs(ux))


def _refine(runs: Runs, centre: np.ndarray, half: float, sign: float) -> np.ndarray:
    """Golden-section search of the minimum of sign * width around `centre`."""
    low, high = centre - half, centre + half
    a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    fa, fb = sign * _width(runs, a), sign * _width(runs, b)
    best = np.minimum(fa, fb)
    for _ in range(REFINEMENTS):
        left = fa < fb
        low, high = np.where(left, low, a), np.where(left, b, high)
        probe = np.where(left, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        value = sign * _width(runs, probe)
        a, b, fa, fb = (
            np.where(left, probe, b),
            np.where(left, a, probe),
            np.where(left, value, fb),
            np.where(left, fa, value),
        )
        best = np.minimum(best, value)
    return sign * best


def feret_diameters(runs: Runs) -> tuple[np.ndarray, np.ndarray]:
    """Largest and smallest Feret diameter in pixels, in the order of `runs.present`.

    Some thousand runs are handled at a time: what fits the processor's cache is gone over fifty times.
    """
    if runs.present.size == 0:
        return np.zeros(0), np.zeros(0)
    found = [_diameters(part) for part in runs.in_parts(RUNS_AT_A_TIME)]
    return np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found])


def _diameters(runs: Runs) -> tuple[np.ndarray, np.ndarray]:
    n = runs.present.size
    angles = np.arange(COARSE_ANGLES) * np.pi / COARSE_ANGLES
    widths = np.stack([_width(runs, np.full(n, angle)) for angle in angles])
    half = np.pi / COARSE_ANGLES
    largest = _refine(runs, angles[widths.argmax(axis=0)], half, -1.0)
    smallest = _refine(runs, angles[widths.argmin(axis=0)], half, 1.0)
    return np.maximum(largest, widths.max(axis=0)), np.minimum(smallest, widths.min(axis=0))
