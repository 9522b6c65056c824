"""Labels, scale bars and marks burned into the image itself: drawn in one level, with sharp edges.

Three things are looked for among the pixels of one extreme or uncommonly frequent level: a box with lettering
in it, a bare bar with lettering beside it, and strokes of letters, arrows and outlines.  Saturated grains and
pores have the level, not the edges.
"""

import cv2
import numpy as np

from segment.micrograph.drawn_map import FEW_LEVELS, runs_all_over

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
#: contrast beside a drawn line over that three pixels further, 1 without a profile: saturated boundaries of
#: etched steels have up to .86 (156 images, also smoothed, packed, or of hard contrast)
_NO_PROFILE = 0.93
#: levels that stand alone: what JPEG makes of them, and what is next to them, as shares of the range; pixels
#: next to them over theirs; and the share of theirs that lies in strokes
_RINGING, _NEXT, _ALONE, _OF_LEVEL, _MOST_INK = 0.03, 0.1, 3.0, 0.5, 0.04
#: pixels of the largest stroke and of others, its width, most of them, and its contrast, of the range, which
#: is as sharp: of 202 sound images strokes that large, sharp and far from their surroundings are in none
_MARK, _STROKE, _MOST_MARKS, _MARK_CONTRAST, _SHARP = (250, 40), 3, 60, 0.2, 0.85
_LOOKED_AT = 1024  #: rows and columns in which outlines are sought


def find_overlay(image: np.ndarray, blank: np.ndarray | None = None) -> np.ndarray | None:
    """Pixels (bool) that a burned-in label, scale bar or mark hides; None where nothing is drawn.

    The info bar is cut. Only uint8 and uint16 are searched: other dtypes come from the detector. `blank`,
    bool, is where a frame was found: dark grains beside one are no lettering beside a bar.
    """
    if image.dtype not in (np.uint8, np.uint16) or image.size > LARGEST_WITH_OVERLAY:
        return None
    counts = _counts(image)
    hidden: np.ndarray | None = None
    for level in _drawn_levels(counts):
        for found in (_labels_and_bars(image, level, blank), _strokes(image, level, counts, blank)):
            if found is not None:
                hidden = found if hidden is None else hidden | found
    return hidden


def _labels_and_bars(image: np.ndarray, level: int, blank: np.ndarray | None) -> np.ndarray | None:
    """Boxes with lettering, and bare bars with the letters beside them (bool); None without any."""
    if not _holds(image, (level, level), (1, _BAR_LENGTH[0])):
        return None
    drawn = cv2.inRange(image, level, level)
    if blank is not None:
        drawn[blank] = 0
    parts = cv2.connectedComponentsWithStats(drawn, connectivity=8)[1:3]
    found = [*_boxes(image, *parts, level), *_bars(image, parts[1])]
    if not found:
        return None
    hidden = np.zeros(image.shape, bool)
    for top, bottom, left, right in found:
        rows = slice(max(top - _MARGIN, 0), bottom + _MARGIN)
        hidden[rows, max(left - _MARGIN, 0) : right + _MARGIN] = True
    return hidden


def _strokes(
    image: np.ndarray, level: int, counts: np.ndarray, blank: np.ndarray | None
) -> np.ndarray | None:
    """Strokes (bool) of one level to their very edge, with a margin, where most of that level is in them.

    None without any, or where levels next to it are common, as a detector makes them that saturates.
    """
    used = np.flatnonzero(counts)
    spread = int(used[-1] - used[0])
    ends = [(max(level - round(of * spread), 0), level + round(of * spread)) for of in (_RINGING, _NEXT)]
    own, near = (counts[low : high + 1].sum() for low, high in ends)
    too_many = near > (1 + _ALONE) * own or _OF_LEVEL * own > _MOST_INK * image.size
    if too_many or not _holds(image, ends[0], (_STROKE, _STROKE)):
        return None
    drawn = cv2.inRange(image, *ends[0])
    if blank is not None:
        drawn[blank] = 0
    labels, boxes = cv2.connectedComponentsWithStats(drawn, connectivity=8)[1:3]
    thick = np.unique(labels[cv2.erode(drawn, np.ones((_STROKE, _STROKE), np.uint8)) > 0])
    area = boxes[:, cv2.CC_STAT_AREA]
    order = sorted((k for k in thick if k and area[k] >= _MARK[1]), key=lambda k: -area[k])
    found = np.zeros(image.shape, np.uint8)
    for k in order if len(order) <= _MOST_MARKS else ():
        if area[k] < _MARK[0] and not found.any():
            break
        left, top, width, height, _ = boxes[k].tolist()
        part = np.s_[max(top - 6, 0) : top + height + 6, max(left - 6, 0) : left + width + 6]
        ink = (labels[part] == k).view(np.uint8)
        near, far = _beside(ink, np.abs(image[part].astype(np.float32) - level), 2)
        if far >= _MARK_CONTRAST * spread and near >= _SHARP * far:
            found[part] |= ink
    total = np.count_nonzero(found)
    if total < max(_OF_LEVEL * np.count_nonzero(drawn), 1) or total > _MOST_INK * image.size:
        return None
    return cv2.dilate(found, np.ones((2 * _MARGIN + 1,) * 2, np.uint8)).astype(bool)


def has_outlines(image: np.ndarray) -> bool:
    """Whether thin lines of one level, without the profile of a boundary, run all over an image."""
    if image.dtype not in (np.uint8, np.uint16):
        return False
    part = np.ascontiguousarray(image[:_LOOKED_AT, :_LOOKED_AT])
    if len(np.unique(part)) < FEW_LEVELS:  # a tracing, which is called so elsewhere
        return False
    for level in _drawn_levels(_counts(part)):
        ink = cv2.inRange(part, level, level)
        if runs_all_over(ink):
            near, far = _beside(ink, np.abs(part.astype(np.float32) - level), 1)
            if near >= _NO_PROFILE * far:
                return True
    return False


def _beside(ink: np.ndarray, apart: np.ndarray, pixels: int) -> tuple[float, float]:
    """Usual contrast (`apart`) so many pixels from ink (uint8), and four pixels from it."""
    rings = []
    for r in (pixels, 4):
        near, wide = (cv2.dilate(ink, np.ones((2 * k + 1,) * 2, np.uint8)) > 0 for k in (r - 1, r))
        rings.append(wide & ~near)
    beside, away = (float(np.median(apart[ring])) if ring.any() else 0.0 for ring in rings)
    return beside, away


def _counts(image: np.ndarray) -> np.ndarray:
    """Pixels of each level."""
    size = np.iinfo(image.dtype).max + 1
    return cv2.calcHist([np.ascontiguousarray(image)], [0], None, [size], [0, size]).ravel()


def _drawn_levels(counts: np.ndarray) -> list[int]:
    """Both ends of the levels in use, and levels far more frequent than their neighbours."""
    used = np.flatnonzero(counts)
    padded = np.concatenate([[0], counts, [0]])
    neighbours = np.maximum(padded[:-2], padded[2:])
    enough = _BOX_SIDES[0] * _BOX_SIDES[1] // 2
    peaks = np.flatnonzero((counts > _FREQUENT * neighbours) & (counts > enough))
    peaks = peaks[np.argsort(counts[peaks])[-4:]]
    ends = [level for level in (used[0], used[-1]) if counts[level] > enough // 2]
    return sorted({int(level) for level in (*ends, *peaks)})


def _holds(image: np.ndarray, levels: tuple[int, int], block: tuple[int, int]) -> bool:
    """Whether rows and columns of a block have levels between two anywhere: cheap, and mostly no."""
    parts = (image[first : first + _BLOCK_ROWS] for first in range(0, len(image), _BLOCK_ROWS))
    return any(cv2.erode(cv2.inRange(part, *levels), np.ones(block, np.uint8)).any() for part in parts)


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
