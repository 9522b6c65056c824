"""What a verdict rests on, where the segmentation itself was in doubt about the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grainstats.infer.modality.verdict import ModalityVerdict
from segment.orientation.grains import COARSE
from segment.quality.warnings import MISSED, UNLIKE_GRAINS

MOST = 0.5  #: share of a sample's images above which a warning is the sample's

RESTS = "rests on flagged images"

_REMARKS = {
    MISSED: "boundaries are probably missing, so that merged grains may hide or feign a population",
    UNLIKE_GRAINS: "the image looks unlike a grain structure",
    COARSE: "the map's step is so coarse that its smallest grains are a few points",
}


def with_remark(verdict: ModalityVerdict, warnings: Sequence[Sequence[str]]) -> ModalityVerdict:
    """The verdict, its reason saying so where more than half of the images carry one of these warnings.

    The verdict itself stays: no rule for how much is too much has been measured.

    Parameters
    ----------
    verdict : ModalityVerdict
    warnings : sequence of sequences of str
        Of each image that counts.
    """
    for beginning, meaning in _REMARKS.items():
        n = sum(any(text.startswith(beginning) for text in of_image) for of_image in warnings)
        if n > MOST * len(warnings):
            remark = f"{RESTS}: in {n} of {len(warnings)} {meaning}"
            verdict = replace(verdict, reason=f"{verdict.reason.rstrip('.')}; {remark}")
    return verdict


def remark_of(verdict: ModalityVerdict) -> str:
    """The sentence that `with_remark` added, to follow others; empty where it added none."""
    _, found, rest = verdict.reason.partition(RESTS)
    return f" The verdict {found}{rest}." if found else ""
