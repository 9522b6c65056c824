"""Folder pairs: images and, under the same stem, what a person traced on them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from segment.cells.label_edges import on_edges
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.label_maps.by_hand import DRAWINGS, image_stem, is_drawing, read_drawing
from segment.label_maps.polygons import named_images
from segment.micrograph import read_micrographs
from segment.micrograph.blank_frame import box_of
from segment.micrograph.finding import SUFFIXES
from segment.micrograph.micrograph import Micrograph

TRACED = 0.75  #: of an image; with less, something may have been left untraced (judgement)
GAP_PX = 9  #: strips of label 0 narrower than this are drawn boundaries, wider ones are no grain


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

        Read is what `segment.label_maps.by_hand.read_drawing` reads.

        `UnreadableError, InputError`: as there and in `micrograph`, or the tracing shows no boundary.
        """
        traced = read_drawing(self.tracing, self.micrograph(), gap_px=GAP_PX)
        if not on_edges(traced.labels).any():
            reason, remedy = "shows no boundary", "Draw bright lines on black, label grains, or save regions"
            raise InputError(self.tracing, reason, remedy)
        share = np.count_nonzero(traced.cells()[traced_part(traced)]) / traced.labels.size
        if share < TRACED:
            text = f"grains cover {share:.0%} of the image: trace all of it, or all of a part of it"
            traced = replace(traced, warnings=(*traced.warnings, text))
        return traced


def traced_part(truth: GrainMap) -> tuple[slice, slice]:
    """The box of rows and columns in which a person traced grains."""
    return box_of(truth.cells() > 0)


def find_pairs(images: Path, tracings: Path) -> list[Pair]:
    """Pairs of equal name; every image needs its tracing, other files are passed over.

    `InputError`: no image at all, an image without a tracing, or two files of one stem.
    """
    drawn: dict[str, list[Path]] = {}
    for path in _drawings(tracings):
        for stem in _images_of(path):
            drawn.setdefault(stem, []).append(path)
    pairs: dict[str, Pair] = {}
    for image in _files(images, tuple(SUFFIXES)):
        fitting = drawn.get(image.stem, [])
        fitting = [path for path in fitting if path.resolve() != image.resolve()] or fitting
        if not fitting:
            reason = f"no tracing of that name in {tracings} ({', '.join(DRAWINGS)})"
            raise InputError(image, reason, "Add it, or take the image away")
        alike = [image, pairs[image.stem].image] if image.stem in pairs else fitting
        if len(alike) > 1:
            reason = f"{alike[1].name} has the same name"
            raise InputError(alike[0], reason, "Leave only one of them in the folder")
        pairs[image.stem] = Pair(image, fitting[0])
    if not pairs:
        known = ", ".join(sorted(SUFFIXES))
        raise InputError(images, "no image here", f"Name the folder that holds the images ({known})")
    return list(pairs.values())


def without_image(pairs: list[Pair], tracings: Path) -> list[str]:
    """Names of tracings that no image of the pairs has."""
    stems = {pair.image.stem for pair in pairs}
    return [path.name for path in _drawings(tracings) if stems.isdisjoint(_images_of(path))]


def _drawings(folder: Path) -> list[Path]:
    return [path for path in _files(folder, DRAWINGS) if is_drawing(path)]


def _images_of(drawing: Path) -> list[str]:
    """Names of the images that a drawing belongs to: a COCO file names several."""
    return named_images(drawing) or [image_stem(drawing)]


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Files of these suffixes in a folder, sorted, without hidden ones."""
    return [
        path
        for path in sorted(folder.glob("*"))
        if path.suffix.lower() in suffixes and path.name[0] != "." and path.is_file()
    ]
