"""Folder pairs: images and, under the same stem, what a person traced on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from segment.cells.close import grain_map_from_tracing
from segment.cells.editing import numbered
from segment.cells.label_edges import on_edges
from segment.cells.second_phases import set_aside
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.label_maps.pixels import read_map_pixels
from segment.label_maps.reading import read_label_map
from segment.micrograph import read_micrographs
from segment.micrograph.finding import SUFFIXES
from segment.micrograph.micrograph import Micrograph
from segment.quality.score import SMALLEST_PX, fill
from segment.training.data.imagej_rois import Roi, draw_rois, holds_regions, read_rois

ROI_SUFFIXES = (".zip", ".roi")
TRACING_SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".npy", *ROI_SUFFIXES)
GAP_PX = 9  #: strips of label 0 narrower than this are drawn boundaries, wider ones are no grain
TWO_GREYS = 0.5  #: share of pixels, near black or the brightest value, of a drawing; of labels it is less
BRIGHT = 0.25  #: least share of the brightest among those that are not black, where it is not white
BEYOND = 0.1  #: share of a region's points that may lie outside the image


@dataclass(frozen=True)
class Pair:
    """An image file and its tracing."""

    image: Path
    tracing: Path

    def micrograph(self) -> Micrograph:
        """The image, as every other command reads it.

        `InputError`: as `read_micrographs`, or a stack: which frame was traced?
        """
        found = next(read_micrographs(self.image))
        if found.n_frames > 1:
            reason = f"holds {found.n_frames} frames, the tracing shows one"
            raise InputError(self.image, reason, "Save the traced frame as a file of its own")
        return found

    def truth(self) -> GrainMap:
        """Cells of the tracing, meeting without a gap; 0 where wide strips have no label.

        Read are ImageJ regions (``.roi``, ``.zip``, an overlay in a TIFF), outlines of grains or lines; masks
        of lines of either polarity (ImageJ draws dark ones); label maps.  The answer has the shape of
        `micrograph`: an info bar that reading cuts is cut from the tracing too.

        `UnreadableError, InputError`: as in `segment.label_maps.reading.read_label_map`, `read_rois` and
        `micrograph`; the tracing is of another size than the image, or shows no boundary.
        """
        micrograph = self.micrograph()
        traced = self._traced(micrograph)
        rows, columns = micrograph.image.shape
        if traced.labels.shape == (rows + micrograph.info_bar_rows, columns):
            cells = _numbered(traced.cells()[:rows], least=1)
            second_phases = (
                None if traced.second_phases is None else set_aside(cells, traced.second_phases[:rows] > 0)
            )
            traced = replace(traced, labels=cells, second_phases=second_phases)
        if traced.labels.shape != (rows, columns):
            size = "{1} x {0} px".format(*traced.labels.shape)
            reason = f"{size}, the image {columns} x {rows}"
            raise InputError(self.tracing, reason, "Trace on the whole image, at its own size")
        if not on_edges(traced.labels).any():
            reason, remedy = "shows no boundary", "Draw bright lines on black, label grains, or save regions"
            raise InputError(self.tracing, reason, remedy)
        return traced

    def _traced(self, micrograph: Micrograph) -> GrainMap:
        """Cells of the tracing, of whatever size it is."""
        only_regions = self.tracing.suffix.lower() in ROI_SUFFIXES
        regions = read_rois(self.tracing) if only_regions or holds_regions(self.tracing) else []
        if regions or only_regions:
            return self._of_regions(regions, micrograph)
        try:
            labels = read_label_map(self.tracing)
        except InputError:
            return read_label_map(self.tracing, tracing=True)
        if labels.n_grains <= 2 or _is_drawing(self.tracing):
            return read_label_map(self.tracing, tracing=True)
        cells = close_gaps(labels.cells())
        second_phases = set_aside(cells, cells > labels.n_grains)
        return GrainMap(cells, labels.pixel_size_nm, labels.pixel_size_source, second_phases=second_phases)

    def _of_regions(self, regions: list[Roi], micrograph: Micrograph) -> GrainMap:
        rows, columns = micrograph.image.shape
        nothing = InputError(self.tracing, "holds no outline and no line", "Trace grains or boundaries")
        if not regions:
            raise nothing
        points = np.concatenate([one.points for one in regions])
        ends = np.array([columns, rows + micrograph.info_bar_rows])
        beyond = ((points < -1) | (points > ends + 1)).any(axis=1).mean()
        if beyond > BEYOND:
            reason = f"{beyond:.0%} of its points lie beyond the image of {ends[0]} x {ends[1]} px"
            raise InputError(
                self.tracing, reason, "Trace on the image at its own size, not on an enlarged copy"
            )
        drawn = draw_rois(regions, (rows, columns))
        if not drawn.any():
            raise nothing
        if drawn.dtype == bool:
            return grain_map_from_tracing(drawn, source=str(self.tracing))
        return GrainMap(close_gaps(_numbered(drawn, least=SMALLEST_PX)))


def close_gaps(labels: np.ndarray) -> np.ndarray:
    """Give strips of label 0 narrower than `GAP_PX` to the nearest cell; wider ones stay 0."""
    empty = (labels == 0).astype(np.uint8)
    if not empty.any():
        return labels
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP_PX, GAP_PX))
    wide = cv2.morphologyEx(empty, cv2.MORPH_OPEN, disc)
    return np.where(wide > 0, 0, fill(labels)).astype(np.int32)


def _numbered(labels: np.ndarray, *, least: int) -> np.ndarray:
    """Labels 1 ... n; those of fewer than `least` pixels (outlines hidden under others) drop out."""
    return numbered(np.where((np.bincount(labels.ravel()) >= least)[labels], labels, 0))


def _is_drawing(path: Path) -> bool:
    """An image of almost only black and one bright value: lines with softened edges, not labels."""
    if path.suffix.lower() == ".npy":
        return False
    image = read_map_pixels(path, None, tracing=True).image
    if image.dtype not in (np.uint8, np.uint16) or image.max() < 64:
        return False
    grey = image if image.ndim == 2 else image[..., 0]
    top, full = float(grey.max()), 255.0 if grey.dtype == np.uint8 else 65535.0
    dark, bright = grey < top / 16, grey > top * (15 / 16)
    enough = top > full * (15 / 16) or bright.sum() > BRIGHT * np.count_nonzero(~dark)
    return bool(enough and np.mean(dark | bright) > TWO_GREYS)


def find_pairs(images: Path, tracings: Path) -> list[Pair]:
    """Pairs of equal name; every image needs its tracing, other files are passed over.

    `InputError`: no image at all, an image without a tracing, or two files of one stem.
    """
    drawn: dict[str, list[Path]] = {}
    for path in _files(tracings, TRACING_SUFFIXES):
        drawn.setdefault(_of_image(path), []).append(path)
    pairs: dict[str, Pair] = {}
    for image in _files(images, tuple(SUFFIXES)):
        fitting = drawn.get(image.stem, [])
        fitting = [path for path in fitting if path.resolve() != image.resolve()] or fitting
        if not fitting:
            reason = f"no tracing of that name in {tracings} ({', '.join(TRACING_SUFFIXES)})"
            raise InputError(image, reason, "Add it, or take the image away")
        if len(fitting) > 1 or image.stem in pairs:
            other = pairs[image.stem].image if image.stem in pairs else fitting[1]
            one = image if image.stem in pairs else fitting[0]
            raise InputError(one, f"{other.name} has the same name", "Leave only one of them in the folder")
        pairs[image.stem] = Pair(image, fitting[0])
    if not pairs:
        known = ", ".join(sorted(SUFFIXES))
        raise InputError(images, "no image here", f"Name the folder that holds the images ({known})")
    return list(pairs.values())


def without_image(pairs: list[Pair], tracings: Path) -> list[str]:
    """Names of tracings that no image of the pairs has."""
    stems = {pair.image.stem for pair in pairs}
    return [path.name for path in _files(tracings, TRACING_SUFFIXES) if _of_image(path) not in stems]


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Files of these suffixes in a folder, sorted, without hidden ones."""
    return [
        path
        for path in sorted(folder.glob("*"))
        if path.suffix.lower() in suffixes and path.name[0] != "." and path.is_file()
    ]


def _of_image(tracing: Path) -> str:
    """Stem of the image of a tracing: ``a`` of ``a.png``, ``a.labels.tif`` and ``a.tracing.png``."""
    return tracing.stem.removesuffix(".labels").removesuffix(".tracing")
