"""What reading does to one frame: grey, bar cut, masks, scale, squares; or why it is of no use."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segment.errors import InputError, NotAnImageError, UnreadableError
from segment.file_kind import OURS
from segment.micrograph.blank_frame import box_of, find_blank, has_drawn_out_corners, n_views
from segment.micrograph.colours import coded_colours, coloured_marks, transparent
from segment.micrograph.drawn_map import (
    CODED,
    FEW_LEVELS,
    REMEDIES,
    SMOOTHED,
    drawn_map,
    flatness,
    likeness,
    middle,
)
from segment.micrograph.grey import resample_square, to_grey, without_no_data
from segment.micrograph.infobar import find_info_bar
from segment.micrograph.inset import enclosed, find_seams
from segment.micrograph.open_file import Frame, stated
from segment.micrograph.overlay import find_overlay, has_outlines
from segment.micrograph.pixel_size import CONFLICT, ChosenScale, choose_scale
from segment.micrograph.scale_bar import NO_READER, ScaleBar, can_read, read_scale_bar

NOISE = 1.5  #: variance of blocks' means in units of that of white noise; a weak network has 10 and more
_BLOCK = 8  #: pixels of an edge of these blocks
#: share of pixels of the least or largest level from which boundaries are lost: a sample image with .30 of
#: them is read 2 to 7 % coarser, one with .40 by 8 to 12 %; 153 sound images have up to .11
SATURATED = 0.25
PANELS = "several pictures side by side: save those of another area or magnification as files of their own"
DRAWN_OUT = (
    "stripes in its corners, as where a turn drew out the edges: turn it with empty corners, or crop it"
)
OUTLINES = "thin lines drawn all over it, as outlines of grains: give the picture without them"
NO_DATA = "pixels that are no numbers, or far from all others, are masked"
MINIMUM_SIDE = 64  #: shortest side in pixels, info bar cut, that an image must have


@dataclass(frozen=True, eq=False)
class Prepared:
    """A frame after everything that reading does to it, whether usable or not."""

    image: np.ndarray  #: shape (rows, columns)
    valid: np.ndarray | None  #: bool: False where nothing of the specimen is seen; None: all is
    chosen: ChosenScale
    bar_rows: int
    bar_from: str  #: "metadata" | "detected" | "none"
    notes: tuple[str, ...]
    scale_bar: ScaleBar | None  #: read or in doubt; its place is that in the image as stored
    coded: bool  #: whether its colours stand for numbers


def prepare_frame(path: Path, frame: Frame, manual_nm: float | None) -> Prepared:
    """Grey, cut, masked, square: everything but the judgement whether the result is usable.

    `NotAnImageError`: no grey or colour image. `UnreadableError`: no pixels, or pixels of absurd shape.
    """
    try:
        levels = levels_of(frame.load())
    except ValueError as error:
        raise NotAnImageError(path, str(error), "Export it as a grey or RGB image") from error
    image, valid, notes = levels.image, levels.valid, frame.notes + levels.notes
    if not image.size:
        raise UnreadableError(path, "an image without pixels", "Copy or export it again")
    bar_rows, bar_from = _info_bar(image, frame.info_bar_rows)
    scale_bar = None if frame.info_bar_rows == 0 else read_scale_bar(image, bar_rows)
    image = image[: len(image) - bar_rows]
    valid = None if valid is None else valid[: len(image)]
    hidden = find_hidden(image, valid, scale_bar, whole=frame.info_bar_rows == 0, bar_known=bar_rows > 0)
    valid, notes = hidden.valid, notes + hidden.notes
    drawn = stated(scale_bar.words, None, scale_bar.pixel_size_nm, "scalebar") if scale_bar else ()
    chosen = choose_scale(frame.scales + drawn, manual_nm)
    notes += chosen.doubts
    if scale_bar is not None and chosen.source in ("none", "scalebar"):
        notes += (scale_bar.remark,)
    elif scale_bar is not None and chosen.winner is not None:
        notes += scale_bar.against(chosen.winner.x_nm, CONFLICT)
    elif chosen.source == "none" and (hidden.overlay or bar_rows) and not can_read():
        notes += (NO_READER,)
    notes += chosen.how_squared(path, "resampled")
    if chosen.stretched is not None:
        image, valid = resample_square(image, valid, chosen.stretched.y_nm, chosen.stretched.x_nm)
    return Prepared(image, valid, chosen, bar_rows, bar_from, notes, scale_bar, levels.coded)


@dataclass(frozen=True, eq=False)
class Levels:
    """Grey levels of an array of pixels, and what its colours and numbers tell."""

    image: np.ndarray  #: shape (rows, columns)
    valid: np.ndarray | None  #: bool: False where marks were drawn, nothing is shown or is no number
    notes: tuple[str, ...]
    coded: bool  #: whether its colours stand for numbers


def levels_of(pixels: np.ndarray) -> Levels:
    """Grey levels; transparent pixels, coloured marks and what is no number are masked.

    `ValueError`: no grey or colour image.
    """
    image, notes = to_grey(pixels)
    marks, outlines = coloured_marks(pixels)
    masks = {"transparent": transparent(pixels), "coloured marks in a grey picture": marks}
    coded, doubt = coded_colours(pixels)
    del pixels
    image, valid = without_no_data(image)
    notes += doubt + (() if valid is None else (NO_DATA,))
    notes += (OUTLINES,) if outlines else ()
    for what, mask in masks.items():
        if mask is not None:
            valid = ~mask if valid is None else valid & ~mask
            notes += (f"{mask.mean():.1%} of the pixels are {what} and masked",)
    return Levels(image, valid, notes, coded)


@dataclass(frozen=True, eq=False)
class Hidden:
    """What of a frame shows no specimen."""

    valid: np.ndarray | None  #: bool: False there; None: nowhere
    overlay: bool  #: whether a label or scale bar is burned in
    notes: tuple[str, ...]


def find_hidden(
    image: np.ndarray,
    valid: np.ndarray | None,
    scale_bar: ScaleBar | None = None,
    *,
    whole: bool = False,
    bar_known: bool = False,
) -> Hidden:
    """Blank frames, labels, scale bars and insets of a grey image; panels and poor levels are told.

    `valid` is what is seen so far. `whole`: the file says that nothing is written on the image. `bar_known`:
    its info bar was found, and is not looked for within a frame.
    """
    blank, ink = find_blank(image), None if valid is None else ~valid
    notes = _poor_levels(middle(image))
    if blank is not None:
        valid, bar = _without_blank(image, valid, blank, bar_known or whole)
        what = "one level, or repeated or mirrored lines"
        notes += (f"a blank part at the rim ({what}; {blank.mean():.1%} of the image) is masked",)
        notes += ("an info bar within the frame is masked",) if bar else ()
    overlay = None if whole else find_overlay(image, blank)
    if scale_bar is not None and scale_bar.rows.start + scale_bar.rows.stop < 2 * len(image):
        overlay = np.zeros(image.shape, bool) if overlay is None else overlay
        overlay[scale_bar.rows, scale_bar.columns] = True
    if overlay is not None:
        valid = ~overlay if valid is None else valid & ~overlay
        ink = overlay if ink is None else ink | overlay
        notes += ("a burned-in label, scale bar or mark is masked",)
    view = np.s_[:, :] if blank is None else box_of(~blank)
    inset, parted = find_seams(image[view])
    tiles = blank is not None and n_views(~blank) > 1
    if not whole and not tiles:
        insets = np.zeros(image.shape, bool) if ink is None else enclosed(image, ink)
        insets[view] |= False if inset is None else inset
        if insets.any():
            valid = ~insets if valid is None else valid & ~insets
            notes += (f"an inset is masked ({insets.mean():.1%} of the image)",)
    if parted or tiles:
        notes += (PANELS,)
    if not whole and has_outlines(image[view]):
        notes += (OUTLINES,)
    if has_drawn_out_corners(image):
        notes += (DRAWN_OUT,)
    notes += _saturated(middle(image) if valid is None else middle(image)[middle(valid)])
    return Hidden(valid, overlay is not None, notes)


def _poor_levels(grey: np.ndarray) -> tuple[str, ...]:
    """Words where an image has few grey levels, or varies from pixel to pixel only."""
    if min(grey.shape) < MINIMUM_SIDE:
        return ()
    n_levels = len(np.unique(grey))
    said: tuple[str, ...] = ()
    if 1 < n_levels < FEW_LEVELS:
        said += (f"only {n_levels} grey levels: export the image with all it had",)
    rows, columns = (n // _BLOCK for n in grey.shape)
    squares = grey[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    means = squares.mean(axis=(1, 3), dtype=float)
    if n_levels > 1 and _BLOCK**2 * means.var() < NOISE * grey.var(dtype=float):
        said += ("white noise, no structure is seen: another channel, or no signal?",)
    between = (grey > grey.min()) & (grey < grey.max())  # what is saturated is flat anyway
    if FEW_LEVELS <= n_levels and flatness(grey, between)[0] >= SMOOTHED:
        said += (
            "smoothed or packed very much, or a map that was resized or saved as JPEG: export the original, "
            "or use `grainstats measure` for a map",
        )
    return said + (likeness(grey) if n_levels > 2 else ())


def _saturated(seen: np.ndarray) -> tuple[str, ...]:
    """Words where much of what is seen was cut to the least or the largest level."""
    levels, counts = np.unique(seen, return_counts=True)
    share = max(counts[0], counts[-1]) / seen.size if len(levels) >= FEW_LEVELS else 0.0
    if share < SATURATED:
        return ()
    what = "black" if counts[0] > counts[-1] else "white"
    remedy = "export it with all its levels; of a map of probabilities, give the micrograph"
    return (f"{share:.0%} of the pixels are {what}, boundaries there are lost: {remedy}",)


def _info_bar(image: np.ndarray, stated: int | None) -> tuple[int, str]:
    """Rows of the bar and who says so: the metadata's height where there is one, else detection."""
    rows = find_info_bar(image) if stated is None else stated
    if rows <= 0 or rows >= len(image):
        return 0, "none"
    return rows, "detected" if stated is None else "metadata"


def _without_blank(
    image: np.ndarray, valid: np.ndarray | None, blank: np.ndarray, bar_known: bool | int
) -> tuple[np.ndarray, bool]:
    """What is left of the image around and within a frame, and whether an info bar stood in it."""
    seen = ~blank if valid is None else valid & ~blank
    height = 0
    if not bar_known and seen.any():
        view = box_of(seen)
        height = find_info_bar(image[view])
        seen[view[0].stop - height : view[0].stop] = False
    return seen, height > 0


def problem_of(
    path: Path, image: np.ndarray, valid: np.ndarray | None, *, coded: bool = False
) -> InputError | None:
    """Why a prepared image is of no use; None where it is. `coded`: its colours stand for numbers."""
    rows, columns = image.shape
    if min(rows, columns) < MINIMUM_SIDE:
        return UnreadableError(
            path,
            f"the image is {columns} x {rows} pixels, below the limit of {MINIMUM_SIDE} on its shorter side",
            "Give a larger field of view or the original instead of a thumbnail",
        )
    nothing = _shows_nothing(path, image, valid)
    kind = CODED if coded else drawn_map(image, None if nothing else valid)
    if kind is None and path.name.lower().endswith(OURS):
        what = "by its name a result of this program, not a micrograph"
        return NotAnImageError(path, what, "Give the micrograph, or rename it if it is one")
    if kind is None:
        return nothing
    return NotAnImageError(path, f"a {kind}, not a micrograph", REMEDIES[kind])


def _shows_nothing(path: Path, image: np.ndarray, valid: np.ndarray | None) -> InputError | None:
    """Too little that is not masked, or one level only."""
    if valid is not None:
        shown = [int(np.count_nonzero(valid.any(axis=axis))) for axis in (0, 1)]
        if 0 < min(shown) < MINIMUM_SIDE:
            what = f"only {shown[0]} x {shown[1]} pixels of it show anything, the limit is {MINIMUM_SIDE}"
            return UnreadableError(
                path, what, "Give an image that the specimen fills, without frame or transparent parts"
            )
    seen = image if valid is None else image[valid]
    if seen.size == 0 or seen.min() == seen.max():
        what = "no pixel is left" if seen.size == 0 else f"all pixels have the same value ({seen.flat[0]})"
        return UnreadableError(path, what, "Check the exposure, or export the image with its grey levels")
    return None
