"""Reasons not to trust an answer, found in the answer itself, said in plain words.

What is plain to see (nothing there, nothing decided, hardly a cell) is said for every model.  Whether the
image shows grains at all, and whether boundaries are missing, is weighed as it was measured for the model's
weights (`segment.quality.calibration_table`), whether cells are none by what such cells look like
(`segment.quality.evidence`).  docs/explanation/confidence.md gives the rates.
"""

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.grain_map import GrainMap
from segment.quality.boundary_loss import SOUND
from segment.quality.calibration_table import Confidence
from segment.quality.evidence import JUDGED_PX, some_cells
from segment.quality.evidence_numbers import Evidence

NOTHING = 0.004  #: share of boundary pixels below which no grains are visible
AMBIGUOUS = 2.0  #: pixels of probability .2 ... .8 per boundary pixel: more in noise, .9 ... 1.9 in TBM crops
FEW_CELLS = 10  #: below which nothing can be said of a structure; judgement
MANY = 1 / 3  #: share of cells that are no grains from which it is said; rates: docs/validation

NO_GRAINS = "no grain boundaries are visible"
UNLIKE_GRAINS = "the image looks unlike a grain structure: the cells may mean nothing"
UNDECIDED = "the network is undecided over much of the image"  #: how the warning begins
SPURIOUS = "cells are probably no grains"  #: how every warning about cells of pits and scratches begins
MISSED = "boundaries are probably missing"  #: how every warning about merged grains begins
LATH = 3.0  #: length over width of a lath; judgement
#: share of the area in laths, and of that area more than `_APART` off their mean direction, from which it is
#: said: .59 and .30 in Ti-6Al-4V; in 173 other micrographs at most .43 and .10 (twinned brass), or .86 and 0
#: (stretched grains)
HALF, ACROSS = 0.5, 0.2
_APART = np.pi / 6  #: judgement

LATHS = "most of the area is laths"  #: how the warning begins

#: least gap in mean grey between the bright cells and the next, in standard deviations of the others: below
#: 1 in 199 micrographs without such particles; .95 to 5.7 in three with drawn dust
BRIGHT_GAP = 1.2
BRIGHT_SHARE = (
    0.01,
    0.25,
)  #: of the cells' area: less changes no mean, more may be one of two phases; judgement
_FEWEST_CELLS = 30  #: to know how grains differ in grey; judgement
_LEAST_PX = 30  #: of a cell whose grey is judged; judgement

BRIGHT = "far brighter than all others"  #: what every warning about such cells says


def probability_warnings(boundary_map: BoundaryMap) -> tuple[str, ...]:
    """Doubts that the probability alone raises: nothing there, or nothing decided."""
    probability, valid = boundary_map.probability, boundary_map.valid
    lines = np.count_nonzero(probability > 0.5)
    pixels = probability.size if valid is None else max(int(np.count_nonzero(valid)), 1)
    if lines < NOTHING * pixels:
        return (NO_GRAINS,)
    if np.count_nonzero((probability > 0.2) & (probability < 0.8)) > AMBIGUOUS * lines:
        return (f"{UNDECIDED}: noise, or unlike its training images",)
    return ()


def cell_warnings(grain_map: GrainMap) -> tuple[str, ...]:
    """Doubts that the number and the shape of the cells raise."""
    if NO_GRAINS in grain_map.warnings:
        return ()
    if grain_map.n_grains >= FEW_CELLS:
        return lath_warnings(grain_map.labels)
    return (f"only {grain_map.n_grains} cells are in the image",)


def corner_warnings(corners: float, said: tuple[str, ...]) -> tuple[str, ...]:
    """Doubt that so many corners without a third boundary raise, where no warning `said` has told it."""
    if corners <= SOUND or any(text.startswith((MISSED, UNLIKE_GRAINS, NO_GRAINS)) for text in said):
        return ()
    return (
        f"{MISSED}, and leave no trace: {100 * corners:.0f} corners to 100 junctions have no third boundary, "
        f"at most {100 * SOUND:.0f} in a sound map; grains look merged and spacings too large",
    )


def evidence_warnings(evidence: Evidence | None, confidence: Confidence) -> tuple[str, ...]:
    """Doubts that the evidence (None: no border) raises, weighed as measured for the model."""
    if evidence is None:
        return ()
    if confidence.unlike_grains(evidence) >= confidence.unlike_grains.alarm:
        return (UNLIKE_GRAINS,)
    said = []
    if evidence.spurious >= MANY:
        said.append(f"{SPURIOUS}, about {evidence.spurious:.0%} of them: pits, particles or scratches closed")
    missing = confidence.missed(evidence)
    if missing >= confidence.missed.alarm:
        share = 1 - np.exp(-missing)
        said.append(f"{MISSED}, about {share:.0%} of their length: grains look merged and spacings too large")
    return tuple(said)


def lath_warnings(labels: np.ndarray) -> tuple[str, ...]:
    """What to know where the cells (int32, 0 for none) are laths, as in a martensite or an alpha/beta alloy.

    Each is cut as a grain, where a colony of them, or the grain that they grew in, may be meant.  Rolled and
    columnar grains are as long, but lie along each other.
    """
    every = [_moments(cell) for cell in some_cells(labels) if np.count_nonzero(cell) >= JUDGED_PX]
    if not every:
        return ()
    area, xx, yy, xy = np.array(every).T
    half, apart = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)  # axes of each cell's ellipse
    length, angle = np.sqrt((half + apart) / (half - apart)), np.arctan2(2 * xy, xx - yy) / 2
    lath = length > LATH
    area_of, angle_of = area[lath], angle[lath]
    mean = np.angle((area_of * np.exp(2j * angle_of)).sum()) / 2
    off = np.abs((angle_of - mean + np.pi / 2) % np.pi - np.pi / 2) > _APART
    if area_of.sum() < HALF * area.sum() or area_of[off].sum() < ACROSS * area_of.sum():
        return ()
    return (f"{LATHS}, long and thin in several directions: each counts as a grain, no colony of them does",)


def _moments(cell: np.ndarray) -> tuple[float, float, float, float]:
    """Area of a cell, and its second moments xx, yy, xy about its middle with those of a pixel."""
    y, x = (place - place.mean() for place in np.nonzero(cell))
    return float(x.size), x @ x / x.size + 1 / 12, y @ y / x.size + 1 / 12, x @ y / x.size


def bright_cell_warnings(image: np.ndarray, labels: np.ndarray) -> tuple[str, ...]:
    """What to know where some cells (int32, 0 for none) are far brighter than all others.

    Grains differ in grey too, by orientation or thickness, but without a gap between the brightest few and
    the rest.  Dark cells are not judged: a few grains of a bright-field image are always nearly black.
    """
    area = np.bincount(labels.ravel()).astype(float)
    area[0] = 0
    judged = area >= _LEAST_PX
    if np.count_nonzero(judged) < _FEWEST_CELLS:
        return ()
    grey = np.bincount(labels.ravel(), image.ravel(), area.size)[judged] / area[judged]
    order = np.argsort(grey)
    grey, area = grey[order], area[judged][order]
    share = area[::-1].cumsum()[::-1] / area.sum()
    for first in np.flatnonzero((share >= BRIGHT_SHARE[0]) & (share <= BRIGHT_SHARE[1])):
        if first and grey[first] - grey[first - 1] > BRIGHT_GAP * grey[:first].std():
            n = len(grey) - first
            few = "1 cell" if n == 1 else f"{n} cells"
            return (
                f"{few} ({share[first]:.0%} of their area) {'is' if n == 1 else 'are'} {BRIGHT}: dust, "
                "charged particles or a second phase? --voids bright (recipe: voids) leaves them out",
            )
    return ()
