"""Label maps and tracings read back from files, as grain maps."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from segment.cells.close import grain_map_from_tracing
from segment.cells.second_phases import set_aside
from segment.grain_map import GrainMap
from segment.label_maps.pixels import one_channel, read_map_pixels
from segment.label_maps.record import with_record
from segment.label_maps.repairs import contiguous_labels, repaired

_MOST_IN_A_BYTE = 255  #: labels that an 8-bit map can hold


def read_label_map(
    path: str | Path, *, pixel_size_nm: float | None = None, tracing: bool = False
) -> GrainMap:
    """Read a label map or a boundary tracing from TIFF, PNG, BMP, WebP or NPY.

    Parameters
    ----------
    path : str or Path
    pixel_size_nm : float, optional
        Edge of a pixel in nanometres; None: as the file says, where ImageJ or `write_label_map` left it.
    tracing : bool
        The file shows traced boundaries (255 = boundary) instead of labels.

    Returns
    -------
    GrainMap
        Square pixels; labels renumbered to 1 ... n in the order of their values.  Of a map by other hands,
        narrow lines of 0 between cells are closed and a few pieces of one label become labels of their own;
        `warnings` says so.  With how a model cut them (`segmentation`), where `write_label_map` left that and
        no label has changed since.

    Raises
    ------
    UnreadableError
        Not one image, not labels, colours, damaged or too large.

    Examples
    --------
    >>> import tempfile
    >>> from segment import grain_map_of_labels, write_label_map
    >>> squares = np.kron(np.arange(1, 5).reshape(2, 2), np.ones((8, 8), int))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_label_map(f"{folder}/a.labels.tif", grain_map_of_labels(squares, pixel_size_nm=2.0))
    ...     found = read_label_map(path)
    >>> found.n_grains, found.pixel_size_nm
    (4, 2.0)
    """
    path = Path(path)
    found = read_map_pixels(path, pixel_size_nm, tracing=tracing)
    if tracing:
        traced = grain_map_from_tracing(
            found.image,
            pixel_size_nm=found.pixel_size_nm,
            pixel_size_source=found.pixel_size_source,
            source=str(path),
        )
        return replace(traced, warnings=found.notes + traced.warnings)
    image = one_channel(path, found.image)
    labels = contiguous_labels(path, image)
    second_phases = None
    if found.n_grains is not None:
        second_phases = set_aside(labels, image > found.n_grains)
    read = GrainMap(
        labels,
        found.pixel_size_nm,
        found.pixel_size_source,
        second_phases=second_phases,
        warnings=found.notes,
    )
    read = with_record(path, read, exact_size=pixel_size_nm is None)
    if found.n_grains is not None or read.segmentation is not None:
        return read
    labels, valid, repairs = repaired(path, labels, float(image.max()), read.valid)
    if image.dtype == np.uint8 and read.n_grains == _MOST_IN_A_BYTE:
        repairs += ("all 255 numbers of an 8-bit map are in use: of more cells, some have lost theirs",)
    return replace(read, labels=labels, valid=valid, warnings=read.warnings + repairs)


def boundary_beside(path: str | Path, grain_map: GrainMap) -> GrainMap:
    """The label map with the probability that ``segment`` wrote beside it, where there is one of its shape.

    `path` is that of the label map, ``NAME.labels.tif``; the probability is in ``NAME.boundary.tif``.
    """
    path = Path(path)
    beside = path.with_name(path.name.removesuffix(".labels.tif") + ".boundary.tif")
    if not path.name.endswith(".labels.tif") or not beside.is_file():
        return grain_map
    probability = read_map_pixels(beside, None).image
    if probability.shape != grain_map.labels.shape:
        return grain_map
    return replace(grain_map, probability=probability.astype(np.float32, copy=False))
