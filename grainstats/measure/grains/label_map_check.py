"""Is this a label map at all?  A micrograph or a tracing read as labels must not become numbers."""

import numpy as np

from grainstats.measure.grains.run_lengths import label_runs
from segment.cells.label_gaps import FEWEST_LABELS
from segment.cells.label_parts import in_parts, in_slivers, parts_of
from segment.errors import UnreadableError
from segment.grain_map import GrainMap

_SPREAD = 12.0  #: bounding box over area; cells of a mosaic stay below 5, grey levels reach hundreds
MIXED = 0.1  #: of the borders that lie at slivers of other labels; mixed numbers have .33 and more; judgement


def check_label_map(grain_map: GrainMap, source: str) -> None:
    """Raise unless most of the labelled area lies in compact cells.

    `UnreadableError`: one label only (a boundary tracing or a mask), labels scattered all over the image (a
    micrograph, a map of phases), slivers along all borders (interpolated numbers), or many labels in several
    pieces (numbers cut to 8 bits, colours).
    """
    if grain_map.orientations is not None:  # cut from measured orientations: cells, however few
        return
    labels = grain_map.labels
    if (found := _no_cells(labels) or _mixed(labels) or _pieces(labels)) is not None:
        raise UnreadableError(source, *found)


def _no_cells(labels: np.ndarray) -> tuple[str, str] | None:
    """Reason and remedy where labels are no cells at all."""
    tracing = "Give --tracing if it shows traced boundaries; a label map needs a number for each grain"
    runs = label_runs(labels)
    if runs.present.size < 2:
        return "it has one label only, so it may be a boundary tracing or a mask", tracing
    area = np.add.reduceat(runs.last - runs.first + 1, runs.start)
    height = np.maximum.reduceat(runs.row, runs.start) - np.minimum.reduceat(runs.row, runs.start) + 1
    width = np.maximum.reduceat(runs.last, runs.start) - np.minimum.reduceat(runs.first, runs.start) + 1
    scattered = height * width > _SPREAD * area
    if area[scattered].sum() > 0.5 * area.sum():
        as_in = "grey levels of a micrograph, or numbers that were mixed"
        first = "Run `grainstats segment` on a micrograph first, or `grainstats run` for both"
        return (
            f"its labels are scattered over the image: {as_in}",
            f"{first}; give --tracing for traced boundaries",
        )
    if scattered.any() and area.size <= FEWEST_LABELS:
        told = f"one of its {area.size} labels runs through all of it: they are classes, as lines and grains"
        return told, tracing
    return None


def _mixed(labels: np.ndarray) -> tuple[str, str] | None:
    """The same where numbers were interpolated."""
    if in_slivers(labels) <= MIXED:
        return None
    reason = "slivers of other labels lie along its borders: resizing or turning has mixed the numbers"
    remedy = "Give the map as it was, or resize and turn it with nearest neighbour, without interpolation"
    return reason, remedy


def _pieces(labels: np.ndarray) -> tuple[str, str] | None:
    """The same where numbers stand for many separate grains each: cut to 8 bits, colours, phases."""
    if not in_parts(labels) or not (parts := parts_of(labels)[1]).many():
        return None
    count = parts.per_label()
    most, shared = int(count.argmax()), int((count > 1).sum())
    reason = (
        f"{shared} of its {np.count_nonzero(count)} labels lie in several pieces (label {most} in "
        f"{count[most]}): the numbers were cut to 8 bits, are colours, classes or phases, or the map repeats "
        "itself"
    )
    return reason, "Save the labels as 16- or 32-bit TIFF with one number for each grain"
