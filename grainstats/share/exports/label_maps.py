"""Label maps for other programs: ImageJ regions, DREAM.3D; a file an image, a folder a sample."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grainstats.share.safe_paths import is_below
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.share.db.database import Database
    from segment.grain_map import GrainMap

MapForm = Literal["roiset", "dream3d"]
ENDS: dict[MapForm, str] = {"roiset": ".RoiSet.zip", "dream3d": ".dream3d"}


def export_label_maps(db: Database, to: MapForm, out: Path, files: Path | None) -> None:
    """Write the map that counts of every image: the network's, or its correction.

    Label maps lie below `files`, the folder of the run; `InputError` where none does.
    """
    from segment.label_maps.reading import read_label_map

    n_written = 0
    for row in db.analyses().to_dict("records"):
        stored = (row["artefacts"] or {}).get("labels")
        if files is None or not stored or not is_below(files, stored) or not os.path.isfile(files / stored):
            continue
        path = out / Path(stored).parent.name / (Path(stored).name.removesuffix(".labels.tif") + ENDS[to])
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, to, read_label_map(files / stored))
        n_written += 1
    if not n_written:
        raise InputError(
            files or "--files", "none of the label maps is there", "Name the folder of the run with --files"
        )


def _write(path: Path, to: MapForm, grain_map: GrainMap) -> None:
    """Grains only: voids and second phases are 0, as where nothing is seen."""
    from segment.label_maps.formats import dream3d, roi_set

    if to == "roiset":
        roi_set.write(path, grain_map.labels)
    else:
        assert grain_map.pixel_size_nm is not None  # the database holds measured maps only
        dream3d.write(path, grain_map.labels, grain_map.pixel_size_nm)
