"""Reasons not to trust an answer, found in the answer itself, said in plain words.

What is plain to see (nothing there, nothing decided, hardly a cell) is said for every model.  Whether the
image shows grains at all, and whether boundaries are missing, is weighed as it was measured for the model's
weights (`segment.quality.calibration_table`), whether cells are none by what such cells look like
(`segment.quality.spurious_cells`).  docs/explanation/confidence.md gives the rates.
"""

from __future__ import annotations

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.grain_map import GrainMap
from segment.quality.calibration_table import Confidence
from segment.quality.evidence import Evidence
from segment.quality.laths import lath_warnings
from segment.quality.open_corners import SOUND

NOTHING = 0.004  #: share of boundary pixels below which no grains are visible
AMBIGUOUS = 2.0  #: pixels of probability .2 ... .8 per boundary pixel: more in noise, .9 ... 1.9 in TBM crops
FEW_CELLS = 10  #: below which nothing can be said of a structure; judgement
MANY = 1 / 3  #: share of cells that are no grains from which it is said; rates: docs/validation

NO_GRAINS = "no grain boundaries are visible"
UNLIKE_GRAINS = "the image looks unlike a grain structure: the cells may mean nothing"
SPURIOUS = "cells are probably no grains"  #: how every warning about cells of pits and scratches begins
MISSED = "boundaries are probably missing"  #: how every warning about merged grains begins


def probability_warnings(boundary_map: BoundaryMap) -> tuple[str, ...]:
    """Doubts that the probability alone raises: nothing there, or nothing decided."""
    probability, valid = boundary_map.probability, boundary_map.valid
    lines = np.count_nonzero(probability > 0.5)
    pixels = probability.size if valid is None else max(int(np.count_nonzero(valid)), 1)
    if lines < NOTHING * pixels:
        return (NO_GRAINS,)
    if np.count_nonzero((probability > 0.2) & (probability < 0.8)) > AMBIGUOUS * lines:
        return ("the network is undecided over much of the image: noise, or unlike its training images",)
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
