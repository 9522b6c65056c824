"""DREAM.3D and DREAM3D-NX: ``FeatureIds`` of a section, with the spacing of its grid; and the same written.

Files of version 7 and before keep the grid in ``_SIMPL_GEOMETRY``, those of version 8 in the attributes of
the image geometry.  Both give lengths without a unit, or name one; micrometres are the programs' convention.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from segment.errors import UnreadableError
from segment.label_maps.formats.foreign_map import ForeignMap
from segment.micrograph.length_units import to_nm
from segment.orientation.hdf5 import datasets, is_hdf5, last_name, open_file, text

IDS = ("featureids", "grainids")  #: names of the labels, the second up to version 4
_NAMES_OF_UNIT = ("Length Unit", "_LENGTH_UNIT", "LengthUnit", "Units")
CELLS, IMAGE_GEOMETRY = 3, 0  #: in version 7: type of an attribute matrix of pixels, of a regular grid


def recognises(path: Path) -> bool:
    """HDF5 with feature ids, or named ``.dream3d``."""
    named = path.suffix.lower() == ".dream3d"
    if not is_hdf5(path) or named:
        return named
    with open_file(path) as file:
        return any(last_name(one).casefold() in IDS for one in datasets(file))


def read(path: Path) -> ForeignMap:
    """Feature ids of one section. `UnreadableError`: no feature ids, a volume, or damaged."""
    with open_file(path) as file:
        found = [one for one in datasets(file) if last_name(one).casefold() in IDS and one.size > 1]
        if not found:
            remedy = "Run a segmentation of features in DREAM.3D first"
            raise UnreadableError(path, "it holds no FeatureIds", remedy)
        return _of_dataset(path, found[0], len(found))


def _of_dataset(path: Path, ids: Any, n_found: int) -> ForeignMap:
    dimensions, spacing, unit, where = _grid(ids)
    labels = np.asarray(ids[()])
    if dimensions is not None and labels.size == np.prod(dimensions):
        labels = labels.reshape(dimensions[::-1])
    labels = labels[..., 0] if labels.ndim == 4 and labels.shape[-1] == 1 else labels
    if labels.ndim == 3 and labels.shape[0] > 1:
        slices = labels.shape[0]
        raise UnreadableError(
            path,
            f"a volume of {slices} sections, not one map",
            "Save FeatureIds as a TIFF stack for `grainstats volume`, or crop one section in DREAM.3D",
        )
    labels = labels.reshape(labels.shape[-2:]) if labels.ndim >= 2 else labels
    if labels.ndim != 2:
        raise UnreadableError(path, f"{ids.name} has the shape {ids.shape}", "Write it with its geometry")
    notes: tuple[str, ...] = ()
    if n_found > 1:
        notes = (f"{n_found} sets of feature ids: {ids.name} is read",)
    if spacing is None:
        return ForeignMap(labels, notes=notes)
    if not unit:
        notes += ("the spacing has no unit: micrometres, as is usual in DREAM.3D",)
    x_nm, y_nm = (to_nm(edge, unit or "um") for edge in spacing[:2])
    return ForeignMap(labels, y_nm, x_nm, where, notes)


def _grid(ids: Any) -> tuple[tuple[int, ...] | None, tuple[float, ...] | None, str, str]:
    """Dimensions and spacing (x, y, z) with their unit, from the groups above the ids."""
    group = ids.parent
    while True:
        for holder in (group.get("_SIMPL_GEOMETRY"), group):
            if holder is None:
                continue
            size = _numbers(holder, "_DIMENSIONS", "DIMENSIONS")
            spacing = _numbers(holder, "_SPACING", "SPACING", "RESOLUTION")
            if spacing is not None:
                unit = next((text(holder.attrs[name]) for name in _NAMES_OF_UNIT if name in holder.attrs), "")
                known = to_nm(1.0, unit) if unit else None
                whole = None if size is None else tuple(int(n) for n in size)
                return whole, spacing, unit if known else "", f"{holder.name} SPACING"
        if group.name == "/":
            return None, None, "", ""
        group = group.parent


def _numbers(holder: Any, *names: str) -> tuple[float, ...] | None:
    """Three numbers of an attribute or dataset."""
    for name in names:
        value = holder.attrs.get(name)
        if value is None and name in holder and hasattr(holder[name], "shape"):
            value = holder[name][()]
        if value is not None and np.size(value) == 3:
            return tuple(float(one) for one in np.ravel(value))
    return None


def write(path: Path, labels: np.ndarray, pixel_size_nm: float) -> None:
    """Labels as ``FeatureIds`` of one section in a file of version 7, which DREAM.3D and DREAM3D-NX open.

    Parameters
    ----------
    path : Path
    labels : ndarray of int, shape (rows, columns)
    pixel_size_nm : float
        Becomes micrometres.
    """
    import h5py

    rows, columns = labels.shape
    edge = pixel_size_nm / 1000
    with h5py.File(path, "w", track_order=False) as file:
        file.attrs["FileVersion"] = np.bytes_("7.0")
        file.attrs["DREAM3D Version"] = np.bytes_("6.5.171")
        container = file.create_group("DataContainers/ImageDataContainer")
        geometry = container.create_group("_SIMPL_GEOMETRY")
        facts: dict[str, Any] = {
            "GeometryType": np.uint32(IMAGE_GEOMETRY),
            "GeometryTypeName": np.bytes_("ImageGeometry"),
            "GeometryName": np.bytes_("ImageGeometry"),
            "SpatialDimensionality": np.uint32(2),
            "UnitDimensionality": np.uint32(2),
            "Units": np.bytes_("um"),
        }
        for name, value in facts.items():
            geometry.attrs[name] = value
        geometry["DIMENSIONS"] = np.array([columns, rows, 1], np.int64)
        geometry["ORIGIN"] = np.zeros(3, np.float32)
        geometry["SPACING"] = np.array([edge] * 3, np.float32)
        cells = container.create_group("CellData")
        cells.attrs["AttributeMatrixType"] = np.uint32(CELLS)
        cells.attrs["TupleDimensions"] = np.array([columns, rows, 1], np.uint64)
        ids = cells.create_dataset(
            "FeatureIds",
            data=labels.astype(np.int32)[None, :, :, None],
            compression="gzip",
            compression_opts=1,
        )
        facts = {
            "ComponentDimensions": np.array([1], np.uint64),
            "DataArrayVersion": np.int32(2),
            "ObjectType": np.bytes_("DataArray<int32_t>"),
            "Tuple Axis Dimensions": np.bytes_(f"x={columns},y={rows},z=1"),
            "TupleDimensions": np.array([columns, rows, 1], np.uint64),
        }
        for name, value in facts.items():
            ids.attrs[name] = value
