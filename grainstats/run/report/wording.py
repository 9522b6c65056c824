"""Verdicts and numbers in plain words, for people who were not there."""

from __future__ import annotations

import math
from collections.abc import Sequence

from grainstats.infer.modality.flagged import remark_of
from grainstats.infer.modality.verdict import ModalityVerdict
from grainstats.run.report.page_model import VerdictWords
from grainstats.run.report.svg_charts import Mode, length

WORDS = {"uniform": "uniform", "bimodal": "bimodal", "indeterminate": "undecided"}


def verdict_words(verdict: ModalityVerdict | None) -> VerdictWords:
    """The verdict in a word, and what the reader of a table needs besides."""
    if verdict is None:
        return VerdictWords("indeterminate", "no verdict", "no calibrated image")
    short = ""
    if verdict.verdict == "bimodal" and verdict.mode_ratio is not None:
        short = f"coarse : fine = {verdict.mode_ratio:.1f} : 1"
    elif verdict.verdict == "indeterminate" and verdict.more_grains:
        short = f"about {verdict.more_grains} more grains"
    return VerdictWords(verdict.verdict, WORDS[verdict.verdict], short)


def verdict_paragraphs(verdict: ModalityVerdict | None) -> tuple[str, ...]:
    """What the verdict means, what it rests on, and how far it can be trusted."""
    if verdict is None:
        return ("No image of this sample has a known pixel size: nothing can be said in nanometres.",)
    return tuple(filter(None, (_finding(verdict), _evidence(verdict), _remarks(verdict))))


def _finding(verdict: ModalityVerdict) -> str:
    modes = modes_of(verdict)
    if verdict.verdict == "bimodal" and len(modes) == 2:
        fine, coarse = modes
        return (
            f"The boundary network is bimodal: fine grains around {_with_interval(fine)} and coarse grains "
            f"around {_with_interval(coarse)} share the area "
            f"{100 * fine.fraction:.0f} : {100 * coarse.fraction:.0f}.{remark_of(verdict)}"
        )
    if verdict.verdict == "uniform":
        place = f" around {_with_interval(modes[0])}" if modes else ""
        return (
            f"The boundary network is uniform: one population of grains{place}. {_sentence(verdict.reason)}"
        )
    more = (
        f" About {verdict.more_grains} more grains inside the frame would decide it."
        if verdict.more_grains
        else (" More grains would not decide it." if verdict.more_grains is None else "")
    )
    return f"These images cannot tell a uniform network from a bimodal one. {_sentence(verdict.reason)}{more}"


def _evidence(verdict: ModalityVerdict) -> str:
    parts = []
    kind = "plane sections of uniform polycrystals" if verdict.null == "section" else "uniform columnar films"
    if verdict.p_value is not None:
        parts.append(
            f"Among simulated {kind} of the same spread, seen through the same windows, a share of "
            f"{probability(verdict.p_value)} looks at least this bimodal (the p value)."
        )
    if verdict.power is not None:
        parts.append(
            "A coarse population three times the size of the fine one, filling 30 to 60 % of the volume, "
            f"would be found with a probability of {verdict.power:.2f} at this number of grains."
        )
    if verdict.stability is not None and verdict.verdict != "indeterminate":
        parts.append(f"{100 * verdict.stability:.0f} % of perturbed segmentations lead to the same verdict.")
    return " ".join(parts)


def _remarks(verdict: ModalityVerdict) -> str:
    parts = []
    if verdict.astm_e1181:
        parts.append(f"ASTM E1181: {verdict.astm_e1181.rstrip('.')}.")
    if verdict.delta_g is not None:
        parts.append(f"The modes differ by {verdict.delta_g:.1f} in ASTM grain-size number.")
    if verdict.ala_g is not None:
        parts.append(f"Largest grain (ASTM E930): ALA G = {verdict.ala_g:.1f}.")
    return " ".join(parts)


def modes_of(verdict: ModalityVerdict | None) -> tuple[Mode, ...]:
    """The verdict's modes with their shares and intervals, for charts and words."""
    if verdict is None:
        return ()
    n = len(verdict.modes_nm)
    intervals: Sequence[tuple[float, float] | None] = list(verdict.modes_ci_nm) or [None] * n
    fractions = list(verdict.mode_fractions) or [1.0 / n] * n if n else []
    return tuple(
        Mode(position, fraction, None if interval is None else (interval[0], interval[1]))
        for position, fraction, interval in zip(verdict.modes_nm, fractions, intervals, strict=True)
    )


def mode_words(modes: tuple[Mode, ...]) -> tuple[str, ...]:
    """``"48 nm (44–53), 62 %"`` for each mode."""
    share = len(modes) > 1
    return tuple(_with_interval(m) + (f", {100 * m.fraction:.0f} %" if share else "") for m in modes)


def _with_interval(mode: Mode) -> str:
    return length_with_interval(mode.diameter_nm, mode.ci_nm)


def length_with_interval(value: float, ci: tuple[float, float] | None) -> str:
    """``"48.2 nm (44.1–53.0)"``: the unit once where all three share it."""
    if ci is None:
        return length(value)
    said = [length(end) for end in (value, *ci)]
    if len({text.split()[1] for text in said}) == 1:
        return f"{said[0]} ({said[1].split()[0]}–{said[2].split()[0]})"
    return f"{said[0]} ({said[1]} – {said[2]})"


def probability(p: float | None) -> str:
    """A p value for reading: two digits above .01, never 0."""
    if p is None or not math.isfinite(p):
        return "–"
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def number(value: float | None, digits: int = 3) -> str:
    """Significant digits, without an exponent where it can be helped."""
    if value is None or not math.isfinite(value):
        return "–"
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{decimals}f}"


def counted(n: int, one: str, many: str = "") -> str:
    """``"1 image"``, ``"3 images"``."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def lede(kinds: Sequence[str], n_images: int, n_failed: int) -> str:
    """The first sentence of the report: what came out, over how many images."""
    if not kinds:
        result = "No sample could be judged."
    elif len(set(kinds)) == 1:
        every = "both " if len(kinds) == 2 else "all " if len(kinds) > 2 else ""
        result = f"{counted(len(kinds), 'sample')}: {every}{WORDS[kinds[0]]}."
    else:
        shares = [(kind, kinds.count(kind)) for kind in WORDS]
        result = (
            f"{counted(len(kinds), 'sample')}: {', '.join(f'{n} {WORDS[kind]}' for kind, n in shares if n)}."
        )
    failed = f" {counted(n_failed, 'input')} gave no result." if n_failed else ""
    return f"{result} {counted(n_images, 'image')} measured.{failed}"


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
