"""An edited map as the correction that `grainstats run --corrections` takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from grainstats.run.job.corrected_map import FEWEST
from grainstats.run.job.corrections import DAY, user
from grainstats.viewer.edited_map import EditedMap, edited
from segment.errors import InputError
from segment.label_maps.writing import write_label_map


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
    if now.n_grains < FEWEST:
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
