"""Labels and scale bars burned into the image itself: drawn in one level, with ruler-straight edges.

Two things are looked for among the pixels of one extreme or uncommonly frequent level: a box with lettering
in it, and a bare bar with lettering beside it.  Saturated grains and pores have the level, not the edges.
"""

from __future__ import annotations

import cv2
import numpy as np

from segment.micrograph.drawn_map import FEW_LEVELS

LARGEST_WITH_OVERLAY = 2**26  #: pixels above which nothing is looked for; exported pictures are smaller

_BLOCK_ROWS = 512  #: rows drawn at a time
_BOX_SIDES = (12, 40)  #: least rows and columns of a box
_BOX_EDGE = 0.9  #: of the outermost rows and columns of a box is its level
_BOX_INK = (0.01, 0.5)  #: share of lettering in a box
_BOX_SHARE = 0.3  #: largest share of the image
_BAR_FILL = 0.97  #: of its bounding box is the bar
_BAR_SLENDER = 5  #: least length : height of a bar
_BAR_LENGTH = (24, 0.03)  #: least length in pixels, and as a share of the columns
_LETTERS = 2  #: least number of letters beside a bar
_LETTER_ROWS = (5, 0.06)  #: height of a letter: least pixels, largest share of the rows
_MARGIN = 3  #: pixels around what was drawn that its smoothing touched
_FREQUENT = 8.0  #: times the neighbouring levels that a drawn level stands out
#: of outlines that were drawn: share of the image, the square that fits into no line, share of the ink that
#: is thin, that lies in one piece, and of the sides that it spans; and the contrast beside a line over that
#: three pixels further, 1 without a profile: saturated boundaries of etched steels have up to .86 (156
#: images, also smoothed, packed, or of hard contrast)
_OUTLINES, _THICK, _THIN, _ONE_PIECE, _SPAN, _NO_PROFILE = (0.01, 0.4), 7, 0.8, 0.5, 0.6, 0.93
_LOOKED_AT = 1024  #: rows and columns in which outlines are sought


def find_overlay(image: np.ndarray, blank: np.ndarray | None = None) -> np.ndarray | None:
    """Pixels (bool) that a burned-in label or scale bar hides; None where nothing is drawn.

    The info bar is cut. Only uint8 and uint16 are searched: other dtypes come from the detector. `blank`,
    bool, is where a frame was found: dark grains beside one are no lettering beside a bar.
    """
    if image.dtype not in (np.uint8, np.uint16) or image.size > LARGEST_WITH_OVERLAY:
        return None
    hidden: np.ndarray | None = None
    for level in _drawn_levels(image):
        if not _has_runs(image, level):
            continue
        drawn = cv2.inRange(image, level, level)
        if blank is not None:
            drawn[blank] = 0
        parts = cv2.connectedComponentsWithStats(drawn, connectivity=8)[1:3]
        for top, bottom, left, right in [*_boxes(image, *parts, level), *_bars(image, parts[1])]:
            hidden = np.zeros(image.shape, bool) if hidden is None else hidden
            rows = slice(max(top - _MARGIN, 0), bottom + _MARGIN)
            hidden[rows, max(left - _MARGIN, 0) : right + _MARGIN] = True
    return hidden


def has_outlines(image: np.ndarray) -> bool:
    """Whether thin lines of one level, without the profile of a boundary, run all over an image."""
    if image.dtype not in (np.uint8, np.uint16):
        return False
    part = np.ascontiguousarray(image[:_LOOKED_AT, :_LOOKED_AT])
    if len(np.unique(part)) < FEW_LEVELS:  # a tracing, which is called so elsewhere
        return False
    for level in _drawn_levels(part):
        ink = cv2.inRange(part, level, level)
        if runs_all_over(ink):
            near, next_to_it, _, far, wide = (
                cv2.dilate(ink, np.ones((2 * r + 1,) * 2, np.uint8)) > 0 for r in (0, 1, 2, 3, 4)
            )
            apart = np.abs(part.astype(np.float32) - level)
            if np.median(apart[next_to_it & ~near]) >= _NO_PROFILE * np.median(apart[wide & ~far]):
                return True
    return False


def runs_all_over(ink: np.ndarray) -> bool:
    """Whether what is drawn, above 0, is one network of thin lines from side to side."""
    ink = (ink > 0).view(np.uint8)
    total = int(np.count_nonzero(ink))
    if not _OUTLINES[0] <= total / ink.size <= _OUTLINES[1]:
        return False
    thick = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((_THICK, _THICK), np.uint8))
    facts = cv2.connectedComponentsWithStats(ink, connectivity=8)[2][1:]
    _, _, width, height, area = facts[facts[:, cv2.CC_STAT_AREA].argmax()].tolist()
    spans = width >= _SPAN * ink.shape[1] and height >= _SPAN * ink.shape[0]
    return bool(total - np.count_nonzero(thick) >= _THIN * total and area >= _ONE_PIECE * total and spans)


def _drawn_levels(image: np.ndarray) -> list[int]:
    """Both ends of the levels in use, and levels far more frequent than their neighbours."""
    size = np.iinfo(image.dtype).max + 1
    counts = cv2.calcHist([np.ascontiguousarray(image)], [0], None, [size], [0, size]).ravel()
    used = np.flatnonzero(counts)
    padded = np.concatenate([[0], counts, [0]])
    neighbours = np.maximum(padded[:-2], padded[2:])
    enough = _BOX_SIDES[0] * _BOX_SIDES[1] // 2
    peaks = np.flatnonzero((counts > _FREQUENT * neighbours) & (counts > enough))
    peaks = peaks[np.argsort(counts[peaks])[-4:]]
    ends = [level for level in (used[0], used[-1]) if counts[level] > enough // 2]
    return sorted({int(level) for level in (*ends, *peaks)})


def _has_runs(image: np.ndarray, level: int) -> bool:
    """Whether the level ever stands as long in one row as the shortest bar: cheap, and mostly no."""
    run = np.ones((1, _BAR_LENGTH[0]), np.uint8)
    blocks = (image[first : first + _BLOCK_ROWS] for first in range(0, len(image), _BLOCK_ROWS))
    return any(cv2.erode(cv2.inRange(block, level, level), run).any() for block in blocks)


def _boxes(
    image: np.ndarray, labels: np.ndarray, boxes: np.ndarray, level: int
) -> list[tuple[int, int, int, int]]:
    """(top, bottom, left, right) of boxes that hold lettering.

    `boxes`: left, top, width, height and area of each number of `labels`.
    """
    found = []
    width, height = boxes[1:, 2], boxes[1:, 3]
    large = (height >= _BOX_SIDES[0]) & (width >= _BOX_SIDES[1]) & (width * height <= _BOX_SHARE * image.size)
    for number in np.flatnonzero(large) + 1:
        left, top, columns, rows, _ = boxes[number].tolist()
        inside = labels[top : top + rows, left : left + columns] == number
        edges = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
        levels = image[top : top + rows, left : left + columns]
        spread = max(int(levels.max()) - int(levels.min()), 1)
        ink = float((np.abs(levels.astype(np.int64) - level) > spread // 2).mean())  # more than a soft edge
        if min(float(edge.mean()) for edge in edges) >= _BOX_EDGE and _BOX_INK[0] <= ink <= _BOX_INK[1]:
            found.append((top, top + rows, left, left + columns))
    return found


def _bars(image: np.ndarray, boxes: np.ndarray) -> list[tuple[int, int, int, int]]:
    """(top, bottom, left, right) of bare bars together with the letters beside them."""
    left, top, width, height, area = boxes[1:].T
    least = max(_BAR_LENGTH[0], _BAR_LENGTH[1] * image.shape[1])
    filled = area >= _BAR_FILL * width * height
    bars = np.flatnonzero(filled & (height >= 2) & (width >= least) & (width >= _BAR_SLENDER * height))
    tallest = _LETTER_ROWS[1] * image.shape[0]
    letter = (height >= _LETTER_ROWS[0]) & (height <= tallest) & (width <= 2 * tallest) & ~filled
    found = []
    for bar in bars:
        reach = 2 * tallest
        near = letter & (top + height > top[bar] - reach) & (top < top[bar] + height[bar] + reach)
        near &= (left + width > left[bar] - reach) & (left < left[bar] + width[bar] + reach)
        if near.sum() >= _LETTERS:
            group = np.append(np.flatnonzero(near), bar)
            bottom, right = (top + height)[group].max(), (left + width)[group].max()
            found.append((int(top[group].min()), int(bottom), int(left[group].min()), int(right)))
    return found
