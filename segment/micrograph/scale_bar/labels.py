"""Lines of lettering near a bar, and the length that one of them states."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np

from segment.micrograph.length_units import to_nm
from segment.micrograph.scale_bar.bars import Bar
from segment.micrograph.scale_bar.text import Words, read_line

LEAST_CONFIDENCE = 0.7  #: of the least certain sign in every view; chosen on rendered bars of another seed
LEAST_LETTERS = 7  #: pixels of height below which nm and µm look alike

_LABEL = re.compile(r"^(\d{1,4}(?:[.,]\d{1,3})?)\s?([nuµμm]m)$")
_ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 8.0)  #: first digits of lengths that vendors draw
_LETTER = (5, 0.06)  #: height of a letter: least pixels, largest share of the image's rows
_REACH = 2.5  #: line heights between a bar and its label
_BESIDE = 3.0  #: line heights between a bar's end and the label beside it
_BOX_EDGE = 0.9  #: of the outermost rows and columns of a box is its level
_NEAREST = 6  #: words that are read for one bar
_WORD_GAP = 0.35  #: line heights between the letters of a word
_SPACE = 1.2  #: line heights between a number and its unit, in letters of one width
_ASIDE = (
    0.8  #: line heights beside a label in which no other sign may be read: a lost digit and point are less
)
_INK = 0.35  #: of the way from the bar's level to what is around it, that ink may be off
_FAINT_INK = 0.6  #: the same for thin smoothed strokes


@dataclass(frozen=True)
class Line:
    """Bounding box of a line of lettering, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top


def may_be_label(words: Words) -> bool:
    """Whether the words look like a misread label: a number and a unit of which one letter is right."""
    return re.match(r"^\d[\d.,]*([nu\u00b5m]\w?|\wm)$", words.text) is not None


def nanometres(words: Words) -> float | None:
    """The length that the words state, where they are a round length and nothing else.

    Examples
    --------
    >>> [nanometres(Words(text, 0.99)) for text in ("500 nm", "WD 4.0 mm", "537 nm")]
    [500.0, None, None]
    """
    match = _LABEL.match(words.text.strip())
    if match is None:
        return None
    number = float(match.group(1).replace(",", "."))
    if number <= 0 or not any(np.isclose(number / 10 ** np.floor(np.log10(number)), r) for r in _ROUND):
        return None
    return to_nm(number, match.group(2))


def lines_near(grey: np.ndarray, bar: Bar) -> list[tuple[float, Line]]:
    """Lettering around or in the gap of a bar, with its distance in pixels, the nearest first."""
    rows, columns = grey.shape
    tallest = max(int(_LETTER[1] * rows), 24)
    reach = int(_REACH * tallest) + tallest
    top, bottom = max(bar.top - reach, 0), min(bar.bottom + reach, rows)
    aside = int(_BESIDE * tallest + 8 * tallest)
    left, right = max(int(bar.left) - aside, 0), min(int(bar.right) + aside, columns)
    window = grey[top:bottom, left:right]
    found = []
    for ink in _inks(window, bar, top, left):
        for line in _words(ink, tallest):
            moved = Line(line.top + top, line.bottom + top, line.left + left, line.right + left)
            far = _distance(moved, bar)
            if far is not None:
                found.append((far, moved))
    found.sort(key=lambda pair: (pair[0], pair[1].left - pair[1].right))
    nearest: list[tuple[float, Line]] = []
    for far, line in found:
        if not any(_same(line, other) for _, other in nearest):
            nearest.append((far, line))
    return nearest[:_NEAREST]


def read_label(grey: np.ndarray, line: Line, bar: Bar) -> Words:
    """What a line says, dark on bright, bright on dark, and with what stands beside it.

    The confidence is the lowest of the three; 0 where they differ, or where the letters are too small.
    """
    first = read_line(_view(grey, line, 0.1))
    words = Words(_bare(first.text), first.confidence)
    if nanometres(words) is None:
        return words
    aside = round(_ASIDE * line.height)
    if bar.gap is not None:
        aside = max(min(aside, int(line.left - bar.gap[0]) - 3, int(bar.gap[1]) - line.right - 3), 0)
    views = [first, read_line(255 - _view(grey, line, 0.2)), read_line(_view(grey, line, 0.1, aside))]
    certain = line.height >= LEAST_LETTERS and len({_bare(view.text) for view in views}) == 1
    return Words(words.text, min(view.confidence for view in views) if certain else 0.0)


def _bare(text: str) -> str:
    """Without spaces, and with one sign for micro: the recogniser takes µ for u or for the Greek letter."""
    return re.sub("^([0-9.,]+)[u\u03bc]m$", "\\1\u00b5m", text.replace(" ", ""))


def _view(grey: np.ndarray, line: Line, margin: float, aside: int = 0) -> np.ndarray:
    """The line with a margin in line heights, and more pixels at its ends, dark on bright."""
    pad = max(round(margin * line.height), 1)
    side = pad + aside
    cut = grey[max(line.top - pad, 0) : line.bottom + pad, max(line.left - side, 0) : line.right + side]
    if np.median(cut) < (int(cut.min()) + int(cut.max())) / 2:
        cut = 255 - cut
    low, high = int(cut.min()), int(cut.max())
    return cv2.convertScaleAbs(cut - low, alpha=255 / max(high - low, 1))


def _inks(window: np.ndarray, bar: Bar, top: int, left: int) -> list[np.ndarray]:
    """Masks in which lettering may stand: the bar's own level, strict and loose, and the inside of boxes."""
    ground = int(np.median(window))
    apart = np.abs(window.astype(np.int16) - bar.level)
    strict, loose = (
        (apart < max(share * abs(bar.level - ground), 20)).astype(np.uint8) for share in (_INK, _FAINT_INK)
    )
    for ink in (strict, loose):
        for a, b in bar.parts:
            ink[bar.top - top : bar.bottom - top, max(a - left - 1, 0) : b - left + 1] = 0
    return [strict, loose, _inside_boxes(window)]


def _inside_boxes(window: np.ndarray) -> np.ndarray:
    """Dark ink in bright boxes, bright ink in dark ones."""
    ink = np.zeros(window.shape, np.uint8)
    for bright in (True, False):
        level = (window > 215) if bright else (window < 40)
        count, parts, boxes, _ = cv2.connectedComponentsWithStats(level.astype(np.uint8), connectivity=8)
        for k in range(1, count):
            x, y, w, h, _ = (int(v) for v in boxes[k])
            if h < 10 or w < 1.5 * h:
                continue
            inside = parts[y : y + h, x : x + w] == k
            edges = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
            if min(float(edge.mean()) for edge in edges) >= _BOX_EDGE:
                levels = window[y : y + h, x : x + w]
                ink[y : y + h, x : x + w] |= ((levels < 128) if bright else (levels >= 128)).astype(np.uint8)
    return ink


def _words(ink: np.ndarray, tallest: int) -> list[Line]:
    """Letters joined into words, and up to four words in a row: a number and its unit may stand apart."""
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    x, y, w, h, _ = boxes[1:].T
    letter = np.flatnonzero((h >= _LETTER[0]) & (h <= tallest) & (w <= 12 * h))
    words: list[Line] = []
    for k in letter[np.argsort(x[letter], kind="stable")].tolist():
        piece = Line(int(y[k]), int(y[k] + h[k]), int(x[k]), int(x[k] + w[k]))
        at = next((n for n, word in enumerate(words) if _on_one_line(word, piece, _WORD_GAP)), None)
        if at is None:
            words.append(piece)
        else:
            words[at] = _union(words[at], piece)
    rows = [row for word in words for row in _rows_from(word, words)]
    return [row for row in rows if row.right - row.left >= row.height and row.height <= tallest]


def _rows_from(word: Line, words: list[Line]) -> list[Line]:
    """A word, and it with the next one, two and three behind it."""
    rows, last = [word], word
    for _ in range(3):
        behind = [other for other in words if other.left >= last.right and _on_one_line(last, other, _SPACE)]
        if not behind:
            break
        last = min(behind, key=lambda other: other.left)
        rows.append(_union(rows[-1], last))
    return rows


def _on_one_line(one: Line, other: Line, gap: float) -> bool:
    rows = min(one.bottom, other.bottom) - max(one.top, other.top)
    tall = max(one.height, other.height)
    return rows > 0.5 * min(one.height, other.height) and other.left - one.right <= max(gap * tall, 3)


def _union(one: Line, other: Line) -> Line:
    return Line(
        min(one.top, other.top),
        max(one.bottom, other.bottom),
        min(one.left, other.left),
        max(one.right, other.right),
    )


def _distance(line: Line, bar: Bar) -> float | None:
    """Pixels between a line and the bar it may belong to; None where it cannot."""
    inline = min(line.bottom, bar.bottom) > max(line.top, bar.top)
    if inline and bar.gap is not None:
        return 0.0 if line.left >= bar.gap[0] - 2 and line.right <= bar.gap[1] + 2 else None
    if bar.gap is not None:
        return None
    apart = max(line.left - bar.right, bar.left - line.right)
    if inline:
        return apart if 0 <= apart <= _BESIDE * line.height else None
    far = max(bar.top - line.bottom, line.top - bar.bottom)
    return max(far, apart) if far <= _REACH * line.height and apart <= line.height else None


def _same(one: Line, other: Line) -> bool:
    rows = min(one.bottom, other.bottom) - max(one.top, other.top)
    columns = min(one.right, other.right) - max(one.left, other.left)
    return rows > 0.9 * max(one.height, other.height) and columns > 0.9 * max(
        one.right - one.left, other.right - other.left
    )
