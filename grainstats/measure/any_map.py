"""Measuring a map, wherever it comes from: memory, a file, or a segmentation."""

from dataclasses import replace
from os import PathLike

import numpy as np

from grainstats.measure.measurement import Measurement, measure_grain_map
from grainstats.measure.own_size import own_label_map
from segment.cells.close import grain_map_from_tracing
from segment.errors import InputError, UncalibratedError
from segment.grain_map import GrainMap
from segment.label_maps.any_file import read_map
from segment.label_maps.repairs import grain_map_of_labels
from segment.micrograph.pixel_size import given_size

PathInput = str | PathLike[str]


def measure(
    grains: GrainMap | np.ndarray | PathInput,
    *,
    pixel_size_nm: float | None = None,
    tracing: bool = False,
    image_id: str = "",
    seed: int = 0,
) -> Measurement:
    """Measure one map: grains, intercepts, boundary network.

    Parameters
    ----------
    grains : GrainMap, ndarray or path
        What `segment` gave; or a label map of int, shape (rows, columns), 0 = no grain; or a file of one; or
        the file of an orientation map.
    pixel_size_nm : float, optional
        Edge of a pixel in nanometres; None: the map's own.
    tracing : bool
        The array or file shows traced boundaries (255 = boundary) instead of labels.
    image_id : str
        Name of the image in tables.
    seed : int
        Of the test lines' offset.

    Returns
    -------
    Measurement
        ``grains`` and ``intercepts`` are DataFrames with lengths in nanometres.

    Raises
    ------
    segment.errors.InputError
        No pixel size is known, or it is no length, or the array is no label map.

    Examples
    --------
    >>> import numpy as np, grainstats as gs
    >>> squares = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int))
    >>> measured = gs.measure(squares, pixel_size_nm=2.0)
    >>> len(measured.grains), float(measured.grains["area_nm2"].iloc[0])
    (25, 1600.0)
    """
    if pixel_size_nm is not None:
        pixel_size_nm = given_size(pixel_size_nm)
    grain_map = _grain_map(grains, pixel_size_nm, tracing)
    name = image_id or (str(grains) if isinstance(grains, str | PathLike) else "map")
    if grain_map.pixel_size_nm is None:
        raise UncalibratedError(name, "the map does not say its pixel size", "Give pixel_size_nm=...")
    if not tracing:
        grain_map = own_label_map(grain_map, name)
    return measure_grain_map(grain_map, seed=seed, image_id=image_id)


def _grain_map(
    grains: GrainMap | np.ndarray | PathInput, pixel_size_nm: float | None, tracing: bool
) -> GrainMap:
    if isinstance(grains, GrainMap):
        if pixel_size_nm is None:
            return grains
        return replace(grains, pixel_size_nm=pixel_size_nm, pixel_size_source="manual")
    if isinstance(grains, str | PathLike):
        return read_map(grains, pixel_size_nm=pixel_size_nm, tracing=tracing)
    if not hasattr(grains, "__array__") or hasattr(grains, "columns"):
        kind = type(grains).__name__
        raise InputError(f"a {kind}", "no map of grains", "Give one GrainMap, label array or path at a time")
    if isinstance(grains, np.ma.MaskedArray):
        remedy = "Give .filled(0) where no grain is, or a GrainMap with valid=~mask where nothing is seen"
        raise InputError("a masked array", "its mask has two meanings", remedy)
    of_array = grain_map_from_tracing if tracing else grain_map_of_labels
    return of_array(np.asarray(grains), pixel_size_nm=pixel_size_nm)
