"""What a verdict rests on, or what is in its way, where the segmentation was in doubt about the images."""

from collections.abc import Sequence
from dataclasses import replace

from grainstats.infer.modality.verdict import ModalityVerdict, in_sentences
from segment.orientation.grains import COARSE
from segment.quality.warnings import MISSED, NO_GRAINS, SPURIOUS, UNDECIDED, UNLIKE_GRAINS

_MOST = 0.5  #: share of a sample's images above which a warning is the sample's

RESTS = "The verdict rests on flagged images"

#: beginning of a warning -> what it means for a verdict, what such an image has, and what to do
_KINDS = {
    MISSED: (
        "boundaries are probably missing, so that merged grains may hide or feign a population",
        "merged grains",
        "correct them, retake them (another tilt of the same field shows more) or exclude them",
    ),
    SPURIOUS: (
        "many cells are probably no grains, so that a population of small ones may be feigned",
        "cells that are probably no grains",
        "say what they show (--voids dark), correct them, retake them or exclude them",
    ),
    UNLIKE_GRAINS: (
        "the image looks unlike a grain structure",
        "no grain structure that the network knows",
        "retake them or exclude them",
    ),
    NO_GRAINS: (
        "no grain boundaries are visible",
        "no visible grain boundaries",
        "retake them or exclude them",
    ),
    UNDECIDED: (
        "the network is undecided over much of the image",
        "places in which the network is undecided",
        "retake them with less noise or exclude them",
    ),
    COARSE: (
        "the map's step is so coarse that its smallest grains are a few points",
        "too coarse a step",
        "map them again with smaller steps, or exclude them",
    ),
}
_NOT_SEEN = (UNLIKE_GRAINS, NO_GRAINS, UNDECIDED)  #: more such images would not help
_NUMBERS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def with_remark(verdict: ModalityVerdict, warnings: Sequence[Sequence[str]]) -> ModalityVerdict:
    """The verdict, its reason saying so where more than half of the images carry one of these warnings.

    The verdict itself stays: no rule for how much is too much has been measured.  An undecided one says of
    any such image what it has and what to do, and asks for no more grains where all images hardly show any.
    `warnings`: of each image that counts.
    """
    said = [verdict.reason]
    for beginning, (meaning, fault, remedy) in _KINDS.items():
        n = sum(any(text.startswith(beginning) for text in of_image) for of_image in warnings)
        if verdict.verdict != "indeterminate" and n > _MOST * len(warnings):
            said.append(f"{RESTS}: in {n} of {len(warnings)} {meaning}")
        elif verdict.verdict == "indeterminate" and n:
            if n == 1:
                remedy = remedy.replace("they show", "it shows").replace(" them", " it")
            said.append(f"{_which(n, len(warnings))} {fault}: {remedy}")
    blind = all(any(text.startswith(_NOT_SEEN) for text in of_image) for of_image in warnings)
    more = None if verdict.verdict == "indeterminate" and warnings and blind else verdict.more_grains
    return replace(verdict, reason=in_sentences(*said), more_grains=more)


def _which(n: int, of: int) -> str:
    if of == 1:
        return "the image has"
    count, total = (_NUMBERS[k] if k < len(_NUMBERS) else str(k) for k in (n, of))
    return f"{count} of {total} images {'have' if n > 1 else 'has'}"


def remark_of(verdict: ModalityVerdict) -> str:
    """The sentence that `with_remark` added, to follow others; empty where it added none."""
    _, found, rest = verdict.reason.partition(RESTS)
    return f" {found}{rest}." if found else ""
