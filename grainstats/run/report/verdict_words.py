"""Verdicts in words, for people who were not there."""

from __future__ import annotations

from collections.abc import Sequence

from grainstats.infer.modality.flagged import remark_of
from grainstats.infer.modality.verdict import ModalityVerdict
from grainstats.run.report.page import render
from grainstats.run.report.wording import counted

VERDICTS = ("uniform", "bimodal", "indeterminate")


def verdict_paragraphs(verdict: ModalityVerdict | None) -> tuple[str, ...]:
    """What the verdict means, what it rests on, and how far it can be trusted (``verdict.txt.j2``)."""
    remark = "" if verdict is None else remark_of(verdict)
    text = render("verdict.txt.j2", v=verdict, remark=remark)
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def lede(kinds: Sequence[str], n_images: int, n_failed: int) -> str:
    """The first sentence of the report: what came out, over how many images."""
    if not kinds:
        result = "No sample could be judged."
    elif len(set(kinds)) == 1:
        every = "both " if len(kinds) == 2 else "all " if len(kinds) > 2 else ""
        result = f"{counted(len(kinds), 'sample')}: {every}{kinds[0]}."
    else:
        said = ", ".join(f"{kinds.count(kind)} {kind}" for kind in VERDICTS if kind in kinds)
        result = f"{counted(len(kinds), 'sample')}: {said}."
    failed = f" {counted(n_failed, 'input')} gave no result." if n_failed else ""
    return f"{result} {counted(n_images, 'image')} measured.{failed}"
