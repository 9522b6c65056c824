"""The standards' words beside the verdict: duplex class (ASTM E1181), delta G, largest grain (E930)."""

from __future__ import annotations

import numpy as np

from grainstats.infer.modality.distribution import SizeDistribution
from grainstats.infer.modality.modes import Modes
from grainstats.measure.spacing.astm import g_from_area

ALA_NUMBERS = 3.0  # E930: an outlier grain is at least 3 ASTM numbers coarser than the rest ...
ALA_SHARE = 0.05  # ... and such grains hold at most 5 % of the area
# E1181: the wide-range condition spans at least 5 ASTM numbers; sections of grains of one size span that
# already (4.7 for 99 % of the area), so 2.5 more; judgement
WIDE_NUMBERS = 7.5
BIMODAL_NUMBERS = 4.0  # E1181: two sizes at least 4 ASTM numbers apart


def delta_g(ratio: float | None) -> float | None:
    """Difference of two ASTM grain size numbers whose lengths have this ratio: 2 log2(ratio)."""
    return None if ratio is None else float(2 * np.log2(ratio))


def largest_grain_g(diameter_nm: np.ndarray) -> float:
    """ASTM G of the largest grain seen (E930), from its area; cut grains count with their visible part."""
    return g_from_area(np.pi / 4 * float(diameter_nm.max()) ** 2)


def duplex_class(distribution: SizeDistribution, modes: Modes | None) -> str:
    """Class after ASTM E1181, judged from area fractions; `modes` only where the verdict is bimodal.

    Random classes only: the topological ones (banding, necklace, germinant) need the places of the grains.
    """
    number = -2 * distribution.log_size / np.log(2)  # G up to a constant, descending
    cumulated = np.cumsum(distribution.mass)
    middle = number[np.searchsorted(cumulated, 0.5)]
    coarse = distribution.mass[number <= middle - ALA_NUMBERS].sum()
    low, high = number[np.searchsorted(cumulated, [0.005, 0.995]).clip(max=len(number) - 1)]
    apart = delta_g(modes.ratio) if modes is not None else None
    if apart is not None and apart >= BIMODAL_NUMBERS:
        return "duplex, bimodal"
    if 0 < coarse <= ALA_SHARE:
        return "duplex, isolated coarse grains (ALA)"
    if low - high >= WIDE_NUMBERS:
        return "duplex, wide range"
    return "not duplex"
