"""What a border's mean probability is worth: the share of such borders that are boundaries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Reliability:
    """What share of the borders of a mean probability are boundaries: a rising table, straight in between."""

    stated: tuple[float, ...]  #: mean probability along a border, ascending
    true: tuple[float, ...]  #: share of such borders that are true, never falling

    def __call__(self, probability: np.ndarray) -> np.ndarray:
        """Calibrated confidence of mean probabilities, same shape; NaN stays."""
        return np.interp(probability, self.stated, self.true)
