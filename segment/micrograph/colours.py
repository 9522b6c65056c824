"""Colours: inks, transparency, marks drawn into a grey picture, colours that are a code."""

import cv2
import numpy as np

from segment.micrograph.drawn_map import runs_all_over
from segment.micrograph.grey import BLOCK_ROWS, is_grey

_HALF_TRANSPARENT = 0.3  #: share of soft edges in an alpha channel; a picture has more; judgement
#: a pixel's largest less its smallest channel, of full intensity: of drawn marks, and what JPEG makes of grey
_COLOURED, _TINTED = 0.2, 0.02
_LEAST_MARKS = 64  #: coloured pixels
_MOST_MARKED = 0.1  #: share of tinted pixels; more is a colour picture; judgement
#: share of pixels without any colour, of which colour pictures have .007 (101), and what is a mark among them
_GREY, _PALE_MARK = 0.5, 0.06
_MARGIN = 3  #: pixels around a mark that smoothing or JPEG mixed with it
_RAMP, _SMALL_STEP = 256, 32  #: entries of a scale, and of a channel's 256 levels what one step may change
_DARKEST = 99  #: percentile of the ink, in sheets fully covered by one of four
#: such sheets that are hardly printed on each other (ISO 12647-2: at most 3.3 to 3.5), and by which the other
#: reading needs less; judgement
_TOO_MUCH = ((3.3, 1.0), (3.6, 0.2))
_SPARSE = 4  #: every so many rows and columns tell whether colours are a code
#: mean of a pixel's largest less its smallest channel, of full intensity, that makes colours strong, and how
#: far these agree, 1 for one hue, 0 for all alike: of 94 real pictures those of .25 and more have .86 and
#: more; maps of orientations and labels have .03, labels laid over a picture .19
_STRONG, _ALL_HUES = 0.25, 0.3
#: share of pixels with a channel at its end, as in the code of orientations (inverse pole figure) and in
#: rainbows, and how far their hues agree at most; real pictures have .02
_FULL, _AT_END, _SEVERAL_HUES = 0.4, 0.97, 0.75
#: the same of pale colours laid over a grey picture: strength, agreement at most, and share of neighbours
#: whose colour is the same to within a level whatever the grey: .98, of real colour pictures up to .64 (101)
_PALE, _NO_HUE, _EVEN, _JUDGED = 0.02, 0.3, 0.85, 512
#: colours of a scale, and how far two that are next in brightness are apart on average where it goes up and
#: down in brightness: rainbows .25 and more, scales that only rise .01
_SCALE, _FOLDED = 256, 0.06

_LAID_OVER = "pale colours of all hues, as a map laid over the picture: give the picture without it"
_ONLY_BRIGHTNESS = (
    "strong colours of all hues, of which only the brightness is looked at: a map of orientations or labels? "
    "Give the map itself, or the picture in grey levels"
)


def rgb_of_inks(paper: np.ndarray) -> np.ndarray:
    """RGB of a picture printed with cyan, magenta, yellow and black.

    `paper`, shape (rows, columns, 4 or more), is what the inks leave of the paper's white: the largest value,
    1 for floats, is no ink.
    """
    top = _largest(paper)
    rgb = np.empty((*paper.shape[:2], 3), paper.dtype)
    for first in range(0, len(paper), BLOCK_ROWS):
        block = paper[first : first + BLOCK_ROWS].astype(np.float32)
        left = block[..., :3] * block[..., 3:4] / top
        rgb[first : first + BLOCK_ROWS] = left if paper.dtype.kind == "f" else np.rint(left)
    return rgb


def _largest(pixels: np.ndarray) -> float:
    """Full intensity: 1 for floats."""
    return 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)


def rgb_of_paper(pixels: np.ndarray, inverted: bool) -> np.ndarray:
    """RGB of a picture in four inks that may be stored inverted, whatever the file says (`inverted`).

    Read the wrong way round, bright parts are all black, or need more ink than paper takes.  A picture
    without bright parts needs no such amount either way: then the file counts.
    """
    told, other = _both_ways(pixels, inverted)
    colours = rgb_of_inks(told)
    return colours if colours.any() and not _is_too_much(told, other) else rgb_of_inks(other)


def doubt_of_inks(pixels: np.ndarray, inverted: bool) -> tuple[str, ...]:
    """Words where the amounts of ink speak against the file, or do not tell which way round they are."""
    told, other = _both_ways(pixels, inverted)
    if _is_too_much(told, other):
        return ("its inks were read inverted to what the file says, which needs more ink than paper takes",)
    if _is_too_much(other, told) or not rgb_of_inks(other[::_SPARSE, ::_SPARSE]).any():
        return ()
    return ("its inks may be stored inverted: check that bright grains are bright, else export it as grey",)


def _both_ways(pixels: np.ndarray, inverted: bool) -> tuple[np.ndarray, np.ndarray]:
    """What the inks leave of the paper, as the file says, and the other way round."""
    opposite = 1 - pixels if pixels.dtype.kind == "f" else ~pixels
    return (pixels, opposite) if inverted else (opposite, pixels)


def _is_too_much(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether one reading needs more ink than paper takes, and the other clearly less."""
    most, of_other = (
        4 - np.percentile(of[::_SPARSE, ::_SPARSE, :4].sum(axis=2) / _largest(of), 100 - _DARKEST)
        for of in (one, other)
    )
    return any(most > ink and of_other < most - less for ink, less in _TOO_MUCH)


def is_ramp(table: np.ndarray) -> bool:
    """Whether a palette, shape (n, 3), is a scale: grey in steps of one, or colours without a jump."""
    ramp = np.arange(len(table))[:, None]
    steps = np.abs(np.diff(table.astype(np.int16), axis=0)).max(axis=1)
    colours = bool((table != table[:, :1]).any())
    return bool((table == ramp).all()) or (colours and len(table) == _RAMP and steps.max() <= _SMALL_STEP)


def transparent(pixels: np.ndarray) -> np.ndarray | None:
    """Where alpha is below half.

    None without alpha, where nothing or everything is transparent, or where the last channel has too many
    levels in between to be one.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in (2, 4):
        return None
    alpha = pixels[..., -1]
    top = alpha.max(initial=0)  # 1 of a mask
    hidden = alpha < top / 2
    between = np.count_nonzero((alpha > 0) & (alpha < top)) / max(alpha.size, 1)
    if between > _HALF_TRANSPARENT or not hidden.any() or hidden.all():
        return None
    return hidden


def coloured_marks(pixels: np.ndarray) -> tuple[np.ndarray | None, bool]:
    """Where coloured lines and letters were drawn into a grey picture, None where there are none to hide.

    And whether coloured lines run all over it, as outlines of grains.
    """
    if pixels.ndim != 3 or pixels.shape[2] < 3 or pixels.dtype.kind != "u" or is_grey(pixels):
        return None, False
    red, green, blue = np.moveaxis(pixels[..., :3], 2, 0)
    colour = np.maximum(np.maximum(red, green), blue)
    colour -= np.minimum(np.minimum(red, green), blue)
    else_grey = (colour == 0).mean() >= _GREY
    coloured = (colour >= (_PALE_MARK if else_grey else _COLOURED) * _largest(pixels)).view(np.uint8)
    if np.count_nonzero(coloured) < _LEAST_MARKS:
        return None, False
    outlines = runs_all_over(coloured)
    if (colour > _TINTED * _largest(pixels)).mean() > _MOST_MARKED and not else_grey:
        return None, outlines
    return cv2.dilate(coloured, np.ones((2 * _MARGIN + 1,) * 2, np.uint8)).astype(bool), outlines


def coded_colours(pixels: np.ndarray) -> tuple[bool, tuple[str, ...]]:
    """Whether colours stand for numbers, as in maps of orientations; words where they may."""
    if pixels.ndim != 3 or pixels.shape[2] < 3 or pixels.dtype.kind != "u":
        return False, ()
    rgb = pixels[::_SPARSE, ::_SPARSE, :3].astype(np.float32) / np.float32(_largest(pixels))
    strength = float(np.ptp(rgb, axis=2).mean())
    if strength < _PALE:
        return False, ()
    red, green, blue = np.moveaxis(rgb, 2, 0)
    hue = red - (green + blue) / 2 + 1j * np.sqrt(0.75) * (green - blue)
    agree = abs(hue.mean()) / np.abs(hue).mean()
    if strength < _STRONG:
        return False, (_LAID_OVER,) if agree < _NO_HUE and _flat_colours(pixels) >= _EVEN else ()
    if agree < _SEVERAL_HUES and (rgb.max(axis=2) >= _AT_END).mean() >= _FULL:
        return True, ()
    return False, (_ONLY_BRIGHTNESS,) if agree < _ALL_HUES or _is_folded_scale(rgb) else ()


def _is_folded_scale(rgb: np.ndarray) -> bool:
    """Whether the colours are as few as those of a scale, and some of one brightness are quite different."""
    colours = np.unique((rgb.reshape(-1, 3) * 255).astype(np.uint8), axis=0).astype(np.float32) / 255
    ordered = colours[np.argsort(colours.mean(axis=1))]
    return len(colours) <= _SCALE and bool(np.abs(np.diff(ordered, axis=0)).max(axis=1).mean() >= _FOLDED)


def _flat_colours(pixels: np.ndarray) -> float:
    """Share of neighbours whose channels differ by the same, to within a level of 8 bits."""
    part = pixels[:_JUDGED, :_JUDGED, :3].astype(np.int32)
    apart = np.abs(np.diff(np.diff(part, axis=2), axis=1)).max(axis=2)
    return float((apart <= _largest(pixels) / 255).mean())
