"""Whole numbers as cells that meet: numbered, lines between them closed, pieces told apart, frames hidden."""

from pathlib import Path

import cv2
import numpy as np

from segment.cells.editing import numbered
from segment.cells.label_edges import pairs_beside
from segment.cells.label_gaps import (
    FEWEST_LABELS,
    cells_meet,
    close_dams,
    equal_rows,
    line_label,
    narrower_than,
    nearest_labels,
    rim_label,
    within_drawn_out,
    within_frame,
)
from segment.cells.label_parts import MANY_OF_ONE, split_parts
from segment.errors import UnreadableError
from segment.grain_map import MIN_AREA_PX, GrainMap
from segment.label_maps.pixels import one_channel
from segment.micrograph.drawn_map import is_line_drawing
from segment.micrograph.micrograph import PixelSizeSource
from segment.micrograph.pixel_size import choose_scale

FULL = tuple(2**bits - 1 for bits in (7, 8, 10, 12, 15, 16))  #: highest numbers of types and cameras
CUT = 4.0  #: areas of the largest other cell that the one with such a number must cover; judgement
OUTLINE = -1  #: what OpenCV's watershed writes on the lines between cells
RAGGED = 1.0  #: pixel edges per pixel of a label that lies in specks or lines; round cells of 100 px have .4
LEAST_RAGGED_PX = 100  #: of such a label; judgement
SEAM = 0.9  #: of a line's length cells end at it; along any line in a mosaic it is a pixel in an intercept
CELLS_OF_TILE = 4  #: on average at least, as lattices of square cells have 1; judgement
DOT_PX, DOT = 3, 0.005  #: pixels, and share of the median cell, up to which a number is a dot; judgement
SLIVER_PX = 5  #: pixels of a disc that fits into no speck, nor between outlines drawn cell by cell; judgement
EMPTY_RIM = 0.5  #: of the rim's pixels are no cell where programs removed the cells that it cuts; judgement


def grain_map_of_labels(
    labels: np.ndarray, *, pixel_size_nm: float | None = None, source: str | Path = "labels"
) -> GrainMap:
    """A label map in memory as a grain map.

    Parameters
    ----------
    labels : ndarray of whole numbers, shape (rows, columns)
        0 is no grain.
    pixel_size_nm : float, optional
    source : str or Path
        Name for the error message.

    Raises
    ------
    UnreadableError
        Not labels.

    Examples
    --------
    >>> grain_map_of_labels(np.array([[7, 7], [3, 0]]), pixel_size_nm=2.0).labels
    array([[2, 2],
           [1, 0]], dtype=int32)
    """
    path = Path(source)
    image = one_channel(path, np.squeeze(labels))
    known, valid, repairs = repaired(path, contiguous_labels(path, image), float(image.max()))
    size_from: PixelSizeSource = "none" if pixel_size_nm is None else "manual"
    doubts = choose_scale((), pixel_size_nm).doubts
    return GrainMap(known, pixel_size_nm, size_from, valid, warnings=repairs + doubts)


def repaired(
    path: Path, labels: np.ndarray, highest: float, valid: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """Cells that meet and lie in one piece each, which part is the map, and what had to be done for it.

    `highest` is the largest number in the file; `valid` the part that is known to be the map, else a frame is
    looked for.  `UnreadableError`: all higher numbers were cut to `highest`.
    """
    labels, ground = _without_ground(path, labels, highest)
    frame = within_frame(labels) if valid is None else None
    repeated = within_drawn_out(labels) if valid is None and frame is None else None
    valid = next((part for part in (frame, repeated) if part is not None), valid)
    labels, dots = _without_dots(labels)
    labels, gaps = _without_gaps(labels)
    if valid is not None:
        labels = np.where(valid, labels, 0)
    labels, n_new = split_parts(labels) if labels.max() > 1 else (labels, 0)
    words = [ground, dots, gaps]
    if n_new:
        words.append(f"{n_new} more pieces of labels that lie in several count as grains of their own")
    if frame is not None:
        share = 1 - frame.mean()
        words.append(f"an empty frame around the map ({share:.1%} of it) counts as outside, its cells as cut")
    if repeated is not None:
        share = 1 - repeated.mean()
        words.append(
            f"repeated or mirrored rows or columns at its edge ({share:.1%} of the map) count as outside"
        )
    if seams := _seams(labels):
        lines = "1 straight line parts" if seams == 1 else f"{seams} straight lines part"
        words.append(f"{lines} all cells, as seams of tiles: the cells there are cut")
    if _rim_is_empty(labels, valid):
        words.append("hardly a cell is cut by the frame: where those were removed, large cells are missing")
    return labels, valid, tuple(filter(None, words))


def _without_ground(path: Path, labels: np.ndarray, highest: float) -> tuple[np.ndarray, str]:
    """0 in place of the label that is a frame, a ground, a line or specks; and what is said of it."""
    line, thin = line_label(labels)
    if around := rim_label(labels):
        return _without(labels, around), (
            "one label runs all around the map: it is taken for the ground, no grain"
        )
    if line and thin:
        return _without(labels, line), (
            "one label runs as a line between all others: it is taken for the boundary"
        )
    if (share := _share_of_last(labels)) and (highest in FULL or _last_in_pieces(labels)):
        raise UnreadableError(
            path,
            f"label {highest:.0f} covers {share:.0%} of the cells: higher numbers were cut to it",
            "Save the labels as 16- or 32-bit TIFF with one number for each grain; a ground has the number 0",
        )
    if line:
        return labels, "one label lies around all others: give the ground of a map the number 0"
    if specks := _speck_label(labels):
        return _without(labels, specks), (
            "one label lies in specks all over the map: they are taken for no cells"
        )
    return labels, ""


def _without_gaps(labels: np.ndarray) -> tuple[np.ndarray, str]:
    """Narrow lines and specks of 0 closed, at its own size in an enlarged map; and what is said of them."""
    rows, columns = (equal_rows(view)[0] for view in (labels, labels.T))
    first = (np.unique(groups, return_index=True)[1] for groups in (rows, columns))
    closed, n = close_dams(np.ascontiguousarray(labels[np.ix_(*first)]))
    if n:
        share = n / closed.size
        closed = closed[np.ix_(rows, columns)]
        return closed, f"lines of 0 between the cells ({share:.1%} of the map) were closed along their middle"
    filled, n = _without_specks(labels)
    if n:
        share = n / labels.size
        return (
            filled,
            f"specks or slivers without a label ({share:.1%} of the map) were given to the nearest cells",
        )
    if not cells_meet(labels):
        return labels, "most cells do not touch: sizes are as drawn, boundaries those of the few that do"
    return labels, ""


def _share_of_last(labels: np.ndarray) -> float:
    """Share of the cells' area that the last label has, where no other comes near it; else 0."""
    area = np.bincount(labels.ravel())[1:]
    cut = area.size > FEWEST_LABELS and area[-1] > CUT * area[:-1].max()
    return float(area[-1] / area.sum()) if cut else 0.0


def _last_in_pieces(labels: np.ndarray) -> bool:
    """Whether the last label lies in several pieces as large as cells, as no grain does."""
    area = np.bincount(labels.ravel())[1:]
    pieces = _areas(labels == area.size)[1][1:]
    return bool(np.count_nonzero(pieces >= np.median(area)) > 2)


def _speck_label(labels: np.ndarray) -> int:
    """The label that programs give to points that they could not tell; 0 where there is none."""
    area = np.bincount(labels.ravel())
    rim = np.bincount(pairs_beside(labels).ravel(), minlength=area.size)
    ragged = (rim > RAGGED * area) & (area > LEAST_RAGGED_PX)
    ragged[0] = False
    if area.size <= FEWEST_LABELS or not ragged.any():
        return 0
    label = int(np.where(ragged, area, 0).argmax())
    speck = _areas(labels == label)[1] < MIN_AREA_PX
    return label if np.count_nonzero(speck[1:]) >= max(MANY_OF_ONE, speck.size / 2) else 0


def _without_specks(labels: np.ndarray) -> tuple[np.ndarray, int]:
    """The nearest labels in specks and slivers of 0, where there are as many as cells; and their pixels."""
    narrow = narrower_than(labels == 0, SLIVER_PX)
    pieces, area = _areas(labels == 0)
    whole = np.bincount(pieces[narrow], minlength=area.size) == area
    whole[0] = False
    if area[whole].sum() < area[1:].sum() / 2:  # among pores, only what is too small for one
        whole &= area < MIN_AREA_PX
        narrow = whole[pieces]
    if np.count_nonzero(whole) < labels.max():
        return labels, 0
    return np.where(narrow, nearest_labels(labels), labels), int(np.count_nonzero(narrow))


def _without_dots(labels: np.ndarray) -> tuple[np.ndarray, str]:
    """Numbers of a few pixels, which clicks and lost points leave, given to the cells; and what is said."""
    area = np.bincount(labels.ravel())
    cells = area[1:][area[1:] > DOT_PX]
    dot = (area > 0) & (area <= min(DOT_PX, DOT * float(np.median(cells)) if cells.size else 0))
    dot[0] = False
    sides = pairs_beside(labels) if dot.any() else np.zeros((0, 2), np.int64)
    sides = np.concatenate([sides, sides[:, ::-1]])
    beside = np.bincount(np.unique(sides[dot[sides[:, 0]]], axis=0)[:, 0])
    if np.count_nonzero(beside == 1) < FEWEST_LABELS:  # in a section no such grain lies within one other
        return labels, ""
    n = int(np.count_nonzero(dot))
    at = dot[labels]
    filled = np.where(at, nearest_labels(np.where(at, 0, labels)), labels)
    return numbered(filled), f"{n} numbers of 1 to {DOT_PX} pixels are no grains: the cells around have them"


def _areas(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """4-connected pieces of a mask, and the pixels of each; 0 is what is not in the mask."""
    _, pieces, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    return pieces, facts[:, cv2.CC_STAT_AREA]


def _seams(labels: np.ndarray) -> int:
    """Straight lines from edge to edge at which nearly every cell ends; 0 where cells are as few as tiles."""
    found = []
    for a, b in ((labels[1:], labels[:-1]), (labels[:, 1:].T, labels[:, :-1].T)):
        found.append(int(np.count_nonzero(((a != b) & (a > 0) & (b > 0)).mean(axis=1) > SEAM)))
    return sum(found) if labels.max() > CELLS_OF_TILE * (found[0] + 1) * (found[1] + 1) else 0


def _without(labels: np.ndarray, label: int) -> np.ndarray:
    """0 in place of a label, and the numbers above it one lower."""
    return np.where(labels == label, 0, labels - (labels > label)).astype(np.int32)


def _rim_is_empty(labels: np.ndarray, valid: np.ndarray | None) -> bool:
    """Whether most pixels at the edge of what is seen are no cell, though the cells meet."""
    inside = np.ones(labels.shape, np.uint8) if valid is None else valid.astype(np.uint8)
    padded = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    rim = (inside - cv2.erode(padded, np.ones((3, 3), np.uint8))[1:-1, 1:-1]).astype(bool)
    return bool(cells_meet(labels) and (labels[rim] == 0).mean() > EMPTY_RIM)


def contiguous_labels(path: Path, image: np.ndarray) -> np.ndarray:
    """int32 labels 1 ... n in the order of the file's values."""
    if image.dtype.kind == "f":
        image = np.where(np.isfinite(image), image, 0)
        if np.abs(image).max(initial=0) > 2 ** (np.finfo(image.dtype).nmant + 1):
            why = f"{image.dtype} cannot tell its largest numbers apart"
            raise UnreadableError(path, why, "Save the labels as 32-bit whole numbers")
        if not np.array_equal(image, np.rint(image)):
            raise UnreadableError(
                path, "the values are no whole numbers", "Give labels, or --tracing for boundaries"
            )
    elif image.dtype.kind not in "iub":
        raise UnreadableError(path, f"values of type {image.dtype} are no labels", "Save whole numbers")
    if image.dtype.kind in "if" and image.min() == OUTLINE and image.max() > 0:
        image = np.where(image == OUTLINE, 0, image)
    if image.min() < 0:
        raise UnreadableError(path, "it holds negative labels", "Save the labels as 32-bit whole numbers")
    if not image.any():
        raise UnreadableError(
            path, "no pixel has a label", "Give labels 1 ... n, or --tracing for boundaries"
        )
    if is_line_drawing(image):
        why = "it shows lines on one ground, as a tracing or a drawing of outlines, no labels"
        raise UnreadableError(path, why, "Give --tracing; a label map needs a number for each grain")
    if float(image.max()) <= image.size:
        return numbered(image.astype(np.int32))
    values = np.unique(image[image > 0])
    return np.where(image > 0, np.searchsorted(values, image) + 1, 0).astype(np.int32)
