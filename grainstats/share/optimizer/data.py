"""What the optimizer learns from: parameters, features and one objective of every experiment so far."""

from dataclasses import dataclass, replace
from itertools import compress
from typing import Self

import numpy as np

MINIMUM = 4  #: fewer measured experiments than this fit no model


ROUNDING = 1e-9  #: of the largest value: a smaller spread of the objective is none


@dataclass(frozen=True, eq=False)
class Experiments:
    """The campaign so far, for one objective."""

    ids: tuple[str, ...]  #: samples
    x: np.ndarray  #: shape (n, d): process parameters, encoded to the unit cube (`Space.encode`)
    #: shape (n, k): microstructure features on the scale they are modelled on (logarithm of lengths); NaN
    #: where missing
    features: np.ndarray
    feature_variance: np.ndarray  #: shape (n, k): known measurement variance on that scale; 0 where unknown
    feature_names: tuple[str, ...]
    feature_logs: tuple[bool, ...]  #: which features are logarithms
    y: np.ndarray  #: shape (n,): the objective; NaN where not measured
    y_variance: np.ndarray  #: shape (n,): known variance of the objective; 0 where unknown

    @property
    def measured(self) -> np.ndarray:
        """Bool of shape (n,): the objective is known."""
        return np.isfinite(self.y)

    def only(self, keep: np.ndarray) -> Self:
        """These rows alone."""
        by_row = ("x", "features", "feature_variance", "y", "y_variance")
        kept = {name: getattr(self, name)[keep] for name in by_row}
        return replace(self, ids=tuple(compress(self.ids, keep)), **kept)

    @property
    def spread(self) -> float:
        """Standard deviation of the measured objective; 1 where it does not vary."""
        y = self.y[self.measured]
        spread = float(y.std()) if y.size else 0.0
        return spread if spread > ROUNDING * float(np.abs(y).max(initial=0.0)) else 1.0

    def in_units_of(self, unit: float) -> Self:
        """The objective over `unit`; below 0, so that minimising is maximising."""
        return replace(self, y=self.y / unit, y_variance=self.y_variance / unit**2)
