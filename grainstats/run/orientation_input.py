"""An orientation map as a run takes it: its grains, a grey picture, and the colours of its orientations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from segment.grain_map import GrainMap
    from segment.micrograph import Micrograph
    from segment.orientation import GrainRules, OrientationMap

#: what shows the specimen best, first: band contrast, image quality, template index
_PICTURES = ("bc", "iq", "index", "reliability", "ci", "bs", "bands")


@dataclass(frozen=True, eq=False)
class OrientationInput:
    """What an orientation map gives."""

    micrograph: Micrograph  #: pattern quality as a grey image of square pixels, with the step as pixel size
    grains: GrainMap  #: of the same shape, with orientations
    #: shape (rows, columns, 3): the crystal direction along the specimen's normal at every point
    colours: np.ndarray


def find_inputs(inputs: Path | str | Iterable[Path | str]) -> list[Path]:
    """Micrographs and orientation maps behind files, folders and patterns; see `find_micrographs`."""
    from segment.micrograph import find_micrographs
    from segment.orientation import holds_orientation_map

    return find_micrographs(inputs, also=holds_orientation_map)


def grain_rules(
    misorientation_deg: float | None = None,
    merge_twins: bool = False,
    twin: str | None = None,
    phase: str | None = None,
) -> GrainRules:
    """The rules that options ask for, meant as in `Recipe`; `InputError` where `twin` is no law."""
    from segment.orientation import GrainRules, twin_law
    from segment.orientation.grains import MISORIENTATION_DEG
    from segment.orientation.twins import SIGMA_3

    laws = [SIGMA_3] if merge_twins else []
    if twin is not None:
        laws.append(twin_law(twin))
    return GrainRules(misorientation_deg or MISORIENTATION_DEG, twins=tuple(laws), phase=phase)


def open_orientation_map(
    path: Path, step_nm: float | None, rules: GrainRules, *, sha256: str
) -> OrientationInput:
    """Read a map, by the user's step or else the file's, and cut it into grains."""
    from segment.micrograph import Micrograph
    from segment.orientation import grain_map_of, read_orientation_map
    from segment.orientation.colours import orientation_colours
    from segment.orientation.raster import to_pixels

    points = read_orientation_map(path, step_nm)
    grains = grain_map_of(points, rules)
    micrograph = Micrograph(
        image=_grey(points),
        pixel_size_nm=grains.pixel_size_nm,
        pixel_size_source=grains.pixel_size_source,
        path=path,
        sha256=sha256,
        vendor=points.vendor,
        valid=grains.valid,
    )
    colours = orientation_colours(points.quaternions, points.phase, points.phases)
    return OrientationInput(micrograph, grains, to_pixels(points, colours))


def _grey(points: OrientationMap) -> np.ndarray:
    """Pattern quality as uint8 of square pixels; where the file gives none, what is indexed is white."""
    from segment.orientation.raster import to_pixels

    name = next((name for name in _PICTURES if name in points.properties), None)
    values = points.indexed.astype(float) if name is None else points.properties[name]
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, [0.5, 99.5]) if known.size else (0.0, 1.0)
    grey = np.clip((np.nan_to_num(values, nan=low) - low) / max(high - low, 1e-12), 0, 1)
    return to_pixels(points, np.rint(255 * grey).astype(np.uint8))
