"""The limiting current of one analysed image, where the recipe gives a law."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grainstats.run.atomic import write_atomically
from grainstats.run.job.image_files import beside
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.share.db.records import AnalysisRecord
    from segment.grain_map import GrainMap

_DRAWS = 100  #: fewer than `infer.current` takes for one map; a batch has thousands


def with_current(
    record: AnalysisRecord, image: np.ndarray, grains: GrainMap, law: Mapping[str, Any], out: Path
) -> AnalysisRecord:
    """The record with descriptors of the current; the path is drawn beside the overlay, for the report.

    An image in which no boundary leads from side to side has none; a warning says so.
    """
    from grainstats.infer.current import current

    try:
        found = current(grains, law, draws=_DRAWS, seed=record.seed)
    except InputError as error:
        return replace(record, warnings=(*record.warnings, f"no limiting current: {error.reason}"))
    rows = tuple(d for d in found.descriptors() if math.isfinite(d.value))
    name = beside(record.artefacts, ".current.png")
    _draw(out / name, found.maps[0], grains, image)
    return replace(
        record,
        descriptors=(*record.descriptors, *rows),
        warnings=tuple(dict.fromkeys((*record.warnings, *found.warnings))),
        artefacts={**record.artefacts, "current": name},
    )


def _draw(target: Path, found: Any, grains: GrainMap, image: np.ndarray) -> None:
    from grainstats.run.report.current_pictures import picture_of_paths

    shown = image if image.shape[:2] == grains.labels.shape else None
    figure = picture_of_paths(found, grains, shown)
    write_atomically(target, lambda path: figure.savefig(path, dpi=120, format="png"))
