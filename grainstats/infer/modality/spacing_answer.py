"""The spacings' own answer: are the boundary spacings along test lines those of one population?

The verdict is made on grain sizes.  Here the same question is put to the intercepts: the length-weighted
distribution of their logarithm, centred and scaled, against that of mosaics of one population with as many
grains and as broad (``calibration/build_spacing_null.py``), some of them merged and blunted as in a map.
Intercepts below half of the median tell nothing: how many there are depends on how sharply corners of cells
are drawn, by a hand as by a network.  Chords of one broad population look much like those of two, so that
few pairs are found.  The answer stands beside the verdict and does not change it.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from grainstats.infer.modality.judge import LEVEL
from grainstats.infer.modality.null_library import p_in_words, stored_arrays
from grainstats.infer.modality.verdict import ModalityVerdict, Verdict
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.spacing.chords import ChordDistribution

NAME = "spacing_modality_p"
SHORTEST = 0.5  #: of the length-weighted median: shorter intercepts are left out
EDGES = np.linspace(-1.75, 2.5, 13)  #: of the classes of log length, in standard deviations from the mean
FEWEST, MOST = 110, 500  #: interior grains; fewer get no answer, more count as so many
LEAST_P = 0.01  #: of so many mosaics no smaller one can be told
GIANT_SHARE = 0.03  #: of the area; one grain has long intercepts, as a population has (docs/validation)
NEAREST = 60  #: mosaics that a sample is compared with
ALIKE = np.array([0.04, 0.4])  #: differences in the SD and in the log of the grains that count as much


@dataclass(frozen=True)
class SpacingAnswer:
    """What the intercepts say of one or two populations."""

    verdict: Verdict  #: "bimodal" or "indeterminate", never uniform: spacings miss most second populations
    #: share of mosaics of one population, as broad, whose intercepts look at least as bimodal; None where
    #: there are too few grains, isolated coarse ones cover `GIANT_SHARE`, or the null is that of columnar
    #: films, whose spacings were not simulated
    p_value: float | None
    #: whether the sizes see two populations as well; None where the verdict on them is indeterminate, or the
    #: spacings show none, which says nothing: of simulated pairs they show fewer than one in ten
    agrees: bool | None

    @property
    def in_words(self) -> str:
        """A clause for the verdict's reason."""
        if self.p_value is None:
            return "the spacings by themselves give no answer"
        said = "two populations" if self.p_value < LEVEL else "no second population seen, which says little"
        how = {True: "the spacings agree", False: "the spacings disagree", None: "the spacings by themselves"}
        rests = "; the verdict rests on the grain sizes" if self.agrees is False else ""
        return f"{how[self.agrees]}: {said} ({p_in_words(self.p_value, LEAST_P)}){rests}"

    def as_json(self) -> dict[str, Any]:
        """For `measure --json`: verdict, p_value, agrees."""
        return asdict(self)

    def as_descriptors(self) -> list[Descriptor]:
        """For the database: the p value, its method saying the answer; none where there is none."""
        if self.p_value is None:
            return []
        how = f"length-weighted intercepts against mosaics of one population; {self.in_words}"
        return [Descriptor(NAME, self.p_value, None, None, "1", how)]


def shape_of(chords: ChordDistribution) -> np.ndarray:
    """Standard deviation of the log intercept by length, and shares of its standardised classes.

    Lengths beyond the classes count in the outermost ones.
    """
    seen = (chords.mass > 0) & (chords.length > 0)
    length, weight = chords.length[seen], (chords.mass * chords.length)[seen]
    median = np.interp(0.5, (np.cumsum(weight) - weight / 2) / weight.sum(), length)
    kept = length > SHORTEST * median
    weight, log = weight[kept] / weight[kept].sum(), np.log(length[kept])
    mean = float(weight @ log)
    sd = float(np.sqrt(weight @ (log - mean) ** 2))
    z = np.clip((log - mean) / max(sd, 1e-9), EDGES[0], EDGES[-1] - 1e-9)
    return np.array([sd, *np.histogram(z, EDGES, weights=weight)[0]])


def inputs(shape: np.ndarray) -> np.ndarray:
    """What the score is linear in, from `shape_of`, shape (..., n): it, and it times the SD."""
    return np.concatenate([shape, shape[..., :1] * shape], axis=-1)


def p_among(mosaics: np.ndarray, score: float, sd: float, n: int) -> float:
    """Share of mosaics of one population, as broad and with as many grains, that score as high or higher.

    `mosaics`, shape (k, m, 3), are score, SD and log of the grains, by how much of them was lost; the worst
    loss decides.  Samples broader than any mosaic are compared with the broadest.
    """
    own = np.array([sd, np.log(np.clip(n, FEWEST, MOST))])
    off = np.square((mosaics[..., 1:] - own) / ALIKE).sum(axis=-1)
    nearest = np.argsort(off, axis=1)[:, :NEAREST]
    higher = np.count_nonzero(np.take_along_axis(mosaics[..., 0], nearest, axis=1) >= score, axis=1)
    return float(max((higher.max() + 0.5) / (NEAREST + 0.5), LEAST_P))


def spacing_answer(chords: ChordDistribution, verdict: ModalityVerdict) -> SpacingAnswer:
    """Judge the intercepts of all images of a sample beside the verdict on its grain sizes."""
    n = verdict.n_interior
    too_few = n < FEWEST or chords.length.size < len(EDGES)
    if too_few or verdict.null != "section" or verdict.isolated_share >= GIANT_SHARE:
        return SpacingAnswer("indeterminate", None, None)
    null = stored_arrays("null_spacings.npz")
    shape = shape_of(chords)
    score = float((inputs(shape) - null["centre"]) / null["scale"] @ null["beta"][:-1] + null["beta"][-1])
    p = p_among(null["mosaics"], score, float(shape[0]), n)
    seen = p < LEVEL
    agrees = verdict.verdict == "bimodal" if seen and verdict.verdict != "indeterminate" else None
    return SpacingAnswer("bimodal" if seen else "indeterminate", p, agrees)
