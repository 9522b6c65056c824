"""Lines of lettering near a bar, and the length that one of them states."""

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
_BOX_LEVELS = (40, 215)  #: grey levels of 255: dark boxes lie below, bright ones above; judgement
_BOX_ROWS, _BOX_ASPECT = 10, 1.5  #: least height of a box in pixels, least width over height; judgement
_SMALL = 2.0  #: heights of its smallest letter that a line has at most, "µm" with digits; judgement
_SHORTEST = 1.4  #: line heights of the shortest length, "1nm" in narrow letters; the sample fonts have 1.7
_LONGEST = 16.0  #: letter heights from a bar's end to the far end of a label beside it at most; judgement
_NEAREST = 6  #: words that are read for one bar
_WORD_GAP = 0.35  #: line heights between the letters of a word
_SPACE = 1.2  #: line heights between a number and its unit, in letters of one width
_ASIDE = (
    0.8  #: line heights beside a label in which no other sign may be read: a lost digit and point are less
)
_INK = 0.35  #: of the way from the bar's level to what is around it, that ink may be off
_FAINT_INK = 0.6  #: the same for thin smoothed strokes


@dataclass(frozen=True)
class TextLine:
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


def lines_near(grey: np.ndarray, bar: Bar) -> list[tuple[float, TextLine]]:
    """Lettering around or in the gap of a bar, with its distance in pixels, the nearest first."""
    rows, columns = grey.shape
    tallest = max(int(_LETTER[1] * rows), 24)
    reach = int(_REACH * tallest) + tallest
    top, bottom = max(bar.top - reach, 0), min(bar.bottom + reach, rows)
    aside = int(_BESIDE * tallest + 8 * tallest)
    left, right = max(int(bar.left) - aside, 0), min(int(bar.right) + aside, columns)
    window = grey[top:bottom, left:right]
    found = []
    for ink in filter(np.any, _inks(window, bar, top, left)):
        for line in _words(_letters(ink, bar, top, left, tallest), tallest):
            far = _distance(line, bar)
            if far is not None:
                found.append((far, line))
    found.sort(key=lambda pair: (pair[0], pair[1].left - pair[1].right))
    nearest: list[tuple[float, TextLine]] = []
    for far, line in found:
        if not any(_same(line, other) for _, other in nearest):
            nearest.append((far, line))
    return nearest[:_NEAREST]


def read_label(grey: np.ndarray, line: TextLine, bar: Bar) -> Words:
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


def _view(grey: np.ndarray, line: TextLine, margin: float, aside: int = 0) -> np.ndarray:
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
        level = ((window > _BOX_LEVELS[1]) if bright else (window < _BOX_LEVELS[0])).view(np.uint8)
        if cv2.boxFilter(level, -1, (15, 1), normalize=False).max() < 12:  # of the shortest edge of a box
            continue
        _, parts, boxes, _ = cv2.connectedComponentsWithStats(level, connectivity=8)
        wide = np.flatnonzero((boxes[1:, 3] >= _BOX_ROWS) & (boxes[1:, 2] >= _BOX_ASPECT * boxes[1:, 3])) + 1
        for k in wide.tolist():
            x, y, w, h, _ = boxes[k].tolist()
            inside = parts[y : y + h, x : x + w] == k
            edges = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
            if min(float(edge.mean()) for edge in edges) >= _BOX_EDGE:
                levels = window[y : y + h, x : x + w]
                ink[y : y + h, x : x + w] |= ((levels < 128) if bright else (levels >= 128)).astype(np.uint8)
    return ink


def _letters(ink: np.ndarray, bar: Bar, top: int, left: int, tallest: int) -> np.ndarray:
    """What may be letters of a label of the bar, from left to right: (top, bottom, left, right, 1)."""
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    x, y, w, h, _ = boxes[1:].T
    x, y = x + left, y + top
    above = np.maximum(bar.top - y - h, y - bar.bottom)
    aside = np.maximum(bar.left - x - w, x - bar.right)
    near = (above <= _REACH * _SMALL * h) & (aside <= _LONGEST * h)
    letter = np.flatnonzero((h >= _LETTER[0]) & (h <= tallest) & (w <= 12 * h) & near)
    letter = letter[np.argsort(x[letter], kind="stable")]
    return np.stack([y, y + h, x, x + w, np.ones_like(x)], axis=1)[letter]


def _words(letters: np.ndarray, tallest: int) -> list[TextLine]:
    """Letters joined into words, and up to four words in a row: a number and its unit may stand apart.

    Columns as of `_letters`, the last one counts the letters: a single sign is no length.
    """
    words, n = np.empty_like(letters), 0
    for letter in letters:
        at = np.flatnonzero(_on_one_line(words[:n], letter, _WORD_GAP))
        if at.size:
            words[at[0]] = _union(words[at[0]], letter)
        else:
            words[n] = letter
            n += 1
    rows = np.array([row for word in words[:n] for row in _rows_from(word, words[:n])]).reshape(-1, 5)
    tall, long = rows[:, 1] - rows[:, 0], rows[:, 3] - rows[:, 2]
    good = (long >= _SHORTEST * tall) & (tall <= tallest) & (rows[:, 4] > 1)
    return [TextLine(*row) for row in rows[good, :4].tolist()]


def _rows_from(word: np.ndarray, words: np.ndarray) -> list[np.ndarray]:
    """A word, and it with the next one, two and three behind it."""
    rows, last = [word], word
    for _ in range(3):
        behind = words[(words[:, 2] >= last[3]) & _on_one_line(last, words, _SPACE)]
        if not len(behind):
            break
        last = behind[np.argmin(behind[:, 2])]
        rows.append(_union(rows[-1], last))
    return rows


def _on_one_line(left: np.ndarray, right: np.ndarray, gap: float) -> np.ndarray:
    """Whether boxes stand beside each other, each of shape (5,) or (n, 5)."""
    above, below = np.maximum(left[..., 0], right[..., 0]), np.minimum(left[..., 1], right[..., 1])
    one, other = left[..., 1] - left[..., 0], right[..., 1] - right[..., 0]
    space = np.maximum(gap * np.maximum(one, other), 3)
    return (below - above > 0.5 * np.minimum(one, other)) & (right[..., 2] - left[..., 3] <= space)


def _union(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    least, most = np.minimum(one, other), np.maximum(one, other)
    return np.array([least[0], most[1], least[2], most[3], one[4] + other[4]])


def _distance(line: TextLine, bar: Bar) -> float | None:
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


def _same(one: TextLine, other: TextLine) -> bool:
    rows = min(one.bottom, other.bottom) - max(one.top, other.top)
    columns = min(one.right, other.right) - max(one.left, other.left)
    return rows > 0.9 * max(one.height, other.height) and columns > 0.9 * max(
        one.right - one.left, other.right - other.left
    )
