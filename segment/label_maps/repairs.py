"""Whole numbers as cells that meet: numbered, lines between them closed, pieces told apart, frames hidden."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from segment.cells.editing import numbered
from segment.cells.label_gaps import cells_meet, close_dams, line_label, rim_label
from segment.cells.label_parts import split_parts
from segment.errors import UnreadableError
from segment.grain_map import GrainMap
from segment.label_maps.pixels import one_channel
from segment.micrograph.blank_frame import find_blank
from segment.micrograph.micrograph import PixelSizeSource

OUTLINE = -1  #: what OpenCV's watershed writes on the lines between cells
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
    known, valid, repairs = repaired(contiguous_labels(path, one_channel(path, np.squeeze(labels))))
    size_from: PixelSizeSource = "none" if pixel_size_nm is None else "manual"
    return GrainMap(known, pixel_size_nm, size_from, valid, warnings=repairs)


def repaired(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """Cells that meet and lie in one piece each, which part is the map, and what had to be done for it."""
    words = []
    line, thin = line_label(labels)
    around = rim_label(labels)
    if around:
        labels = _without(labels, around)
        words.append("one label runs all around the map: it is taken for the ground, no grain")
    elif line and thin:
        labels = _without(labels, line)
        words.append("one label runs as a line between all others: it is taken for the boundary")
    elif line:
        words.append("one label lies around all others: give the ground of a map the number 0")
    valid = _within_frame(labels)
    labels, closed = close_dams(labels)
    if closed:
        share = closed / labels.size
        words.append(f"lines of 0 between the cells ({share:.1%} of the map) were closed along their middle")
    elif not cells_meet(labels):
        words.append("most cells do not touch: boundaries and triple junctions are those of the few that do")
    labels, n_new = split_parts(labels)
    if n_new:
        words.append(f"{n_new} more pieces of labels that lie in several count as grains of their own")
    if valid is not None:
        share = 1 - valid.mean()
        words.append(f"an empty frame around the map ({share:.1%} of it) counts as outside, its cells as cut")
    if _rim_is_empty(labels, valid):
        words.append("hardly a cell is cut by the frame: where those were removed, large cells are missing")
    return labels, valid, tuple(words)


def _within_frame(labels: np.ndarray) -> np.ndarray | None:
    """False in a frame of 0 and in the corners that a turn left empty; None where there is none.

    Cells are drawn as noise: no part of them is of one level.
    """
    if labels.all():
        return None
    noise = np.random.default_rng(0).integers(50, 256, labels.shape, np.uint8)
    frame = find_blank(np.where(labels > 0, noise, 0).astype(np.uint8), noisy=False)
    return None if frame is None else ~frame.mask


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
        image = np.where(np.isnan(image), 0, image)
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
    if image.max() <= image.size:
        return numbered(image.astype(np.int32))
    values = np.unique(image[image > 0])
    return np.where(image > 0, np.searchsorted(values, image) + 1, 0).astype(np.int32)
