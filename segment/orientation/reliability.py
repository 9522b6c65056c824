"""Which indexed points can be relied on, by what the vendor says of each."""

from __future__ import annotations

import numpy as np

from segment.orientation.orientation_map import OrientationMap

#: of 0 ... 1; above it 95 % of patterns of fcc metals are indexed rightly (Field, Ultramicroscopy 67, 1997)
MIN_CI = 0.1
#: of 0 ... 1: best against second best template; our choice, below the .15 of Rauch and Véron (2014), as
#: small grains are cleaned besides
MIN_RELIABILITY = 0.05
MAX_MAD_DEG = 2.0  #: our choice; acquisition software seldom keeps more
MOST = 0.5  #: a rule that takes more of the indexed points away does not fit the file, and is not used


def reliable_points(orientation_map: OrientationMap) -> tuple[np.ndarray, tuple[str, ...]]:
    """Indexed points whose confidence index, reliability and angular deviation are good enough; warnings.

    A rule that would take away more than half of the indexed points is not used, and that is said.
    """
    indexed = orientation_map.indexed
    reliable = indexed.copy()
    warnings = []
    for name, told, doubtful in _rules(orientation_map):
        taken = doubtful & indexed
        if taken.sum() > MOST * indexed.sum():
            share = taken.sum() / indexed.sum()
            warnings.append(f"{share:.0%} of the indexed points have {told}: the {name} is not used")
        else:
            reliable &= ~taken
    return reliable, tuple(warnings)


def _rules(orientation_map: OrientationMap) -> list[tuple[str, str, np.ndarray]]:
    known = orientation_map.properties
    rules = []
    if "ci" in known:
        rules.append(("confidence index", f"a confidence index below {MIN_CI:g}", known["ci"] < MIN_CI))
    if "reliability" in known:
        value = known["reliability"]
        least = MIN_RELIABILITY * (100 if np.nanmax(value, initial=0) > 1 else 1)
        rules.append(("reliability", f"a reliability below {least:g}", value < least))
    if "mad" in known:
        far = known["mad"] > MAX_MAD_DEG
        rules.append(("angular deviation", f"a mean angular deviation above {MAX_MAD_DEG:g} degrees", far))
    return rules
