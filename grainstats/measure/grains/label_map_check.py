"""Is this a label map at all?  A micrograph or a tracing read as labels must not become numbers."""

from __future__ import annotations

import numpy as np

from grainstats.measure.grains.run_lengths import label_runs
from segment.cells.label_gaps import FEWEST
from segment.cells.label_parts import LabelParts, in_parts, in_slivers, parts_of
from segment.errors import UnreadableError
from segment.grain_map import GrainMap

SPREAD = 12.0  #: bounding box over area; cells of a mosaic stay below 5, grey levels reach hundreds
MIXED = 0.1  #: of the borders that lie at slivers of other labels; mixed numbers have .33 and more; judgement


def check_label_map(grain_map: GrainMap, source: str) -> None:
    """Raise unless most of the labelled area lies in compact cells.

    `UnreadableError`: one label only (a boundary tracing or a mask), labels scattered all over the image (a
    micrograph, a map of phases), slivers along all borders (interpolated numbers), or many labels in several
    pieces (numbers cut to 8 bits, colours).
    """
    if grain_map.orientations is not None:  # cut from measured orientations: cells, however few
        return
    runs = label_runs(grain_map.labels)
    if runs.present.size < 2:
        raise UnreadableError(
            source,
            "it has one label only, so it may be a boundary tracing or a mask",
            "Give --tracing if it shows traced boundaries; a label map needs a number for each grain",
        )
    area = np.add.reduceat(runs.last - runs.first + 1, runs.start)
    height = np.maximum.reduceat(runs.row, runs.start) - np.minimum.reduceat(runs.row, runs.start) + 1
    width = np.maximum.reduceat(runs.last, runs.start) - np.minimum.reduceat(runs.first, runs.start) + 1
    scattered = height * width > SPREAD * area
    _refuse_scattered(source, float(area[scattered].sum() / area.sum()))
    if scattered.any() and area.size <= FEWEST:
        raise UnreadableError(
            source,
            f"one of its {area.size} labels runs through all of it: they are classes, as lines and grains",
            "Give --tracing if it shows traced boundaries; a label map needs a number for each grain",
        )
    _refuse_mixed(source, in_slivers(grain_map.labels))
    if in_parts(grain_map.labels):
        _refuse_parts(source, parts_of(grain_map.labels)[1])


def _refuse_scattered(source: str, share: float) -> None:
    if share > 0.5:
        raise UnreadableError(
            source,
            "its labels are scattered over the image: grey levels of a micrograph, "
            "or numbers that were mixed",
            "Run `grainstats segment` on a micrograph first, or `grainstats run` for both; "
            "give --tracing for traced boundaries",
        )


def _refuse_mixed(source: str, share: float) -> None:
    if share > MIXED:
        raise UnreadableError(
            source,
            "slivers of other labels lie along its borders: resizing or turning has mixed the numbers",
            "Give the map as it was, or resize and turn it with nearest neighbour, without interpolation",
        )


def _refuse_parts(source: str, parts: LabelParts) -> None:
    """Numbers that stand for many separate grains each: cut to 8 bits, colours, phases."""
    if not parts.many():
        return
    count = parts.per_label()
    most, shared = int(count.argmax()), int((count > 1).sum())
    raise UnreadableError(
        source,
        f"{shared} of its {np.count_nonzero(count)} labels lie in several pieces (label {most} in "
        f"{count[most]}): the numbers were cut to 8 bits, or are colours, classes or phases",
        "Save the labels as 16- or 32-bit TIFF with one number for each grain",
    )
