"""What a verdict rests on, or what is in its way, where the segmentation was in doubt about the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grainstats.infer.modality.verdict import ModalityVerdict
from segment.orientation.grains import COARSE
from segment.quality.warnings import MISSED, SPURIOUS, UNLIKE_GRAINS

MOST = 0.5  #: share of a sample's images above which a warning is the sample's

RESTS = "rests on flagged images"

_REMARKS = {
    MISSED: "boundaries are probably missing, so that merged grains may hide or feign a population",
    SPURIOUS: "many cells are probably no grains, so that a population of small ones may be feigned",
    UNLIKE_GRAINS: "the image looks unlike a grain structure",
    COARSE: "the map's step is so coarse that its smallest grains are a few points",
}
_IN_THE_WAY = {
    MISSED: (
        "merged grains",
        "correct them, retake them (another tilt of the same field shows more) or exclude them",
    ),
    SPURIOUS: (
        "cells that are probably no grains",
        "say what they show (`--voids dark`), correct them, retake them or exclude them",
    ),
    UNLIKE_GRAINS: ("no grain structure that the network knows", "retake them or exclude them"),
    COARSE: ("too coarse a step", "map them again with smaller steps, or exclude them"),
}  #: what a flagged image has, and what to do
_NUMBERS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def with_remark(verdict: ModalityVerdict, warnings: Sequence[Sequence[str]]) -> ModalityVerdict:
    """The verdict, its reason saying so where more than half of the images carry one of these warnings.

    The verdict itself stays: no rule for how much is too much has been measured.  An undecided one says of
    any such image what it has and what to do.

    Parameters
    ----------
    verdict : ModalityVerdict
    warnings : sequence of sequences of str
        Of each image that counts.
    """
    if verdict.verdict == "indeterminate":
        return replace(verdict, reason="; ".join([verdict.reason.rstrip("."), *_in_the_way(warnings)]))
    for beginning, meaning in _REMARKS.items():
        n = sum(any(text.startswith(beginning) for text in of_image) for of_image in warnings)
        if n > MOST * len(warnings):
            remark = f"{RESTS}: in {n} of {len(warnings)} {meaning}"
            verdict = replace(verdict, reason=f"{verdict.reason.rstrip('.')}; {remark}")
    return verdict


def _in_the_way(warnings: Sequence[Sequence[str]]) -> list[str]:
    """How many images have what, and the remedy."""
    found = []
    for beginning, (fault, remedy) in _IN_THE_WAY.items():
        n = sum(any(text.startswith(beginning) for text in of_image) for of_image in warnings)
        if n:
            images = "image has" if len(warnings) == 1 else "images have" if n > 1 else "images has"
            which = "the" if len(warnings) == 1 else f"{_number(n)} of {_number(len(warnings))}"
            found.append(f"{which} {images} {fault}: {remedy}")
    return found


def _number(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)


def remark_of(verdict: ModalityVerdict) -> str:
    """The sentence that `with_remark` added, to follow others; empty where it added none."""
    _, found, rest = verdict.reason.partition(RESTS)
    return f" The verdict {found}{rest}." if found else ""
