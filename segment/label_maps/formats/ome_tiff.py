"""Labels as OME-TIFF, with the pixel size in nanometres as OMERO, QuPath, napari and Fiji read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile


def write(
    path: Path,
    labels: np.ndarray,
    pixel_size_nm: float | None,
    tags: Sequence[tuple[int, int, int, bytes, bool]] = (),
) -> None:
    """One plane of uint32; the name should end in ``.ome.tif``.

    `tags` are private TIFF tags that go along, as `segment.label_maps.record.tags_of` makes them.
    """
    told: dict[str, Any] = {"axes": "YX"}
    if pixel_size_nm is not None:
        told |= {f"PhysicalSize{axis}": pixel_size_nm for axis in "XY"}
        told |= {f"PhysicalSize{axis}Unit": "nm" for axis in "XY"}
    tifffile.imwrite(
        path,
        np.asarray(labels, np.uint32),
        ome=True,
        metadata=told,
        compression="zlib",
        photometric="minisblack",
        extratags=tags,
    )
