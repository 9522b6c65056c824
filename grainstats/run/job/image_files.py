"""The files of one image: their names in the output folder, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from grainstats.run.atomic import write_atomically
from grainstats.run.job.plan import Job
from grainstats.share.safe_paths import is_below
from segment.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from segment.grain_map import GrainMap
    from segment.micrograph import Micrograph


def artefacts_of(stem: str) -> dict[str, str]:
    """Names of the image's files, relative to the output folder.

    View and layer are pictures that the report is made of; hidden, so that no run takes them for micrographs.
    """
    return {
        "labels": f"images/{stem}.labels.tif",
        "overlay": f"images/{stem}.overlay.png",
        "view": f".report/{stem}.view.jpg",
        "layer": f".report/{stem}.layer.png",
    }


def beside(artefacts: Mapping[str, str], ending: str) -> str:
    """Name of a further file beside the label map."""
    return artefacts["labels"].removesuffix(".labels.tif") + ending


def write_files(
    out: Path,
    job: Job,
    artefacts: Mapping[str, str],
    micrograph: Micrograph,
    grains: GrainMap,
    recipe_digest: str,
    colours: np.ndarray | None = None,
) -> None:
    """Label map, pictures, and the scale bar where there is one; `colours` are a map's of orientations.

    `InputError` where a link in the output folder leads out of it.
    """
    from grainstats.run.report.image_overlays import write_pictures
    from grainstats.run.report.orientation_pictures import write_orientation_pictures
    from segment.label_maps.writing import write_label_map
    from segment.orientation.orientation_table import write_orientations

    for name in artefacts.values():
        if not is_below(out, name):
            reason = f"its result would be written outside the results folder ({name})"
            raise InputError(job.path, reason, "Remove the link in the results folder, or name another --out")
    write_atomically(
        out / artefacts["labels"],
        lambda path: write_label_map(path, grains, recipe_digest=recipe_digest),
        durable=True,
    )
    if micrograph.scale_bar is not None:
        write_atomically(out / beside(artefacts, ".scale_bar.png"), micrograph.scale_bar.save)
    paths = {name: out / artefacts[name] for name in ("overlay", "view", "layer")}
    if colours is None:
        write_pictures(micrograph.image, grains, **paths)
    else:
        write_orientation_pictures(colours, grains, **paths)
        table = out / beside(artefacts, ".orientations.csv")
        write_atomically(table, lambda path: write_orientations(path, grains))
