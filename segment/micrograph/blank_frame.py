"""Frames, bands and corners of one level around the image: padding, margins, what a rotation left empty.

A blank part reaches the rim, has one level, and leaves a convex view: what is left is a rectangle, a turned
rectangle, a circle. Or its outline runs along rows and columns, as between the tiles of a mosaic. A pore, a
hole or a saturated grain at the rim leaves a dent, so it stays. Whole rows and columns may be a little noisy.
"""

import itertools
from collections.abc import Iterator

import cv2
import numpy as np

LEAST_PIXELS = 64  #: of a blank part; a smaller one changes no statistic
LEAST_DEPTH = 3  #: pixels that a blank part reaches into the image
SOFT_EDGE = 2  #: pixels beside a blank part that smoothing, rotation or JPEG mixed with it

_RUN = 24  #: equal pixels in a row along the rim that make its level a candidate
_LEVELS = 6  #: candidates that are looked at, of levels and of mirrored lines
_LINK, _NOISY_LINK = 33, 9  #: pixels of a run of a blank part; shorter ones link it to dark pixels
_DENT = 0.1  #: largest share of a blank part that may lie within the convex hull of the view
_STAIR = 1.5  #: pixels of a slanting edge that its steps put into the hull
_LETTER = 0.1  #: of the largest piece of the view is a smaller one no picture: lettering, a scale of colours
#: of a corner that a turn filled: pixels looked at, share of its steps along one direction, and degrees
_CORNER, _STRIPED, _ONE_WAY, _SLANT = 24, 0.9, 4.0, 1.5
_PANEL = 0.3  #: of the largest picture of a figure that another has at least; judgement
_FOREIGN = 0.3  #: share of other levels, such as lettering, in a blank part
_RINGING = 0.03  #: of the levels in use: what JPEG does to a blank part
_EXACT = 0.5  #: share of a JPEG's blank part that has its level exactly
_FINE = 1 << 19  #: pixels that are looked at; of a larger image every second row and column, and so on
_JPEG_BLOCK = 8  #: pixels over which JPEG smears an edge
_MOSTLY = 0.9  #: of a line is near the level of the frame where JPEG has touched it
_LONG = 0.15  #: of a side of the image is the least extent of a corner or a rounded part
_EQUAL = 0.2  #: by which the sides of two rounded corners may differ; judgement
_SAMPLED = 200  #: rows from which the levels in use are told
_BOX = 9  #: pixels over which a level is averaged; of white noise a ninth is left
_WHITE = 0.2  #: of the noise that may be left; of grains nearly all is
_VIEW = 0.25  #: of the image at least is seen within a noisy frame; more noise is a noisy image; judgement
_AROUND = 0.6  #: of the rim that a noisy blank part must reach; judgement
_NESTED = 4  #: frames within frames
_QUIET = 0.02  #: of the levels in use: noise of a line that shows nothing; grains make five times as much
_STRAIGHT = 0.9  #: of an outline that runs along rows and columns is that of tiles
_TILE = (16, 3.0)  #: pixels of such a run at least, and how far it may stray, as JPEG's blocks make it


def find_blank(image: np.ndarray, *, noisy: bool = True) -> np.ndarray | None:
    """Blank parts (bool) at the rim of an image of any real dtype, info bar cut; None where there is none.

    `noisy`: parts that hold nothing but white noise are blank as well.
    """
    mask: np.ndarray | None = None
    view = np.s_[: image.shape[0], : image.shape[1]]
    for _ in range(_NESTED):
        inner = image[view]
        found = _blank_once(inner, noisy) if min(inner.shape) >= 2 * _RUN else None
        if found is None or found.all():
            break
        mask = np.zeros(image.shape, bool) if mask is None else mask
        mask[view] |= found
        view = box_of(~mask)
    if mask is None:
        return None
    soft = cv2.dilate(mask.astype(np.uint8), np.ones((2 * SOFT_EDGE + 1,) * 2, np.uint8)).astype(bool)
    return None if soft.all() else soft


def box_of(seen: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of all that is True; empty where nothing is."""
    left, top, width, height = cv2.boundingRect(seen.astype(np.uint8))
    return slice(top, top + height), slice(left, left + width)


def has_drawn_out_corners(image: np.ndarray) -> bool:
    """Whether a turn filled three corners or more with drawn-out edges: stripes one way, or across it.

    No corner of 1870 sound pictures is like two others; of 60 pictures turned by 3 to 35 degrees, 52 are.
    """
    if min(image.shape) < 2 * _CORNER:
        return False
    ends = slice(None, _CORNER), slice(-_CORNER, None)
    found = []
    for rows, columns in itertools.product(ends, ends):
        corner = image[rows, columns].astype(np.float32)
        dy, dx = np.gradient(cv2.GaussianBlur(corner, (0, 0), 1.0))
        across, along = float((dx * dx - dy * dy).sum()), float(2 * (dx * dy).sum())
        if np.hypot(across, along) >= _STRIPED * max(float((dx * dx + dy * dy).sum()), 1e-9):
            found.append(np.degrees(np.arctan2(along, across)) / 2 % 90)
    near = [sum(abs((one - other + 45) % 90 - 45) <= _ONE_WAY for other in found) for one in found]
    return any(n > 2 and _SLANT < one < 90 - _SLANT for n, one in zip(near, found, strict=True))


def n_views(seen: np.ndarray) -> int:
    """Pictures that blank gutters part: pieces of what is seen that are about as large as the largest."""
    facts = cv2.connectedComponentsWithStats(seen.astype(np.uint8), connectivity=4)[2]
    area = facts[1:, cv2.CC_STAT_AREA]
    return int(np.count_nonzero(area >= _PANEL * area.max(initial=1)))


def _blank_once(image: np.ndarray, noisy: bool) -> np.ndarray | None:
    """Whole rows and columns first; then, within them, corners and rounded views."""
    bands = _bands(image)
    if bands is not None:
        return bands
    step = max(1, int(np.ceil(np.sqrt(image.size / _FINE))))
    coarse = np.ascontiguousarray(image[::step, ::step])
    levels = _rim_levels(coarse)
    low, high = (float(coarse.min()), float(coarse.max())) if levels else (0.0, 0.0)
    parts = [part for level in levels for part in _parts(coarse, level, high - low)]
    parts += _noisy_parts(coarse) if noisy else []
    if not parts:
        return None
    mask: np.ndarray = np.logical_or.reduce(parts)
    if step > 1:
        wide = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
        mask = cv2.resize(wide, image.shape[::-1], interpolation=cv2.INTER_NEAREST).astype(bool)
    return mask


def _bands(image: np.ndarray) -> np.ndarray | None:
    """Rows and columns of one level, or that repeat or mirror those beside them, at the four sides."""
    sides = (image, image[::-1], image.T, image.T[::-1])
    low, high = np.percentile(image[:: 1 + len(image) // _SAMPLED], (1, 99)).astype(float)
    noise = _QUIET * (high - low)
    depths = [_depth(lines, 0.0) for lines in sides]  # a frame of the least float is no measure of noise
    depths = depths if any(depths) else [_depth(lines, noise) for lines in sides]
    if not any(depths):
        return None
    for first in (0, 2):
        if depths[first] == depths[first + 1] and (sides[first] == sides[first + 1]).all():
            depths[first] = 0  # its own mirror image: one half of it stays
    mask = np.zeros(image.shape, bool)
    for depth, masked in zip(depths, (mask, mask[::-1], mask.T, mask.T[::-1]), strict=True):
        masked[:depth] = True
    return mask


def _depth(lines: np.ndarray, noise: float) -> int:
    """Equal lines at the beginning, with those that JPEG's ringing has touched; 0 for too few."""
    depth, first = 1, lines[0]
    while depth < len(lines) and (lines[depth] == first).all():
        depth += 1
    level = first[0]
    if (first != level).any() and (lines[depth : depth + 2] == lines[depth + 1 : depth + 2]).all():
        depth = 0  # every line is there twice: an enlarged picture
    if depth < LEAST_DEPTH:
        depth = repeated_lines(lines) if noise == 0 else _quiet_lines(lines, noise)
    if depth < LEAST_DEPTH:
        return 0
    if depth == len(lines):
        return depth
    inside = lines[depth : depth + 4 * _JPEG_BLOCK].astype(np.float32)
    ringing = 2 * _RINGING * float(inside.max() - inside.min())
    near = (np.abs(inside - first.astype(np.float32)) <= ringing).mean(axis=1)[:_JPEG_BLOCK] >= _MOSTLY
    return depth + (_JPEG_BLOCK if near.all() else int(np.argmin(near)))


def repeated_lines(lines: np.ndarray) -> int:
    """Lines at the beginning that mirror those behind them, or half of those that stand at the end again.

    So programs fill what surrounds a picture.
    """
    some = lines[:, :: 1 + lines.shape[1] // _RUN]
    alike = (int(j) + 1 for j in np.flatnonzero((some[1:] == some[0]).all(axis=1)))
    for j in itertools.islice((j for j in alike if (lines[j] == lines[0]).all()), _LEVELS):
        half, again = (j + 1) // 2, len(lines) - j
        if (
            (j < len(lines) // 2 or again == 1)
            and half >= LEAST_DEPTH
            and (lines[:half] == lines[j : j - half : -1]).all()
        ):
            return half
        if 2 * LEAST_DEPTH <= again <= j and (lines[:again] == lines[j:]).all():
            return (again + 1) // 2
    return 0


def _quiet_lines(lines: np.ndarray, noise: float) -> int:
    """Lines at the beginning that hold nothing but so much noise around one level."""
    level = lines[0].mean(dtype=np.float64)
    for depth, line in enumerate(lines):
        if abs(line.mean(dtype=np.float64) - level) > noise or line.std(dtype=np.float64) > noise:
            return depth
    return len(lines)


def _rim_levels(image: np.ndarray) -> list[float]:
    """Levels that stand in long runs along the rim or fill whole lines, the longest first."""
    total: dict[float, int] = {}
    for lines in (image, image.T):
        for level in lines[lines.min(axis=1) == lines.max(axis=1), 0].tolist():
            total[level] = total.get(level, 0) + lines.shape[1]
    for side in (image[0], image[-1], image[:, 0], image[:, -1]):
        begin = np.flatnonzero(np.concatenate([[True], side[1:] != side[:-1]]))
        length = np.diff(begin, append=side.size)
        for k in np.flatnonzero(length >= _RUN):
            level = side[begin[k]].item()
            total[level] = total.get(level, 0) + int(length[k])
    return sorted(total, key=lambda level: -total[level])[:_LEVELS]


def _parts(image: np.ndarray, level: float, spread: float) -> Iterator[np.ndarray]:
    """Blank parts of one level, blurred by JPEG or exact."""
    exact = image == level
    near = np.abs(image.astype(np.float32) - np.float32(level)) <= _RINGING * spread
    for candidate in (near, exact):
        found = [part for part in _outer_parts(candidate, _LINK) if _is_blank(part, candidate, exact)]
        if found:
            yield from found
            return


def _noisy_parts(image: np.ndarray) -> list[np.ndarray]:
    """The part around the view where nothing but white noise of one level is recorded."""
    grey = image.astype(np.float32)
    mean, square = cv2.blur(grey, (_BOX, _BOX)), cv2.blur(grey * grey, (_BOX, _BOX))
    noise = np.sqrt(np.maximum(square - mean * mean, 0))
    rim = [np.concatenate([of[0], of[-1], of[:, 0], of[:, -1]]) for of in (mean, noise)]
    level, sigma = (float(np.median(values)) for values in rim)
    if sigma <= 0 or (np.abs(rim[0] - level) <= sigma).mean() < _AROUND:
        return []
    near = (np.abs(mean - level) <= sigma) & (noise <= 2 * sigma)
    found = []
    for part in _outer_parts(near, _NOISY_LINK):
        inner = cv2.erode(part.astype(np.uint8), np.ones((_BOX, _BOX))) > 0
        if (
            inner.any()
            and part.mean() <= 1 - _VIEW
            and mean[inner].std() <= _WHITE * sigma
            and (part & ~near).sum() <= _FOREIGN * part.sum()
        ):
            found.append(cv2.dilate(part.astype(np.uint8), np.ones((_BOX, _BOX))) > 0)
    return found


def _outer_parts(equal: np.ndarray, length: int) -> Iterator[np.ndarray]:
    """What lies outside the convex view that a rim-bound region of one level leaves.

    Only runs of `length` pixels along a row or a column count: they end links to dark pixels of the image.
    """
    runs = np.zeros(equal.shape, bool)
    padded = cv2.copyMakeBorder(equal.astype(np.uint8), *(length,) * 4, cv2.BORDER_REPLICATE)
    for shape in ((1, length), (length, 1)):
        opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
        runs |= opened[length:-length, length:-length] > 0
    _, labels, facts, _ = cv2.connectedComponentsWithStats(runs.astype(np.uint8), connectivity=4)
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    large = (facts[:, cv2.CC_STAT_AREA] >= LEAST_PIXELS) & (facts[:, 2:4].min(axis=1) >= LEAST_DEPTH)
    large &= (facts[:, 2:4].max(axis=1) >= _LONG * min(equal.shape)) | _equal_corners(labels, facts)
    for number in rim[(rim > 0) & large[rim]]:
        region = labels == number
        outside = _outside_of_view(region)
        if outside is None and _between_tiles(region):
            outside = region
        if outside is not None:
            yield outside


def _equal_corners(labels: np.ndarray, facts: np.ndarray) -> np.ndarray:
    """Which regions fill a corner as another one does: rounded or cut off, however small."""
    equal = np.zeros(len(facts), bool)
    at = np.unique(labels[[0, 0, -1, -1], [0, -1, 0, -1]])
    for one, other in itertools.combinations(at[at > 0], 2):
        sides = facts[[one, other], 2:4]
        equal[[one, other]] |= bool((np.ptp(sides, axis=0) <= _EQUAL * sides.max(axis=0)).all())
    return equal


def _outside_of_view(region: np.ndarray) -> np.ndarray | None:
    """Complement of the convex hull of the large pieces of what `region` leaves; None where it is a dent."""
    rest = (~region).astype(np.uint8)
    count, pieces, facts, _ = cv2.connectedComponentsWithStats(rest, connectivity=4)
    if count < 2:
        return None
    area = facts[:, cv2.CC_STAT_AREA]
    shows = area >= _LETTER * area[1:].max()
    shows[0] = False
    view = shows[pieces].astype(np.uint8)
    contours, _ = cv2.findContours(view, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.concatenate(contours))
    inside = cv2.fillConvexPoly(np.zeros_like(view), hull, 1).astype(bool)
    outside = ~inside
    dent = np.count_nonzero(region & inside)
    stairs = _STAIR * max(int(region.any(axis=1).sum()), int(region.any(axis=0).sum()))
    if np.count_nonzero(outside) < LEAST_PIXELS or dent > _DENT * np.count_nonzero(region) + stairs:
        return None
    return outside


def _between_tiles(region: np.ndarray) -> bool:
    """Whether the outline, where it does not follow the rim, runs along rows and columns."""
    contours, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    least, stray = _TILE
    straight = total = 0.0
    last = np.array(region.shape[::-1]) - 1
    for contour in contours:
        points = cv2.approxPolyDP(contour, stray, True)[:, 0].astype(float)
        ends = np.roll(points, -1, axis=0)
        at_rim = (((points == 0) & (ends == 0)) | ((points == last) & (ends == last))).any(axis=1)
        steps = np.abs(ends - points)[~at_rim]
        length = np.hypot(*steps.T)
        total += length.sum()
        straight += length[(steps.min(axis=1) <= stray) & (steps.max(axis=1) >= least)].sum()
    return bool(total > 0 and straight >= _STRAIGHT * total)


def _is_blank(part: np.ndarray, candidate: np.ndarray, exact: np.ndarray) -> bool:
    """Nearly all of the part has the level, and enough of it exactly."""
    area = np.count_nonzero(part)
    foreign = np.count_nonzero(part & ~candidate)
    return bool(foreign <= _FOREIGN * area and np.count_nonzero(part & exact) >= _EXACT * area)
