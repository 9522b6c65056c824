"""OME-Zarr (NGFF 0.4 and 0.5): the finest resolution, its scale as voxel size. Needs the package zarr."""

from pathlib import Path
from typing import Any

import numpy as np

from segment.errors import InputError, UnreadableError, install_extra
from segment.micrograph.length_units import to_nm
from segment.volume.stack import GreyVolume, VoxelSize


def read(path: Path) -> GreyVolume:
    """The first dataset of the first multiscale image, axes of length 1 left out.

    `InputError`: zarr is not installed. `UnreadableError`: no OME-Zarr.
    """
    try:
        import zarr
    except ImportError as error:
        raise InputError(path, "the package zarr is not installed", install_extra("zarr")) from error
    group: Any = zarr.open_group(str(path), mode="r")
    told = group.attrs.get("ome", group.attrs)
    if "multiscales" not in told:
        raise UnreadableError(
            path, "no OME-Zarr: it lists no multiscale image", "Name the group of the image"
        )
    image = told["multiscales"][0]
    first = image["datasets"][0]
    values = np.asarray(group[first["path"]][:])
    axes = image["axes"]
    long = [k for k, n in enumerate(values.shape) if n > 1]
    named = [axes[k]["name"] for k in long]
    if named != ["z", "y", "x"]:
        raise UnreadableError(
            path, f"its axes are {', '.join(named)}, not z, y, x", "Export one channel and time"
        )
    return GreyVolume(np.squeeze(values), _voxel_size(first, axes), str(path), "OME-Zarr")


def _voxel_size(dataset: dict[str, Any], axes: list[dict[str, Any]]) -> VoxelSize | None:
    for step in dataset.get("coordinateTransformations", ()):
        if step.get("type") == "scale":
            edges = {
                axis["name"]: to_nm(float(edge), axis.get("unit", ""))
                for axis, edge in zip(axes, step["scale"], strict=True)
                if axis["name"] in "zyx"
            }
            if (size := VoxelSize.of(*(edges.get(name) for name in "xyz"))) is not None:
                return size
    return None
