"""Both distributions that a network has: of grain size by area, of boundary spacing by line length.

A random point of the specimen lies in a grain of some size, and on a test line in an intercept of some
length. What the frame cuts is at least as large as what is seen of it (product-limit estimates).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from grainstats.measure.intervals.size_distribution import size_shares
from grainstats.measure.intervals.sizes import ascending
from grainstats.measure.spacing.chords import chords_of

PER_OCTAVE = 4  #: classes to a factor of two in length


def distributions(grains: pd.DataFrame, intercepts: pd.DataFrame, unit: str) -> dict[str, dict[str, Any]]:
    """Shares by class of length, the classes a quarter of an octave wide.

    Parameters
    ----------
    grains, intercepts : DataFrame
        Of one map or several; see `grain_table`, `intercept_table`.
    unit : {"nm", "px"}

    Returns
    -------
    dict
        ``equivalent_diameter_{u}`` and ``intercept_{u}``, each with ``edges`` (k + 1 ascending lengths),
        ``share`` (k shares of area or of line length; they sum to 1) and ``weighted_by``. Both empty where
        nothing is seen whole.
    """
    diameter, whole, _ = ascending(grains, unit)
    sizes = size_shares(diameter, whole)
    chords = chords_of(intercepts, unit)
    by_length = chords.mass * chords.length
    total = by_length.sum()
    return {
        f"equivalent_diameter_{unit}": _classes(sizes.diameter, sizes.mass, "area"),
        f"intercept_{unit}": _classes(chords.length, by_length / total if total > 0 else by_length, "length"),
    }


def _classes(length: np.ndarray, share: np.ndarray, weighted_by: str) -> dict[str, Any]:
    seen = share > 0
    if not seen.any():
        return {"edges": [], "share": [], "weighted_by": weighted_by}
    octave = np.log2(length[seen]) * PER_OCTAVE
    first, last = int(np.floor(octave.min())), int(np.floor(octave.max())) + 1
    edges = 2.0 ** (np.arange(first, last + 1) / PER_OCTAVE)
    counted = np.bincount(np.floor(octave).astype(int) - first, share[seen], last - first)
    return {"edges": edges.tolist(), "share": counted.tolist(), "weighted_by": weighted_by}
