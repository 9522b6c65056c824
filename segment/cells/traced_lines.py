"""Which pixels of a traced picture are lines: bright, dark, grey, coloured, or on a transparent layer."""

import cv2
import numpy as np

from segment.errors import InputError

_LINE = 0.4  #: of the distance from ground to line at which a smoothed line begins
GROUND = 0.5  #: least share of the picture that has the ground's level; micrographs have none
_FLAT = 0.03  #: of the levels in use, within which the ground of a drawing stays
_TWO_LEVELS = 0.85  #: of the picture has one of two levels where both cover as much; micrographs have .77
NEAR_GROUND = 0.1  #: of the levels in use: what JPEG does to the ground beside a line
COLOURED = 0.35  #: least chroma of a line drawn on a grey micrograph, of the largest level
MOST_COLOURED = 0.4  #: share of the picture that coloured lines may cover
DRAWN = 0.01  #: least share of grey or black lines beside coloured ones; judgement
PALE = 0.05  #: pixels of paler lines over those of the lines, from which they are said; judgement
AWAY_PX = 5  #: from a line, where its soft edge and what JPEG does beside it end
#: distance between colours, in units of theirs from the ground, and least share of a second one; judgement
COLOURS = (0.45, 0.03)
#: of the lines' level at most, in areas so many pixels wide, and their share of the lines; judgement
SECOND_GREY = (0.8, 5, 0.01)

SEVERAL = "lines of several colours were read as boundaries: leave out what is none"
DARK = "dark lines on a light ground were read as boundaries"
_REMEDY = "Draw the boundaries on a layer of their own and save that layer: lines on an empty ground"


def traced_lines(picture: np.ndarray, source: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Lines of a tracing (bool), and in words how they were told from the ground.

    `picture` is (rows, columns), or has 2, 3 or 4 samples: grey and alpha, colours, colours and alpha;
    `source` names it.  `InputError`: neither a layer, nor coloured lines, nor lines on a ground of one level.
    """
    if not picture.size or picture.dtype.kind not in "biuf":
        raise InputError(source, f"{picture.size} values of {picture.dtype}, no picture", "Give grey levels")
    if picture.dtype == bool:
        if picture.ndim == 2:
            return picture, ()
        picture = picture * np.uint8(255)
    if picture.dtype.kind == "f":
        picture = np.where(np.isfinite(picture), picture, 0)
    if picture.ndim == 3 and picture.shape[2] in (2, 4):
        alpha, picture = picture[..., -1], picture[..., :-1]
        shown = picture[alpha > 0]
        layer = shown.size and (alpha == 0).mean() >= GROUND
        if layer or not shown.size or np.ptp(shown, axis=0).max() <= _FLAT * _top(picture):
            lines, words = _on_ground(alpha.astype(np.float32), source)
            said = tuple(word for word in words if word != DARK) + _several(picture, lines)
            return lines, ("the lines of a transparent layer were read as boundaries", *said)
    if picture.ndim == 3:
        colours = picture.astype(np.float32)
        chroma = colours.max(axis=2) - colours.min(axis=2)
        if chroma.max(initial=0) <= NEAR_GROUND * _top(picture):
            return _on_ground(colours.mean(axis=2), source)
        lines = chroma >= COLOURED * _top(picture)
        grey = chroma <= NEAR_GROUND * _top(picture)
        of_colour = grey.mean() > 0.5 and lines.any() and lines.mean() <= MOST_COLOURED
        if of_colour and not _is_drawn(colours.mean(axis=2)[grey], _top(picture)):
            return lines, ("coloured lines were read as boundaries", *_several(picture, lines))
        lines, words = _on_ground(_distance(colours), source)
        return lines, words + (SEVERAL,) * _in_colours(colours - np.median(colours[~lines], axis=0), lines)
    if picture.ndim != 2:
        raise InputError(
            source, f"an array of shape {picture.shape}, not one picture", "Give one 2-D picture"
        )
    return _on_ground(picture.astype(np.float32), source)


def _top(levels: np.ndarray) -> float:
    return float(np.iinfo(levels.dtype).max) if levels.dtype.kind in "iu" else float(max(levels.max(), 1e-30))


def _distance(colours: np.ndarray) -> np.ndarray:
    """Largest difference, over the channels, to the commonest colour."""
    codes = (colours // 8).astype(np.int64) @ np.array([1 << 40, 1 << 20, 1])
    values, counts = np.unique(codes, return_counts=True)
    ground = np.median(colours[codes == values[counts.argmax()]], axis=0)
    return np.abs(colours - ground).max(axis=2)


def _several(picture: np.ndarray, lines: np.ndarray) -> tuple[str, ...]:
    """Words where lines on a layer, or on a grey picture, have several hues."""
    if picture.shape[2] < 3:
        return ()
    colours = picture.astype(np.float32)
    hues = colours - colours.mean(axis=2, keepdims=True)
    hues[np.abs(hues).max(axis=2) < NEAR_GROUND * _top(picture)] = 0
    return (SEVERAL,) * _in_colours(hues, lines)


def _in_colours(away: np.ndarray, lines: np.ndarray) -> bool:
    """Whether some lines have another colour than most; `away` are colours as seen from the ground."""
    away = away[lines]
    away = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    _, first, count = np.unique(np.rint(3 * away) @ [49, 7, 1], return_index=True, return_counts=True)
    apart, share = COLOURS
    return bool((np.linalg.norm(away - away[first[count.argmax()]], axis=1) > apart).mean() > share)


def _is_drawn(grey: np.ndarray, top: float) -> bool:
    """Whether the part without colour is a drawing of its own: lines on a ground of one level."""
    far = np.abs(grey - np.median(grey))
    return bool((far <= _FLAT * top).mean() >= GROUND and (far > NEAR_GROUND * top).mean() > DRAWN)


def _on_ground(levels: np.ndarray, source: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Pixels far from the commonest level, in units of the distance at which most lines lie."""
    low, high = float(levels.min()), float(levels.max())
    if not high > low:
        raise InputError(source, "it shows no boundary: it has one level only", _REMEDY)
    near = NEAR_GROUND * (high - low)
    counts, edges = np.histogram(levels, 64, (low, high))
    ground = float(np.median(levels[np.digitize(levels, edges[1:-1]) == counts.argmax()]))
    far = np.abs(levels - np.float32(ground))
    line = float(np.percentile(far[far > near], 75)) if (far > near).any() else high - low
    at_ground, at_line = ((away <= _FLAT * (high - low)).mean() for away in (far, np.abs(far - line)))
    if at_ground < GROUND and at_ground + at_line < _TWO_LEVELS:
        raise InputError(source, "no tracing: it has the many grey levels of a micrograph", _REMEDY)
    lines = far > _LINE * line
    dark = np.median(levels[lines]) < ground
    words: tuple[str, ...] = (DARK,) if dark else ()
    alone = cv2.distanceTransform((~lines).astype(np.uint8), cv2.DIST_L2, 5) > AWAY_PX
    if np.count_nonzero(alone & (far > near)) > PALE * np.count_nonzero(lines):
        words += ("paler lines were left out: draw all boundaries in one grey",)
    most, width, share = SECOND_GREY
    second = cv2.erode((lines & (far < most * line)).astype(np.uint8), np.ones((width, width), np.uint8))
    if np.count_nonzero(second) > share * np.count_nonzero(lines):
        words += ("areas of a second grey were read as boundaries: leave out what is none",)
    return lines, words
