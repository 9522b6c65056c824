"""What orientation maps add to a grain map: crystal phases, and every grain's mean orientation and phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class CrystalPhase:
    """One phase as a file's header declares it.

    Examples
    --------
    >>> CrystalPhase(1, "Ba122", "4/mmm").laue_group
    '4/mmm'
    """

    id: int  #: number in `OrientationMap.phase`, 1 or more; 0 means "not indexed"
    name: str
    laue_group: str  #: one of `segment.orientation.symmetry.LAUE_GROUPS`, such as ``"m-3m"``
    #: a, b, c in ångström and alpha, beta, gamma in degrees, where given
    lattice: tuple[float, ...] | None = None
    #: the two-fold axis of 2/m.  Other groups ignore it
    unique_axis: Literal["a", "b", "c"] = "b"


@dataclass(frozen=True, eq=False)
class GrainOrientations:
    """Orientations by grain label."""

    #: float64, shape (n_grains + 1, 4): by label, NaN for 0; the convention is that of `OrientationMap`
    quaternions: np.ndarray
    phase: np.ndarray  #: int32, shape (n_grains + 1,): `CrystalPhase.id`; 0 for label 0
    phases: tuple[CrystalPhase, ...]
    threshold_deg: float  #: misorientation from which two points belong to different grains

    def select(self, kept: np.ndarray) -> GrainOrientations:
        """The same for some labels, which become 1 ... n in the order of `kept`."""
        index = np.concatenate([[0], kept])
        return GrainOrientations(self.quaternions[index], self.phase[index], self.phases, self.threshold_deg)
