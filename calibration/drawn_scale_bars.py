"""Scale bars of known length as microscopes and programs draw them, to test their reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_STRIP = 0.09  #: height of an info bar, of the rows


@dataclass(frozen=True)
class Lettering:
    """Font file, height in pixels and whether the letters' edges are smoothed."""

    font: Path
    height: int
    smooth: bool = True


def draw_scale_bar(
    style: str, image: np.ndarray, length: int, label: str, lettering: Lettering, rng: np.random.Generator
) -> np.ndarray:
    """Draw the bar of a style.

    Parameters
    ----------
    style : str
        A key of `STYLES`.
    image : ndarray of uint8, shape (rows, columns)
    length : int
        Pixels between the centres of the end ticks, or between the ends where the style has no ticks.
    label : str
    lettering : Lettering
    rng : Generator

    Returns
    -------
    ndarray of uint8
        An info bar, where the style has one, stands below the image.
    """
    return STYLES[style](image, length, label, lettering, rng)


class _Pen:
    """Draws on a copy of an image with one ink."""

    def __init__(self, image: np.ndarray, ink: int, lettering: Lettering) -> None:
        self.picture = Image.fromarray(image.copy())
        self.draw = ImageDraw.Draw(self.picture)
        self.draw.fontmode = "L" if lettering.smooth else "1"
        self.font = ImageFont.truetype(str(lettering.font), lettering.height)
        self.ink = ink

    def line(self, left: int, top: int, right: int, bottom: int) -> None:
        """A filled rectangle, ends included."""
        self.draw.rectangle((left, top, right, bottom), fill=self.ink)

    def words(self, text: str, x: float, y: float, anchor: str) -> None:
        self.draw.text((x, y), text, fill=self.ink, font=self.font, anchor=anchor)

    def width(self, text: str) -> int:
        return round(self.font.getlength(text))

    def done(self) -> np.ndarray:
        return np.asarray(self.picture)


def _with_strip(image: np.ndarray, ground: int, lettering: Lettering) -> tuple[np.ndarray, int]:
    """The image with an empty info bar below, and the bar's first row."""
    rows = max(round(_STRIP * len(image)), 3 * lettering.height + 8)
    strip = np.full((rows, image.shape[1]), ground, np.uint8)
    return np.vstack([image, strip]), len(image)


def _zeiss(
    image: np.ndarray, length: int, label: str, lettering: Lettering, rng: np.random.Generator
) -> np.ndarray:
    """White info bar in a frame; a thin line between two long ticks, the label above it."""
    whole, top = _with_strip(image, 255, lettering)
    pen = _Pen(whole, 0, lettering)
    pen.draw.rectangle((1, top + 1, whole.shape[1] - 2, len(whole) - 2), outline=0)
    left, row, thick = int(rng.integers(8, 30)), len(whole) - lettering.height, int(rng.integers(1, 3))
    tick = lettering.height // 2
    pen.words(label, left, row - tick - 3, "ls")
    pen.line(left, row, left + length, row + thick - 1)
    for x in (left, left + length):
        pen.line(x, row - tick, x + thick - 1, row + tick)
    x = left + max(length, pen.width(label)) + 60
    for words in ("EHT = 5.00 kV", "WD = 4.1 mm", "Signal A = InLens", "Mag = 50.00 K X"):
        pen.words(words, x, top + lettering.height + 4, "ls")
        x += pen.width(words) + 30
    return pen.done()


def _fei(
    image: np.ndarray, length: int, label: str, lettering: Lettering, rng: np.random.Generator
) -> np.ndarray:
    """Black table; the label stands in the gap of a bar with short ticks."""
    whole, top = _with_strip(image, 0, lettering)
    pen = _Pen(whole, 255, lettering)
    columns, middle = whole.shape[1], (top + len(whole)) // 2
    left = columns - length - int(rng.integers(24, 60))
    for row in (top + 1, len(whole) - 2):
        pen.line(0, row, columns - 1, row)
    pen.line(left - 20, middle, columns - 1, middle)
    for x in (left - 20, left - 140, left - 260):
        pen.line(x, top + 1, x, len(whole) - 2)
    for x, words in ((left - 80, ("HV", "5.00 kV")), (left - 200, ("WD", "4.0 mm"))):
        pen.words(words[0], x, top + 4, "mt")
        pen.words(words[1], x, middle + 4, "mt")
    row, thick = (top + middle) // 2, int(rng.integers(2, 5))
    half = (length - pen.width(label)) // 2 - 6
    pen.line(left - 1, row - thick // 2, left + half, row - thick // 2 + thick - 1)
    pen.line(left + length - half, row - thick // 2, left + length + 1, row - thick // 2 + thick - 1)
    for x in (left, left + length):
        pen.line(x, row - thick // 2 - 2, x, row - thick // 2 + thick + 1)
    pen.words(label, left + length / 2, row, "mm")
    return pen.done()


def _jeol(
    image: np.ndarray, length: int, label: str, lettering: Lettering, rng: np.random.Generator
) -> np.ndarray:
    """Black info bar; a thick bar, the label above or to the left of it."""
    whole, top = _with_strip(image, 0, lettering)
    pen = _Pen(whole, 255, lettering)
    facts = "SEI 10kV X10,000 WD 8.0mm"
    left = 12 + pen.width(facts) + pen.width(label) + int(rng.integers(2, 6)) * lettering.height
    base, thick = top + lettering.height + 6, int(rng.integers(3, 7))
    pen.words(facts, 12, base, "ls")
    if rng.random() < 0.5:
        pen.words(label, left + length / 2, base, "ms")
        pen.line(left, base + 6, left + length - 1, base + 5 + thick)
    else:
        pen.words(label, left - lettering.height, base, "rs")
        pen.line(left, base - thick - 3, left + length - 1, base - 4)
    return pen.done()


def _hitachi(
    image: np.ndarray, length: int, label: str, lettering: Lettering, rng: np.random.Generator
) -> np.ndarray:
    """Black info bar; eleven ticks, the label below their right end."""
    whole, top = _with_strip(image, 0, lettering)
    pen = _Pen(whole, 255, lettering)
    right, thick = whole.shape[1] - int(rng.integers(12, 40)), int(rng.integers(1, 4))
    for k in range(11):
        x = round(right - length + k * length / 10)
        pen.line(x, top + 6, x + thick - 1, top + 6 + lettering.height // (2 if k % 5 == 0 else 3))
    base = top + 2 * lettering.height + 8
    pen.words("S4800 5.0kV 8.6mm x20.0k SE(M)", 12, base, "ls")
    pen.words(label, right, base, "rs")
    return pen.done()


def _tescan(
    image: np.ndarray, length: int, label: str, lettering: Lettering, rng: np.random.Generator
) -> np.ndarray:
    """Dark info bar of two rows; a line between ticks, the label centred below it."""
    ground = int(rng.choice([0, 40, 60]))
    whole, top = _with_strip(image, ground, lettering)
    pen = _Pen(whole, 255, lettering)
    left, row, thick = whole.shape[1] // 2, top + lettering.height // 2 + 6, int(rng.integers(1, 4))
    tick = max(lettering.height // 3, 3)
    pen.line(left, row, left + length, row + thick - 1)
    for x in (left, left + length):
        pen.line(x, row - tick, x + thick - 1, row + tick)
    pen.words(label, left + length / 2, row + tick + 5, "mt")
    pen.words("SEM HV: 10.0 kV   WD: 5.00 mm", 12, top + 4, "lt")
    pen.words("View field: 20.8 \u00b5m   Det: SE", 12, row + tick + 5, "lt")
    return pen.done()


def _imagej(
    image: np.ndarray, length: int, label: str, lettering: Lettering, rng: np.random.Generator
) -> np.ndarray:
    """On the image: a bar with the label centred above or below, sometimes in a box."""
    bright, boxed, above = rng.random() < 0.6, rng.random() < 0.4, rng.random() < 0.4
    thick, tall = int(rng.integers(3, 9)), lettering.height
    left = image.shape[1] - length - int(rng.integers(20, 60))
    row = len(image) - int(rng.integers(10, 30)) - (thick if above else tall + thick + 8)
    pen = _Pen(image, 255 if bright else 0, lettering)
    half = max(length, pen.width(label)) / 2 + 5
    if boxed:
        top, bottom = (row - tall - 10, row + thick + 5) if above else (row - 5, row + thick + tall + 10)
        middle = left + length / 2
        pen.draw.rectangle((middle - half, top, middle + half, bottom), fill=0 if bright else 255)
    pen.line(left, row, left + length - 1, row + thick - 1)
    pen.words(label, left + length / 2, row - 4 if above else row + thick + 4, "ms" if above else "mt")
    return pen.done()


def _gatan(
    image: np.ndarray, length: int, label: str, lettering: Lettering, rng: np.random.Generator
) -> np.ndarray:
    """On the image, lower left: a bar with the label above it."""
    pen = _Pen(image, 255 if rng.random() < 0.7 else 0, lettering)
    left, row, thick = (
        int(rng.integers(15, 50)),
        len(image) - int(rng.integers(15, 40)),
        int(rng.integers(4, 10)),
    )
    pen.line(left, row - thick + 1, left + length - 1, row)
    pen.words(label, left + length / 2, row - thick - 5, "ms")
    return pen.done()


_Style = Callable[[np.ndarray, int, str, Lettering, np.random.Generator], np.ndarray]
STYLES: dict[str, _Style] = {
    "Zeiss": _zeiss,
    "FEI": _fei,
    "JEOL": _jeol,
    "Hitachi": _hitachi,
    "TESCAN": _tescan,
    "ImageJ": _imagej,
    "Gatan": _gatan,
}
