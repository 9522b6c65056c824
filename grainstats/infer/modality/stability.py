"""The cells that a verdict is made from, and whether another cut of the same images would give the same.

A map shows the boundaries that stand out: in a clear image it leaves out borders that are held for one with
.7.  Cells joined where a border is missing hide a second population.  So the verdict is made from all borders
that are as likely there as not, and is repeated on other cuts, the map itself among them.  All of it happens
on the graph of fine cells, a few milliseconds a cut, where segmenting again would cost seconds.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.judge import LEVEL, Decision, decide
from grainstats.infer.modality.verdict import ModalityVerdict, Verdict, in_sentences
from segment.cells.recutting import Cut, cut_at, level_of
from segment.segmentation import FineCells, Segmentation

# Mean probability along a border that is as likely there as not: the released model's reliability
# (confidence.json: .54 -> .63, .69 -> .76, .79 -> .85), a line in log odds, followed down to even odds.
LIKELY = 0.4
# Persistence over the map's, least border beyond the likely one; judgement.
CUTS = ((0.5, 0.0), (2.0, 0.0), (1.0, -0.15), (1.0, 0.15))
LEAST_AGREEING = 0.6  # of agreeing cuts; below, a "uniform" is withdrawn; judgement
OTHERS = "the maps drawn from the images at other thresholds"  #: what the cuts are called in a reason


def cut_anew(grains: ImageGrains, segmentation: Segmentation | None) -> list[ImageGrains]:
    """The grains between borders that are as likely there as not, those of the map, and those of `CUTS`.

    All are those of the map, `grains`, where no model cut it (`segmentation` is None).
    """
    if segmentation is None or not segmentation.cells.nested:
        return [grains] * (2 + len(CUTS))
    cells, level = segmentation.cells, min(level_of(segmentation.cells), LIKELY)
    likely, *others = (
        _grains_of(cut_at(cells, segmentation.persistence * factor, level + more), cells, grains)
        for factor, more in ((1.0, 0.0), *CUTS)
    )
    return [likely, grains, *others]


def _grains_of(cut: Cut, cells: FineCells, grains: ImageGrains) -> ImageGrains:
    """Sizes of a cut's cells, each at the place of the map's grain that it lies in."""
    size, frame = np.sqrt(4 / np.pi * cut.area_px) * grains.pixel_size_nm, cut.at_frame
    found = replace(
        grains,
        diameter_nm=size[~frame],
        weight=np.ones(int((~frame).sum())),
        frame_diameter_nm=size[frame],
        centre_nm=np.empty((0, 2)),
        frame_centre_nm=np.empty((0, 2)),
    )
    in_map = np.bincount(cells.parent, cells.at_frame) > 0
    if (int((~in_map).sum()), int(in_map.sum())) != (len(grains.centre_nm), len(grains.frame_centre_nm)):
        return found
    place = np.empty((len(in_map), 2))
    place[~in_map], place[in_map] = grains.centre_nm, grains.frame_centre_nm
    centre = place[cut.parent]
    return replace(found, centre_nm=centre[~frame], frame_centre_nm=centre[frame])


def with_stability(judged: ModalityVerdict, samples: Sequence[Sequence[ImageGrains]]) -> ModalityVerdict:
    """The verdict with its stability; taken back where other cuts speak against it.

    "uniform" is taken back where too few cuts agree or one is called bimodal.  Joined and divided grains blur
    two populations and never make them, so that a "bimodal" is taken back only where more cuts are called
    uniform than bimodal; where few agree, the reason says so.  `samples`: the images of the sample, cut in
    other ways, which a volume has not.
    """
    assert judged.null != "volume"
    judgeable = [grains for grains in samples if any(g.n_interior for g in grains)]
    found = decide(judgeable, judged.null) if judgeable else []
    agreeing = sum(_agrees(decision, judged.verdict) for decision in found)
    if judged.verdict == "indeterminate":
        agreeing += len(samples) - len(judgeable)
    share = agreeing / len(samples)
    bimodal, uniform = (sum(d.verdict == v for d in found) / len(samples) for v in ("bimodal", "uniform"))
    judged = replace(judged, stability=share)
    if judged.verdict == "uniform" and bimodal:
        return judged.taken_back(f"bimodal in {bimodal:.0%} of {OTHERS}")
    if judged.verdict == "uniform" and share < LEAST_AGREEING:
        return judged.taken_back(f"no second population in only {share:.0%} of {OTHERS}")
    if judged.verdict == "bimodal" and uniform > bimodal:
        return judged.taken_back(f"uniform in {uniform:.0%} of {OTHERS}")
    if judged.verdict == "bimodal" and share < LEAST_AGREEING:
        return replace(
            judged, reason=in_sentences(judged.reason, f"the same in only {share:.0%} of {OTHERS}")
        )
    return judged


def _agrees(decision: Decision, verdict: Verdict) -> bool:
    """The same finding; lost grains make a sample wider, which does not speak against "uniform"."""
    if verdict == "uniform" and decision.verdict == "indeterminate":
        return decision.p_value is not None and decision.p_value >= LEVEL
    return decision.verdict == verdict
