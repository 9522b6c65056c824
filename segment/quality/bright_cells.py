"""Cells far brighter than all others: dust, charged particles or a second phase taken for grains.

Grains differ in grey too, by orientation or thickness, but without a gap between the brightest few and the
rest.  Dark cells are not judged: a few grains of a bright-field image are always nearly black.
"""

from __future__ import annotations

import numpy as np

#: least gap in mean grey between the bright cells and the next, in standard deviations of the others: below
#: 1 in 199 micrographs without such particles; .95 to 5.7 in three with drawn dust
GAP = 1.2
SHARE = (0.01, 0.25)  #: of the cells' area: less changes no mean, more may be one of two phases; judgement
FEWEST_CELLS = 30  #: to know how grains differ in grey; judgement
LEAST_PX = 30  #: of a cell whose grey is judged; judgement

BRIGHT = "far brighter than all others"  #: what every warning about such cells says


def bright_cell_warnings(image: np.ndarray, labels: np.ndarray) -> tuple[str, ...]:
    """What to know where some cells (int32, 0 for none) stand apart by their grey."""
    area = np.bincount(labels.ravel()).astype(float)
    area[0] = 0
    judged = area >= LEAST_PX
    if np.count_nonzero(judged) < FEWEST_CELLS:
        return ()
    grey = np.bincount(labels.ravel(), image.ravel(), area.size)[judged] / area[judged]
    order = np.argsort(grey)
    grey, area = grey[order], area[judged][order]
    share = area[::-1].cumsum()[::-1] / area.sum()
    for first in np.flatnonzero((share >= SHARE[0]) & (share <= SHARE[1])):
        if first and grey[first] - grey[first - 1] > GAP * grey[:first].std():
            n = len(grey) - first
            few = "1 cell" if n == 1 else f"{n} cells"
            return (
                f"{few} ({share[first]:.0%} of their area) {'is' if n == 1 else 'are'} {BRIGHT}: dust, "
                "charged particles or a second phase? --voids bright (recipe: voids) leaves them out",
            )
    return ()
