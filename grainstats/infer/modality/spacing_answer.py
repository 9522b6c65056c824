"""The spacings' own answer: are the boundary spacings along test lines those of one population?

The verdict is made on grain sizes.  Here the same question is put to the intercepts: the length-weighted
distribution of their logarithm, centred and scaled, against that of mosaics of one population with as many
grains (``calibration/build_spacing_null.py``), some of them merged as in a segmentation.  A chord of a large
grain may be short, and many long chords may lie in one grain, so that intercepts find about one pair of
populations in five; their answer stands beside the verdict and does not change it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from grainstats.infer.modality.judge import LEVEL
from grainstats.infer.modality.null_library import line_at, p_in_words, probability_at, stored_arrays
from grainstats.infer.modality.verdict import ModalityVerdict, Verdict
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.spacing.chords import ChordDistribution

NAME = "spacing_modality_p"
CLASSES = 20  #: of the standardised log length, from -3 to 2 standard deviations
EDGES = np.linspace(-3.0, 2.0, CLASSES + 1)  #: of those classes
#: probabilities whose quantiles the null stores
SPACING_LEVELS = np.array([0.9, 0.75, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01])
COUNTS = np.array([110, 180, 300, 500])  #: interior grains at which the null is known
BROAD_SD = 0.62  #: of the log intercepts by length: the middle of simulated mosaics of one population
RAMP = 0.1  #: of that, over which the null of narrow mosaics passes into that of broad ones


@dataclass(frozen=True)
class SpacingAnswer:
    """What the intercepts say of one or two populations."""

    verdict: Verdict  #: "bimodal" or "indeterminate", never uniform: spacings miss most second populations
    #: share of mosaics of one population whose intercepts look at least as bimodal; None where there are too
    #: few grains, or the null is that of columnar films, whose spacings were not simulated
    p_value: float | None
    #: both see two populations, or neither; None where the verdict on sizes is indeterminate, or is bimodal
    #: and the spacings do not show it, which they often do not
    agrees: bool | None

    @property
    def in_words(self) -> str:
        """A clause for the verdict's reason."""
        if self.p_value is None:
            return "the spacings by themselves give no answer"
        said = "two populations" if self.p_value < LEVEL else "no second population seen"
        how = {True: "the spacings agree", False: "the spacings disagree", None: "the spacings by themselves"}
        rests = "; the verdict rests on the grain sizes" if self.agrees is False else ""
        return f"{how[self.agrees]}: {said} ({p_in_words(self.p_value, SPACING_LEVELS[-1])}){rests}"

    def as_json(self) -> dict[str, Any]:
        """For `measure --json`: verdict, p_value, agrees."""
        return asdict(self)

    def as_descriptors(self) -> list[Descriptor]:
        """For the database: the p value, its method saying the answer; none where there is none."""
        if self.p_value is None:
            return []
        how = f"length-weighted intercepts against mosaics of one population; {self.in_words}"
        return [Descriptor(NAME, self.p_value, None, None, "1", how)]


def shape_of(chords: ChordDistribution) -> tuple[float, np.ndarray]:
    """Standard deviation of the log intercept by length, and shares of its standardised classes, (CLASSES,).

    Lengths beyond the classes count in the outermost ones.
    """
    seen = (chords.mass > 0) & (chords.length > 0)
    weight = chords.mass[seen] * chords.length[seen]
    weight = weight / weight.sum()
    log = np.log(chords.length[seen])
    mean = float(weight @ log)
    sd = float(np.sqrt(weight @ (log - mean) ** 2))
    z = np.clip((log - mean) / max(sd, 1e-9), EDGES[0], EDGES[-1] - 1e-9)
    return sd, np.histogram(z, EDGES, weights=weight)[0]


def spacing_answer(chords: ChordDistribution, verdict: ModalityVerdict) -> SpacingAnswer:
    """Judge the intercepts of all images of a sample beside the verdict on its grain sizes."""
    n = verdict.n_interior
    if n < COUNTS[0] or chords.length.size < CLASSES or verdict.null != "section":
        return SpacingAnswer("indeterminate", None, None)
    null = stored_arrays("null_spacings.npz")
    sd, shares = shape_of(chords)
    x = np.array([sd, *shares, sd**2])
    score = float(((x - null["centre"]) / null["scale"]) @ null["beta"][:-1] + null["beta"][-1])
    narrow, wide = line_at(n, COUNTS, null["quantiles"])
    broad = np.clip((sd - BROAD_SD) / RAMP + 0.5, 0, 1)
    p = probability_at(score, (1 - broad) * narrow + broad * wide, SPACING_LEVELS)
    seen = p < LEVEL
    unsaid = verdict.verdict == "indeterminate" or (verdict.verdict == "bimodal" and not seen)
    agrees = None if unsaid else seen == (verdict.verdict == "bimodal")
    return SpacingAnswer("bimodal" if seen else "indeterminate", p, agrees)
