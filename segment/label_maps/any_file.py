"""A grain map from any file of one: label map, tracing or orientation map, with what lies beside it."""

import os
from os import PathLike
from pathlib import Path

from segment.errors import UnreadableError
from segment.file_kind import no_file
from segment.grain_map import GrainMap
from segment.label_maps.by_hand import REGIONS, regions_alone, with_original_beside
from segment.label_maps.formats import format_of
from segment.label_maps.imagej_rois import holds_regions
from segment.label_maps.not_read import how_to_save
from segment.label_maps.pixels import RASTERS, TIFFS
from segment.label_maps.reading import boundary_beside, read_label_map
from segment.orientation import GrainRules, grain_map_of, is_orientation_map, read_orientation_map
from segment.orientation.grains import by_phase_and_twins
from segment.orientation.orientation_table import orientations_beside


def read_map(
    path: str | PathLike[str],
    *,
    pixel_size_nm: float | None = None,
    tracing: bool = False,
    rules: GrainRules | None = None,
) -> GrainMap:
    """Read the grains of a label map, a tracing or an orientation map.

    Parameters
    ----------
    path : path
        A label map of this program brings the boundary probability and the orientations beside it along.
    pixel_size_nm : float, optional
        Of a label map, or step of an orientation map, in nanometres; None: the file's.
    tracing : bool
        The file shows traced boundaries (255 = boundary).
    rules : GrainRules, optional
        Of orientation maps; None: grains from 5 degrees on.  Phase and twins also hold for label maps that
        have orientations beside them.

    Raises
    ------
    UnreadableError
        No such file, or no map; the message says what to do.
    InputError
        Rules of a phase or of twins for a map without orientations.

    Examples
    --------
    >>> read_map("nowhere.labels.tif")
    Traceback (most recent call last):
        ...
    segment.errors.UnreadableError: nowhere.labels.tif: no such file. Check the path.
    """
    path, rules = Path(path), rules or GrainRules()
    if os.path.isdir(path):
        raise UnreadableError(path, "it is a folder", f"Name the maps in it, such as {path / '*.labels.tif'}")
    if not os.path.isfile(path):
        raise UnreadableError(path, *no_file(path))
    foreign = format_of(path)
    if foreign is None and is_orientation_map(path):
        return grain_map_of(read_orientation_map(path, pixel_size_nm), rules)
    if foreign is None and path.suffix.lower() not in (*TIFFS, *RASTERS, ".npy", *REGIONS):
        raise UnreadableError(
            path,
            "neither a label map (TIFF, PNG, NPY, ImageJ's .zip, polygons in .json, .dream3d, "
            "ilastik's .h5, a table with grainId) nor an orientation map (.ang, .ctf, HDF5)",
            how_to_save(path)
            or "If it is a micrograph, run `grainstats segment` on it first, or `grainstats run` for both",
        )
    if path.suffix.lower() in REGIONS or (tracing and holds_regions(path)):
        regions = with_original_beside(path, regions_alone(path, pixel_size_nm))
        return by_phase_and_twins(regions, rules, str(path))
    grain_map = read_label_map(path, pixel_size_nm=pixel_size_nm, tracing=tracing and foreign is None)
    if not tracing:
        grain_map = with_original_beside(path, boundary_beside(path, grain_map))
        grain_map = orientations_beside(path, grain_map)
    return by_phase_and_twins(grain_map, rules, str(path))
