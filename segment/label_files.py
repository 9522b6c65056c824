"""Label and boundary maps as TIFF files that ImageJ opens with their pixel size, and the same read back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
import tifffile

from segment._threads import available_cores
from segment.boundary_map import BoundaryMap
from segment.cells.close import grain_map_from_tracing
from segment.cells.editing import numbered
from segment.cells.label_gaps import cells_meet, close_dams, line_label, rim_label
from segment.cells.label_parts import split_parts
from segment.cells.second_phases import set_aside
from segment.errors import UnreadableError
from segment.grain_map import GrainMap
from segment.label_pixels import GRAINS_KEY, one_channel, read_map_pixels
from segment.label_record import lines_of, tags_of, with_record
from segment.micrograph.blank_frame import find_blank
from segment.micrograph.micrograph import PixelSizeSource

OUTLINE = -1  #: what OpenCV's watershed writes on the lines between cells
_MOST_IN_A_BYTE = 255  #: labels that an 8-bit map can hold
EMPTY_RIM = 0.5  #: of the rim's pixels are no cell where programs removed the cells that it cuts; judgement
STEPS = 8192  #: of a stored probability
STRIP_ROWS = 64  #: that are compressed at a time, in threads


def write_label_map(
    path: str | Path,
    grain_map: GrainMap,
    *,
    recipe_digest: str = "",
    notes: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Cells as uint32 TIFF, 0 = neither grain nor body; the pixel size as ImageJ keeps it.

    Grains are 1 ... n, then come pores and second phases as large as grains; where there are any, the image
    description tells n as ``grains=n``, and `read_label_map` takes the others for no grains.  What else the
    map knows of itself, such as how a model cut it, goes along (`segment.label_record`).  `notes` are lines
    ``name=text`` of the description, one line each.
    """
    labels = np.ascontiguousarray(grain_map.cells(), np.int32).view(np.uint32)
    facts = (*lines_of(grain_map, recipe_digest), *(f"{name}={text}" for name, text in notes.items()))
    if grain_map.second_phases is not None:
        facts = (f"{GRAINS_KEY}={grain_map.n_grains}", *facts)
    return _write(path, labels, grain_map.pixel_size_nm, facts, tags_of(grain_map))


def write_boundary_map(path: str | Path, boundary_map: BoundaryMap) -> Path:
    """Boundary probability as float32 TIFF in steps of 1/8192; the pixel size as ImageJ keeps it.

    All its digits would take twice the space and time, and a network in bf16 knows fewer.
    """
    steps = boundary_map.probability * np.float32(STEPS)
    np.rint(steps, out=steps)
    np.multiply(steps, np.float32(1 / STEPS), out=steps)
    return _write(path, steps, boundary_map.pixel_size_nm)


def read_label_map(
    path: str | Path, *, pixel_size_nm: float | None = None, tracing: bool = False
) -> GrainMap:
    """A label map or a boundary tracing from TIFF, PNG or NPY.

    Parameters
    ----------
    path : str or Path
    pixel_size_nm : float, optional
        The user's pixel size; None: the one in the file, where ImageJ or `write_label_map` left one.
    tracing : bool
        The file shows traced boundaries (255 = boundary) instead of labels.

    Returns
    -------
    GrainMap
        Square pixels; labels renumbered to 1 ... n in the order of their values.  Of a map by other hands,
        narrow lines of 0 between cells are closed and a few pieces of one label become labels of their own;
        `warnings` says so.  With how a model cut them (`segmentation`), where `write_label_map` left that and
        no label has changed since.

    Raises
    ------
    UnreadableError
        Not one image, not labels, colours, damaged or too large.
    """
    path = Path(path)
    found = read_map_pixels(path, pixel_size_nm, tracing=tracing)
    if tracing:
        traced = grain_map_from_tracing(
            found.image,
            pixel_size_nm=found.pixel_size_nm,
            pixel_size_source=found.pixel_size_source,
            source=str(path),
        )
        return replace(traced, warnings=found.notes + traced.warnings)
    image = one_channel(path, found.image)
    labels = _contiguous_labels(path, image)
    second_phases = None
    if found.n_grains is not None:
        second_phases = set_aside(labels, image > found.n_grains)
    read = GrainMap(
        labels,
        found.pixel_size_nm,
        found.pixel_size_source,
        second_phases=second_phases,
        warnings=found.notes,
    )
    read = with_record(path, read, exact_size=pixel_size_nm is None)
    if found.n_grains is not None or read.segmentation is not None:
        return read
    labels, hidden, repairs = _repaired(labels)
    if image.dtype == np.uint8 and read.n_grains == _MOST_IN_A_BYTE:
        repairs += ("all 255 numbers of an 8-bit map are in use: of more cells, some have lost theirs",)
    valid = hidden if read.valid is None else read.valid
    return replace(read, labels=labels, valid=valid, warnings=read.warnings + repairs)


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
    known, valid, repairs = _repaired(_contiguous_labels(path, one_channel(path, np.squeeze(labels))))
    size_from: PixelSizeSource = "none" if pixel_size_nm is None else "manual"
    return GrainMap(known, pixel_size_nm, size_from, valid, warnings=repairs)


def _repaired(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
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


def boundary_beside(path: str | Path, grain_map: GrainMap) -> GrainMap:
    """The label map with the probability that ``segment`` wrote beside it, where there is one of its shape.

    `path` is that of the label map, ``NAME.labels.tif``; the probability is in ``NAME.boundary.tif``.
    """
    path = Path(path)
    beside = path.with_name(path.name.removesuffix(".labels.tif") + ".boundary.tif")
    if not path.name.endswith(".labels.tif") or not beside.is_file():
        return grain_map
    probability = read_map_pixels(beside, None).image
    if probability.shape != grain_map.labels.shape:
        return grain_map
    return replace(grain_map, probability=probability.astype(np.float32, copy=False))


def _write(
    path: str | Path,
    image: np.ndarray,
    pixel_size_nm: float | None,
    facts: tuple[str, ...] = (),
    tags: Sequence[tuple[int, int, int, bytes, bool]] = (),
) -> Path:
    """Write beside the target first, so that a killed run leaves no half file under the final name."""
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    lines = ["ImageJ=1.54f", "images=1", *facts]
    options: dict[str, Any] = {}
    if pixel_size_nm is not None:
        lines.append("unit=nm")
        options = {"resolution": (1 / pixel_size_nm, 1 / pixel_size_nm), "resolutionunit": "NONE"}
    description = "\n".join([*lines, ""])
    tifffile.imwrite(
        part,
        image,
        description=description,
        metadata=None,
        compression="zlib",
        compressionargs={"level": 1},
        rowsperstrip=STRIP_ROWS,
        maxworkers=available_cores(),
        extratags=tags,
        **options,
    )
    os.replace(part, path)
    return path


def _contiguous_labels(path: Path, image: np.ndarray) -> np.ndarray:
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
