"""Grains as regions for ImageJ's ROI Manager; a file an image, a folder a sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grainstats.share.safe_paths import file_below
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.share.db.database import Database


def export_roi_sets(db: Database, out: Path, files: Path | None) -> None:
    """Write the map that counts of every image: the network's, or its correction.

    Label maps lie below `files`, the folder of the run; `InputError` where none does. Voids and second phases
    are no grains.
    """
    from segment.label_maps.imagej_rois import write_roi_set
    from segment.label_maps.reading import read_label_map

    n_written = 0
    for row in db.analyses().to_dict("records"):
        labels = None if files is None else file_below(files, row["artefacts"].get("labels"))
        if labels is None:
            continue
        path = out / labels.parent.name / (labels.name.removesuffix(".labels.tif") + ".RoiSet.zip")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_roi_set(path, read_label_map(labels).labels)
        n_written += 1
    if not n_written:
        raise InputError(
            files or "--files", "none of the label maps is there", "Name the folder of the run with --files"
        )
