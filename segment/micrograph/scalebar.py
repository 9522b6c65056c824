"""The burned-in scale bar as a source of the pixel size: its label read by OCR, its length by its ends.

Used only where neither metadata nor a sidecar states a size, and only where the optional OCR is installed.
The label must be a length and nothing else; the bar must lie above or below it, or on both sides of it.  The
bar's end ticks count as part of it, so that the size can be 2 % too small.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from segment.micrograph.length_units import to_nm
from segment.micrograph.open_file import Scale, scale_or_none

LEAST_CONFIDENCE = 0.6
LEAST_LENGTH = 20  #: pixels of a bar whose ends still tell its length to some per cent

_LABEL = re.compile(r"^\W*(\d+(?:[.,]\d+)?)\s*([nuµμm]\s?m)\W*$")
_NUMBER = re.compile(r"^\W*\d+(?:[.,]\d+)?\W*$")
_REACH = 2.5  #: label heights within which its bar lies
_WIDEST = 0.9  #: of the columns that a bar may take; longer lines are frames
_ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 8.0)


@dataclass(frozen=True)
class Written:
    """A piece of text and the pixels it fills, ends excluded."""

    text: str
    top: int
    bottom: int
    left: int
    right: int
    confidence: float = 1.0

    @property
    def height(self) -> int:
        return self.bottom - self.top


def read_scale_bar(strip: np.ndarray) -> Scale | None:
    """Pixel size from the scale bar in an info bar or label box.

    Parameters
    ----------
    strip : ndarray, shape (rows, columns)
        What was cut from the image, or the box in it; one background level.

    Returns
    -------
    Scale or None
        None where no bar with a label is found, or the optional OCR is not installed.
    """
    if find_spec("rapidocr_onnxruntime") is None or min(strip.shape) < 8:
        return None
    return scale_from(strip, _read(strip))


@cache
def _engine() -> Any:
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR()


def _read(strip: np.ndarray) -> list[Written]:
    """All pieces of text in the strip."""
    low, high = float(strip.min()), float(strip.max())
    grey = ((strip - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    found, _ = _engine()(np.repeat(grey[..., None], 3, axis=2))
    pieces = []
    for corners, text, confidence in found or ():
        x, y = np.asarray(corners, float).T
        pieces.append(
            Written(text, int(y.min()), int(y.max()), int(x.min()), int(x.max()), float(confidence))
        )
    return pieces


def scale_from(strip: np.ndarray, written: Sequence[Written]) -> Scale | None:
    """The scale of the first label that has a bar; `written` in any order."""
    values = strip.astype(np.float32)
    ink = np.abs(values - np.median(values)) > 0.4 * (values.max() - values.min())
    for label in _joined(sorted(written, key=lambda w: (w.left, w.top))):
        nanometres = _length(label)
        pixels = _bar_length(ink, label) if nanometres is not None else None
        if nanometres is not None and pixels is not None:
            where = f"'{label.text}' over {pixels} px"
            return scale_or_none(where, None, nanometres / pixels, "scalebar")
    return None


def _joined(written: Sequence[Written]) -> list[Written]:
    """Pieces, and a number joined with the unit behind it where OCR split them."""
    pieces = list(written)
    for number in written:
        if not _NUMBER.match(number.text):
            continue
        for unit in written:
            gap, rows = unit.left - number.right, min(unit.bottom, number.bottom) - max(unit.top, number.top)
            if unit is not number and -2 <= gap <= 2 * number.height and rows > 0.5 * number.height:
                text = number.text + unit.text
                confidence = max(unit.confidence, number.confidence)
                pieces.append(replace(number, text=text, right=unit.right, confidence=confidence))
    return pieces


def _length(label: Written) -> float | None:
    """Nanometres of a label that is a round length and nothing else."""
    match = _LABEL.match(label.text)
    if match is None or label.confidence < LEAST_CONFIDENCE:
        return None
    number = float(match.group(1).replace(",", "."))
    if number <= 0 or not any(np.isclose(number / 10 ** np.floor(np.log10(number)), r) for r in _ROUND):
        return None
    return to_nm(number, match.group(2).replace(" ", ""))


def _bar_length(ink: np.ndarray, label: Written) -> int | None:
    """Pixels from end to end of the bar beside, above or below the label."""
    reach = int(_REACH * label.height)
    first, last = max(label.top - reach, 0), min(label.bottom + reach, len(ink))
    best: tuple[int, int] | None = None
    for row in range(first, last):
        inline = label.top <= row < label.bottom
        length = _around(ink[row], label) if inline else _across(ink[row], label)
        if length is not None and length >= LEAST_LENGTH:
            far = 0 if inline else max(label.top - row, row - label.bottom + 1)
            best = min(best, (far, -length)) if best is not None else (far, -length)
    return None if best is None else -best[1]


def _runs(line: np.ndarray) -> list[tuple[int, int]]:
    """Begin and end (excluded) of each run of ink."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
    return list(zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True))


def _across(line: np.ndarray, label: Written) -> int | None:
    """Length of the run above or below the label's middle; frames end at the strip's sides."""
    middle = (label.left + label.right) // 2
    for begin, end in _runs(line):
        inside = begin > 1 and end < len(line) - 1 and end - begin <= _WIDEST * len(line)
        if inside and begin - label.height <= middle <= end + label.height and end - begin >= LEAST_LENGTH:
            return end - begin
    return None


def _around(line: np.ndarray, label: Written) -> int | None:
    """From the left run's begin to the right run's end where the label stands in the bar's gap."""
    near, least = 1.5 * label.height, max(label.height, LEAST_LENGTH // 4)
    left = [(b, e) for b, e in _runs(line) if e - b >= least and -near <= e - label.left <= 3 and b > 1]
    right = [
        (b, e)
        for b, e in _runs(line)
        if e - b >= least and -3 <= b - label.right <= near and e < len(line) - 1
    ]
    return right[0][1] - left[-1][0] if left and right else None
