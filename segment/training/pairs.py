"""Folder pairs: images and, under the same stem, what a person traced on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segment.errors import InputError
from segment.grainmap import GrainMap
from segment.mapfiles import read_label_map
from segment.micrograph import read_micrographs
from segment.micrograph.model import Micrograph

TRACING_SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".npy")


@dataclass(frozen=True)
class Pair:
    """An image file and its tracing."""

    image: Path
    tracing: Path

    def micrograph(self) -> Micrograph:
        """The (first) frame, as every other command reads it."""
        return next(read_micrographs(self.image))

    def truth(self) -> GrainMap:
        """Cells of the tracing: a mask of lines of either polarity (ImageJ draws dark ones), or labels.

        Raises
        ------
        UnreadableError, InputError
            As in `segment.mapfiles.read_label_map`.
        """
        try:
            labels = read_label_map(self.tracing)
        except InputError:
            return read_label_map(self.tracing, tracing=True)
        if labels.n_grains <= 2:
            return read_label_map(self.tracing, tracing=True)
        return labels


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
