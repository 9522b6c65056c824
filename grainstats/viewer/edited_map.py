"""A grain map and the edits of its labels: one map again, and the correction for `run --corrections`."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from grainstats.run.job.corrected_maps import FEWEST_CORRECTED
from grainstats.run.job.corrections import DAY, user
from grainstats.viewer.unsure_borders import UnsureBorders
from segment.cells.editing import numbered
from segment.errors import InputError
from segment.grain_map import MIN_AREA_PX, GrainMap
from segment.label_maps.writing import write_label_map
from segment.quality.corrected import corrected

KEY = "grainstats"  #: in a layer's metadata


@dataclass(frozen=True, eq=False)
class EditedMap:
    """What is known of the cells that a layer shows."""

    name: str  #: of the image; a correction is named after it
    original: GrainMap  #: as the model cut it, or as it was read
    image: Path | None = None  #: file of the micrograph; None: not known
    n_frames: int = 1  #: of that file
    unsure: UnsureBorders | None = None  #: None for a map without boundary probability
    #: picture of the borders' confidence (`grainstats.viewer.unsure_borders.percent_picture`)
    at_first: np.ndarray | None = None


def edited(original: GrainMap, labels: np.ndarray) -> GrainMap:
    """The grain map that `labels`, an edited copy of the map's own with 0 for no grain, shows.

    `original` itself where no label differs.  Else labels 1 ... n, cells marked as void among the second
    phases, and how a model cut those that are left.  Where a cell was drawn, the specimen is seen.
    """
    now = np.asarray(labels, np.int32)
    if np.array_equal(now, original.labels):
        return original
    drawn = replace(
        original,
        labels=numbered(now),
        valid=None if original.valid is None else original.valid | (now > 0),
        second_phases=_second_phases(original, now),
        segmentation=None,
    )
    return corrected(original, drawn)


def _second_phases(original: GrainMap, now: np.ndarray) -> np.ndarray | None:
    """Those of the original that no cell covers now, and what was marked as void."""
    old = np.zeros(now.shape, np.int32) if original.second_phases is None else original.second_phases
    old = np.where(now > 0, 0, old).astype(np.int32)
    taken = (now == 0) & (original.labels > 0)
    if taken.any():
        _, parts, facts, _ = cv2.connectedComponentsWithStats(taken.view(np.uint8), connectivity=4)
        large = facts[:, cv2.CC_STAT_AREA] >= MIN_AREA_PX
        large[0] = False
        number = np.where(large, np.cumsum(large) + int(old.max(initial=0)), 0).astype(np.int32)
        old = np.where(taken, number[parts], old)
    found = numbered(old)
    return found if found.any() else None


def changed_box(before: np.ndarray, after: np.ndarray) -> tuple[slice, slice] | None:
    """The smallest rectangle that holds all differences, one pixel wider; None where there is none."""
    rows = np.flatnonzero((before != after).any(axis=1))
    if not rows.size:
        return None
    part = slice(max(int(rows[0]) - 1, 0), int(rows[-1]) + 2)
    columns = np.flatnonzero((before[part] != after[part]).any(axis=0))
    return part, slice(max(int(columns[0]) - 1, 0), int(columns[-1]) + 2)


def save_correction(
    known: EditedMap, labels: np.ndarray, folder: Path, *, why: str = "", who: str = ""
) -> Path:
    """Write the label map of a correction, with who (else the user) made it and when, and beside it why.

    The map goes into a folder named like that of its image, so that samples may have images of one name.
    `InputError`: nothing was changed, the image is one of a stack, or too few grains are left.
    """
    if known.n_frames > 1:
        raise InputError(known.name, "a stack takes no correction", "Save each frame as a file of its own")
    now = edited(known.original, labels)
    if now is known.original:
        raise InputError(known.name, "no cell was changed", "Correct it first")
    if now.n_grains < FEWEST_CORRECTED:
        raise InputError(known.name, f"only {now.n_grains} grains are left", "Undo, or leave the image out")
    place = folder if known.image is None else folder / known.image.resolve().parent.name
    place.mkdir(parents=True, exist_ok=True)
    made = {"corrected_by": _one_line(who) or user(), "corrected_at": datetime.now(UTC).strftime(DAY)}
    path = write_label_map(place / f"{known.name}.labels.tif", now, notes=made)
    text = place / f"{known.name}.txt"
    if _one_line(why):
        text.write_text(_one_line(why) + "\n", encoding="utf-8")
    else:
        text.unlink(missing_ok=True)
    return path


def _one_line(text: str) -> str:
    return " ".join(text.split())
