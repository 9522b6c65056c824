"""Label and boundary maps as TIFF files that ImageJ opens with their pixel size."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import tifffile

from segment.boundary_map import BoundaryMap
from segment.grain_map import GrainMap
from segment.label_maps.pixels import GRAINS_KEY
from segment.label_maps.record import lines_of, tags_of

_STEPS = 8192  #: of a stored probability
STRIP_ROWS = 64  #: that are compressed at a time, in threads


def write_label_map(
    path: str | Path,
    grain_map: GrainMap,
    *,
    recipe_digest: str = "",
    notes: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Write cells as uint32 TIFF, with the pixel size as ImageJ keeps it.

    Grains are 1 ... n, then come pores and second phases as large as grains; 0 is neither.  Where there are
    any, the image description tells n as ``grains=n``, and `read_label_map` takes the others for no grains.

    Parameters
    ----------
    path : str or Path
    grain_map : GrainMap
        What it knows of itself, such as how a model cut it, goes along (`segment.label_maps.record`).
    recipe_digest : str
        Of the recipe that led to the map; it stands in the image description.
    notes : mapping of str to str
        Lines ``name=text`` of the description.

    Returns
    -------
    Path
        That of the file.

    Examples
    --------
    >>> import numpy as np, segment, tempfile
    >>> squares = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int))
    >>> grains = segment.grain_map_of_labels(squares, pixel_size_nm=2.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = segment.write_label_map(folder + "/a.tif", grains)
    ...     segment.read_label_map(path).pixel_size_nm
    2.0
    """
    labels = np.ascontiguousarray(grain_map.cells(), np.int32).view(np.uint32)
    facts = (*lines_of(grain_map, recipe_digest), *(f"{name}={text}" for name, text in notes.items()))
    if grain_map.second_phases is not None:
        facts = (f"{GRAINS_KEY}={grain_map.n_grains}", *facts)
    return _write(path, labels, grain_map.pixel_size_nm, facts, tags_of(grain_map))


def write_boundary_map(path: str | Path, boundary_map: BoundaryMap) -> Path:
    """Write boundary probability as float32 TIFF, with the pixel size as ImageJ keeps it; return the path.

    Values have steps of 1/8192: all digits would take twice the space and time, and bf16 knows fewer.

    Examples
    --------
    >>> import numpy as np, segment, tempfile
    >>> boundaries = segment.BoundaryMap(np.zeros((64, 64), np.float32), 2.0, "manual")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     segment.write_boundary_map(folder + "/a.tif", boundaries).name
    'a.tif'
    """
    steps = boundary_map.probability * np.float32(_STEPS)
    np.rint(steps, out=steps)
    np.multiply(steps, np.float32(1 / _STEPS), out=steps)
    return _write(path, steps, boundary_map.pixel_size_nm)


def _write(
    path: str | Path,
    image: np.ndarray,
    pixel_size_nm: float | None,
    facts: tuple[str, ...] = (),
    tags: Sequence[tuple[int, int, int, bytes, bool]] = (),
) -> Path:
    """Write beside the target first, so that no half file stands under the final name."""
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    lines = ["ImageJ=1.54f", "images=1", *facts]
    options: dict[str, Any] = {}
    if pixel_size_nm is not None:
        lines.append("unit=nm")
        options = {"resolution": (1 / pixel_size_nm, 1 / pixel_size_nm), "resolutionunit": "NONE"}
    description = "\n".join([*lines, ""])
    try:
        tifffile.imwrite(
            part,
            image,
            description=description,
            metadata=None,
            compression="zlib",
            compressionargs={"level": 1},
            rowsperstrip=STRIP_ROWS,
            maxworkers=1,  # .15 s for 16 Mpx; where memory ends, the start of a thread may last for ever
            extratags=tags,
            **options,
        )
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path
