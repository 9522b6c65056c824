"""Insets: a picture set into the image, such as a magnified view or a diffraction pattern.

Straight seams enclose it, two in a corner, three at an edge, four elsewhere.  On a seam neighbours differ
more than anywhere beside it, JPEG's blocks included, nearly all along; no grain has such an outline.  Or a
line of any shape was drawn around it, across which the picture does not go on.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

LARGEST_WITH_INSET = 2**24  #: pixels above which none is looked for; published pictures are smaller

_CHUNK = 16  #: pixels of a seam that are judged together
#: length of the seams, and in a corner of what is left behind: pixels, share of the image's side
_LEAST = {2: (112, 0.18), 3: (112, 0.18), 4: (80, 0.12)}
_MOST = 0.4  #: of the image may be an inset
_BESIDE = (4, 12)  #: pixels from a seam at which the usual differences are taken: a border may be drawn
#: how many times the usual differences those of so many seams are on average
_SHARPER = {2: 2.5, 3: 2.0, 4: 1.7}
#: the same in each chunk that counts, and outside of the seam at most; with these limits 1152 sound images,
#: parts of them, and both packed as JPEG of quality down to 10 have no inset
_SHARP, _ENDED = 1.5, 1.6
_JPEG_BLOCK = 8  #: pixels from edge to edge of JPEG's blocks, at which neighbours differ more than elsewhere
_COVERED = 0.66  #: of the chunks of a seam that must count
_CLEAR = 0.8  #: of the chunks of one that runs all across an image
_AWAY = (24, 0.25)  #: from a corner a seam may end: pixels, share of its length
_AWAY_MEAN = 36  #: pixels that they do so on average
_COMPARED = 12  #: seams of either direction that are put together, the clearest ones
#: where panels of a figure meet, as shares of a side, and how far from there
_PANELS, _NEAR = (1 / 3, 1 / 2, 2 / 3), 0.01
#: of lines around an inset: share of the image that one encloses, lines, correlation across one, pixels from
#: it at which levels are compared, and pixels around it that are looked at
_CUT_OFF, _MOST_DRAWN, _GOES_ON, _ACROSS, _BEYOND = 0.25, 4, 0.55, (2.5, 4.0), 32
_STEP = 0.03  #: of the range of grey levels: difference in a chunk that counts; JPEG's blocks make less


@dataclass(frozen=True)
class _Seam:
    place: int  #: row or column that begins behind it
    start: int  #: start, end: pixels along it
    end: int
    sharper: float  #: times the usual differences
    rim: bool = False  #: the edge of the image, as long as it needs to be


def find_seams(image: np.ndarray) -> tuple[np.ndarray | None, bool]:
    """Pixels of rectangular insets (bool; None without any), and whether seams part an image into panels.

    Only uint8 and uint16 are searched: other dtypes come from the detector, not from a picture.  Of 91 insets
    each drawn into corners, at edges and elsewhere, with and without border, 70, 70 and 56 were found.
    """
    is_searched = image.dtype in (np.uint8, np.uint16) and image.size <= LARGEST_WITH_INSET
    if not is_searched or min(image.shape) < 2 * _LEAST[2][0]:
        return None, False
    step = _STEP * float(np.ptp(np.percentile(image[::4, ::4], (1, 99))))
    across, along = _differences(image), _differences(image.T)
    hidden = np.zeros(image.shape, bool)
    upright, level = _seams(*across, step, len(image)), _seams(*along, step, image.shape[1])
    for _, top, bottom, left, right in sorted(_rectangles(upright, level, image.shape)):  # the best fit first
        if not hidden[top:bottom, left:right].any():
            hidden[top:bottom, left:right] = True
    return hidden if hidden.any() else None, _parts(*across, step) or _parts(*along, step)


def enclosed(image: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Parts (bool) as large as an inset that drawn lines (bool) enclose, or cut off at the edge.

    Where the picture goes on across the line, its levels on both sides correlate by .6 on average (106 places
    in 53 real and rendered images); into magnified parts by .02, in 98 of 100 by less than `_GOES_ON`.
    """
    found = np.zeros(image.shape, bool)
    _, labels, facts, _ = cv2.connectedComponentsWithStats((~ink).view(np.uint8), connectivity=4)
    least = [max(_LEAST[4][0], _LEAST[4][1] * side) for side in image.shape]
    large = (facts[:, cv2.CC_STAT_HEIGHT] >= least[0]) & (facts[:, cv2.CC_STAT_WIDTH] >= least[1])
    large[[0, 1 + int(facts[1:, cv2.CC_STAT_AREA].argmax())] if len(facts) > 1 else 0] = False
    parts = np.flatnonzero(large & (facts[:, cv2.CC_STAT_AREA] <= _CUT_OFF * image.size))
    for number in parts if len(parts) <= _MOST_DRAWN else ():
        left, top, width, height, _ = facts[number].tolist()
        rows = slice(max(top - _BEYOND, 0), top + height + _BEYOND)
        columns = slice(max(left - _BEYOND, 0), left + width + _BEYOND)
        part = labels[rows, columns] == number
        if _levels_across(image[rows, columns], ink[rows, columns], part) < _GOES_ON:
            found[rows, columns] |= part
    return found


def _levels_across(image: np.ndarray, ink: np.ndarray, part: np.ndarray) -> float:
    """Correlation of the levels inside a part with those outside of the line around it."""
    smooth = cv2.blur(image.astype(np.float32), (5, 5))
    away = [cv2.distanceTransform(of.view(np.uint8), cv2.DIST_L2, 5) for of in (part, ~(part | ink))]
    inner, outer = ((of > _ACROSS[0]) & (of <= _ACROSS[1]) for of in away)
    outer &= cv2.dilate((part | ink).view(np.uint8), np.ones((11, 11), np.uint8)) > 0
    if not inner.any() or not outer.any():
        return 1.0
    nearest = cv2.distanceTransformWithLabels(
        (~inner).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )[1]
    level = np.zeros(int(nearest.max()) + 1, np.float32)
    level[nearest[inner]] = smooth[inner]
    both = smooth[outer], level[nearest[outer]]
    return float(np.corrcoef(*both)[0, 1]) if min(of.std() for of in both) > 0 else 0.0


def _parts(here: np.ndarray, usual: np.ndarray, step: float) -> bool:
    """Whether a seam runs from rim to rim at a half or a third; edges of sheets and films lie anywhere."""
    clear = (here > np.maximum(_SHARP * usual, step)).mean(axis=0) >= _CLEAR
    sharp = here.sum(axis=0) >= _SHARPER[2] * usual.sum(axis=0)
    column = np.arange(1, len(sharp) + 1) / (len(sharp) + 1)
    return bool((clear & sharp & np.logical_or.reduce([abs(column - at) <= _NEAR for at in _PANELS])).any())


def _differences(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between neighbouring columns, chunk by chunk of the rows; and the usual ones on both sides of each."""
    rows, columns = image.shape
    here = np.empty((rows // _CHUNK, columns - 1), np.float32)
    for k in range(len(here)):
        chunk = image[k * _CHUNK : (k + 1) * _CHUNK].astype(np.float32)
        # most rows must differ, so that lines which cross do not count
        here[k] = np.partition(np.abs(np.diff(chunk, axis=1)), _CHUNK // 2, axis=0)[_CHUNK // 2]
    near, far = (2 * reach + 1 for reach in _BESIDE)
    usual = (cv2.blur(here, (far, 1)) * far - cv2.blur(here, (near, 1)) * near) / (far - near)
    blocks = np.zeros((1, 4 * _JPEG_BLOCK + 1), np.float32)
    blocks[0, ::_JPEG_BLOCK] = 1 / 4
    blocks[0, 2 * _JPEG_BLOCK] = 0  # the seam itself
    return here, np.maximum.reduce([usual, cv2.filter2D(here, -1, blocks), np.full_like(here, 1e-6)])


def _seams(here: np.ndarray, usual: np.ndarray, step: float, length: int) -> list[_Seam]:
    """The clearest upright seams, one a column, and the two edges of an image of so many rows."""
    begin, end = _clear_part(here > np.maximum(_SHARP * usual, step))
    column = np.flatnonzero(end - begin >= np.ceil(max(_LEAST[4][0] / _CHUNK, _LEAST[4][1] * len(here))))
    begin, end = begin[column], end[column]
    total, as_usual = (
        np.pad(np.cumsum(of[:, column], axis=0, dtype=float), ((1, 0), (0, 0))) for of in (here, usual)
    )
    within, usually = (_between(of, begin, end) for of in (total, as_usual))
    # the chunks at the ends hold a part of the seam
    wider = np.maximum(begin - 1, 0), np.minimum(end + 1, len(here))
    goes_on = total[-1] - _between(total, *wider) > _ENDED * (as_usual[-1] - _between(as_usual, *wider))
    sharper = np.where(goes_on, 0, within / usually)
    found: list[_Seam] = []
    for k in np.argsort(-sharper * np.sqrt(end - begin)):
        if sharper[k] < _SHARPER[4] or len(found) == _COMPARED:
            break
        if all(abs(column[k] + 1 - one.place) >= _BESIDE[0] for one in found):
            stop = length if end[k] == len(here) else int(end[k]) * _CHUNK
            found.append(_Seam(int(column[k]) + 1, int(begin[k]) * _CHUNK, stop, float(sharper[k])))
    return [*found, *(_Seam(place, 0, length, np.inf, rim=True) for place in (0, here.shape[1] + 1))]


def _between(total: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    column = np.arange(total.shape[1])
    return total[end, column] - total[begin, column]


def _clear_part(clear: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First chunk, and the one behind the last, of the part of each column where enough count (Kadane)."""
    gain = np.where(clear, 1.0, -_COVERED / (1 - _COVERED))
    total, best = np.zeros((2, clear.shape[1]))
    start, begin, end = np.zeros((3, clear.shape[1]), int)
    for k, more in enumerate(gain):
        start = np.where(total <= 0, k, start)
        total = np.maximum(total, 0) + more
        better = total > best
        best, begin, end = (np.where(better, *of) for of in ((total, best), (start, begin), (k + 1, end)))
    return begin, end


def _rectangles(
    upright: Sequence[_Seam], level: Sequence[_Seam], shape: tuple[int, ...]
) -> Iterator[tuple[float, int, int, int, int]]:
    """How far its seams end from its corners, top, bottom, left and right of each that seams enclose."""
    columns, rows = (
        [
            (a, b)
            for a, b in itertools.combinations(sorted(of, key=lambda s: s.place), 2)
            if not (a.rim and b.rim)
        ]
        for of in (upright, level)
    )
    for (left, right), (top, bottom) in itertools.product(columns, rows):
        size = bottom.place - top.place, right.place - left.place
        seams = [(s, top.place, bottom.place) for s in (left, right) if not s.rim]
        seams += [(s, left.place, right.place) for s in (top, bottom) if not s.rim]
        n = len(seams)
        pixels, share = _LEAST[n]
        least = [max(pixels, share * side) for side in shape]
        left_over = least if n == 2 else (0, 0)
        if (
            all(a >= b and side - a >= c for a, b, side, c in zip(size, least, shape, left_over, strict=True))
            and size[0] * size[1] <= _MOST * shape[0] * shape[1]
            and min(s.sharper for s, *_ in seams) >= _SHARPER[n]
        ):
            away = [(abs(s.start - a), abs(s.end - b), b - a) for s, a, b in seams]
            mean = sum(a + b for a, b, _ in away) / n
            if mean <= _AWAY_MEAN and all(max(a, b) <= max(_AWAY[0], _AWAY[1] * long) for a, b, long in away):
                yield mean, top.place, bottom.place, left.place, right.place
