"""Folder pairs: images and, under the same stem, what a person traced on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import tifffile

from segment.bodies import set_aside
from segment.errors import InputError
from segment.grainmap import GrainMap, grain_map_from_tracing
from segment.mapfiles import read_label_map
from segment.micrograph import read_micrographs
from segment.micrograph.model import Micrograph
from segment.training.rois import draw_rois, read_rois
from segment.training.score import SMALLEST_PX, fill

ROI_SUFFIXES = (".zip", ".roi")
TRACING_SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".npy", *ROI_SUFFIXES)
GAP_PX = 9  #: strips of label 0 narrower than this are drawn boundaries, wider ones are no grain
TWO_GREYS = 0.5  #: share of pixels near black or white from which an 8-bit image is a drawing, not labels


@dataclass(frozen=True)
class Pair:
    """An image file and its tracing."""

    image: Path
    tracing: Path

    def micrograph(self) -> Micrograph:
        """The (first) frame, as every other command reads it."""
        return next(read_micrographs(self.image))

    def truth(self) -> GrainMap:
        """Cells of the tracing, meeting without a gap; 0 where wide strips have no label.

        Read are ImageJ regions (``.roi``, ``.zip``, an overlay in a TIFF), outlines of grains or lines; masks
        of lines of either polarity (ImageJ draws dark ones); label maps.

        Raises
        ------
        UnreadableError, InputError
            As in `segment.mapfiles.read_label_map` and `read_rois`; or the regions leave no cell.
        """
        if self.tracing.suffix.lower() in ROI_SUFFIXES or _has_overlay(self.tracing):
            drawn = draw_rois(read_rois(self.tracing), self.micrograph().image.shape)
            if not drawn.any():
                raise InputError(self.tracing, "holds no outline and no line", "Trace grains or boundaries")
            if drawn.dtype == bool:
                return grain_map_from_tracing(drawn, source=str(self.tracing))
            return GrainMap(close_gaps(_numbered(drawn)))
        try:
            labels = read_label_map(self.tracing)
        except InputError:
            return read_label_map(self.tracing, tracing=True)
        if labels.n_grains <= 2 or _is_drawing(self.tracing):
            return read_label_map(self.tracing, tracing=True)
        cells = close_gaps(labels.cells())
        bodies = set_aside(cells, cells > labels.n_grains)
        return GrainMap(cells, labels.pixel_size_nm, labels.pixel_size_source, bodies=bodies)


def close_gaps(labels: np.ndarray) -> np.ndarray:
    """Give strips of label 0 narrower than `GAP_PX` to the nearest cell; wider ones stay 0."""
    empty = (labels == 0).astype(np.uint8)
    if not empty.any():
        return labels
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP_PX, GAP_PX))
    wide = cv2.morphologyEx(empty, cv2.MORPH_OPEN, disc)
    return np.where(wide > 0, 0, fill(labels)).astype(np.int32)


def _numbered(labels: np.ndarray) -> np.ndarray:
    """Labels 1 ... n; outlines hidden under others, all but a few pixels, drop out."""
    count = np.bincount(labels.ravel())
    kept = count >= SMALLEST_PX
    kept[0] = False
    result: np.ndarray = (np.cumsum(kept) * kept)[labels].astype(np.int32)
    return result


def _has_overlay(path: Path) -> bool:
    if path.suffix.lower() not in (".tif", ".tiff"):
        return False
    try:
        with tifffile.TiffFile(path) as file:
            facts = file.imagej_metadata or {}
    except (OSError, ValueError, tifffile.TiffFileError):
        return False
    return bool(facts.get("Overlays") or facts.get("ROI"))


def _is_drawing(path: Path) -> bool:
    """An 8-bit image of almost only black and white: lines with softened edges, not some 200 labels."""
    if path.suffix.lower() == ".npy":
        return False
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype != np.uint8 or image.max() < 240:
        return False
    return bool(np.mean((image < 16) | (image > 239)) > TWO_GREYS)


def find_pairs(images: Path, tracings: Path) -> list[Pair]:
    """Pairs of equal stem; every image needs its tracing.

    Raises
    ------
    InputError
        No image at all, or an image without a tracing.
    """
    known = {
        path.stem: path for path in sorted(tracings.glob("*")) if path.suffix.lower() in TRACING_SUFFIXES
    }
    pairs = []
    for image in sorted(path for path in images.glob("*") if path.is_file() and path.name[0] != "."):
        if image.stem not in known:
            raise InputError(
                image, f"no tracing of that name in {tracings}", "Add it, or take the image away"
            )
        pairs.append(Pair(image, known[image.stem]))
    if not pairs:
        raise InputError(images, "no image here", "Name the folder that holds the images")
    return pairs


def lines_of(cells: GrainMap) -> np.ndarray:
    """One-pixel boundaries between cells, and around what is no grain; bool."""
    labels = cells.labels
    lines = np.zeros(labels.shape, bool)
    lines[:, :-1] = labels[:, :-1] != labels[:, 1:]
    lines[:-1] |= labels[:-1] != labels[1:]
    return lines
