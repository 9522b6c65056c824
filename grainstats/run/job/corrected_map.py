"""A grain map corrected by hand, as it counts for its micrograph, and how much of it is new."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segment.errors import InputError
from segment.grain_map import GrainMap

if TYPE_CHECKING:
    from segment.micrograph import Micrograph

FEWEST_CORRECTED = 3  #: grains below which a map is taken for something else, such as a mask of lines


def read_correction(file: Path, micrograph: Micrograph, network: GrainMap | None = None) -> GrainMap:
    """Label map, tracing or ImageJ regions as the grains of a micrograph, with the micrograph's pixel size.

    Areas that `network`, what counted before, hid stay hidden where the correction draws no grain.
    `InputError` where the file is unreadable, of another size than the image, or no map of grains.
    """
    from grainstats.measure import check_label_map
    from segment.label_maps.by_hand import read_drawing

    shows_lines = file.with_suffix("").suffix.casefold() == ".tracing"
    read = read_drawing(file, micrograph, lines=shows_lines)
    if read.n_grains >= FEWEST_CORRECTED:
        check_label_map(read, str(file))
    labels, valid = _within(read.labels, micrograph.valid, network)
    if labels.max(initial=0) < FEWEST_CORRECTED:
        raise InputError(
            file,
            f"the correction holds {labels.max(initial=0)} grains",
            "Give every grain a number of its own, or draw all boundaries",
        )
    return replace(
        read,
        labels=labels,
        valid=valid,
        pixel_size_nm=micrograph.pixel_size_nm,
        pixel_size_source=micrograph.pixel_size_source,
        segmentation=None,
    )


def changed_share(before: GrainMap, after: GrainMap) -> float:
    """Share of the area that belongs to another grain: outside pairs that are each other's best match.

    Examples
    --------
    >>> old = GrainMap(np.array([[1, 1, 1, 2, 2, 2, 2, 2]], np.int32))
    >>> new = GrainMap(np.array([[1, 1, 1, 1, 2, 2, 2, 2]], np.int32))
    >>> changed_share(old, new)
    0.125
    """
    from skimage.metrics import contingency_table

    pixels = contingency_table(before.labels, after.labels).tocsr()  # type: ignore[no-untyped-call]
    new, old = (np.asarray(pixels.argmax(axis=axis)).ravel() for axis in (1, 0))
    mutual = np.flatnonzero((old[new] == np.arange(new.size)) & (new > 0))
    mutual = mutual[mutual > 0]
    same = pixels[0, 0] + pixels[mutual, new[mutual]].sum()
    return 1 - float(same) / before.labels.size


def _within(
    labels: np.ndarray, seen: np.ndarray | None, network: GrainMap | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Labels 1 ... n where the micrograph shows the specimen, and where that is."""
    labels = labels.copy()
    if seen is not None:
        labels[~seen] = 0
    values, place = np.unique(labels, return_inverse=True)
    labels = (place.reshape(labels.shape) + (values[0] > 0)).astype(np.int32)
    hidden = None if network is None else network.valid
    if hidden is None or hidden.shape != labels.shape:
        return labels, seen
    shown = hidden | (labels > 0)
    return labels, shown if seen is None else shown & seen
