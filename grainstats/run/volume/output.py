"""Files of one analysed volume."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from grainstats.run.atomic import write_atomically, write_bytes
from grainstats.run.volume.analysis import VolumeAnalysis
from grainstats.run.volume.page import volume_page
from segment.volume.export import write_ome_zarr, write_stl, write_tiff, write_vti


def write_results(
    found: VolumeAnalysis, out: Path, name: str, surfaces: tuple[int, ...] = (), *, as_zarr: bool = False
) -> None:
    """Tables, document, labels for Fiji, napari and ParaView, page; into a folder that is made if need be.

    `InputError`: a surface of a label that is not there was asked for, or OME-Zarr without the package zarr.
    """
    out.mkdir(parents=True, exist_ok=True)
    tables = {"grains": found.measured.grains, "neighbours": found.measured.neighbours}
    for kind, table in tables.items():
        write_bytes(out / f"{kind}.csv", table.to_csv(index=False).encode())
    document = json.dumps(found.document, indent=2) + "\n"
    write_bytes(out / "summary.json", document.encode())
    labels, size = found.volume.labels, found.volume.voxel_size
    write_atomically(out / f"{name}.labels.tif", lambda path: write_tiff(path, labels, size))
    arrays = {"grain": labels} if found.grey is None else {"grain": labels, "grey": found.grey}
    write_atomically(out / f"{name}.vti", lambda path: write_vti(path, arrays, size))
    if as_zarr:
        write_ome_zarr(out / f"{name}.labels.zarr", labels, size)
    for label in surfaces:
        number = int(np.flatnonzero(found.volume.names == label)[0]) if label in found.volume.names else -1
        write_stl(out / f"{name}.grain{label}.stl", labels, number, size)
    write_bytes(out / "report.html", volume_page(found, name).encode())
