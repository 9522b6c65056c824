"""DREAM.3D and DREAM3D-NX: ``FeatureIds`` of a section, with the spacing of its grid; also written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from segment.errors import UnreadableError
from segment.label_maps.formats.foreign_map import ForeignMap
from segment.micrograph.length_units import to_nm
from segment.orientation.feature_ids import NO_UNIT, feature_ids, on_grid
from segment.orientation.hdf5 import is_hdf5, open_file

CELLS, IMAGE_GEOMETRY = 3, 0  #: in version 7: type of an attribute matrix of pixels, of a regular grid


def recognises(path: Path) -> bool:
    """HDF5 with feature ids, or named ``.dream3d``."""
    named = path.suffix.lower() == ".dream3d"
    if not is_hdf5(path) or named:
        return named
    with open_file(path) as file:
        return bool(feature_ids(file))


def read(path: Path) -> ForeignMap:
    """Feature ids of one section. `UnreadableError`: no feature ids, a volume, or damaged."""
    with open_file(path) as file:
        found = [one for one in feature_ids(file) if one.size > 1]
        if not found:
            remedy = "Run a segmentation of features in DREAM.3D first"
            raise UnreadableError(path, "it holds no FeatureIds", remedy)
        return _of_dataset(path, found[0], len(found))


def _of_dataset(path: Path, ids: Any, n_found: int) -> ForeignMap:
    labels, spacing, unit, where = on_grid(ids)
    if labels.ndim == 3 and labels.shape[0] > 1:
        slices = labels.shape[0]
        raise UnreadableError(
            path,
            f"a volume of {slices} sections, not one map",
            "Give it to `grainstats volume --labels`, or crop one section in DREAM.3D",
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
        notes += (NO_UNIT,)
    x_nm, y_nm = (to_nm(edge, unit or "um") for edge in spacing[:2])
    return ForeignMap(labels, y_nm, x_nm, where, notes)


def write(path: Path, labels: np.ndarray, pixel_size_nm: float) -> None:
    """Labels as ``FeatureIds`` of one section of version 7, as DREAM.3D and DREAM3D-NX read it; in µm."""
    import h5py

    rows, columns = labels.shape
    edge = pixel_size_nm / 1000
    with h5py.File(path, "w", track_order=False) as file:
        file.attrs["FileVersion"] = np.bytes_("7.0")
        file.attrs["DREAM3D Version"] = np.bytes_("6.5.171")
        container = file.create_group("DataContainers/ImageDataContainer")
        geometry = container.create_group("_SIMPL_GEOMETRY")
        geometry.attrs.update(
            GeometryType=np.uint32(IMAGE_GEOMETRY),
            GeometryTypeName=np.bytes_("ImageGeometry"),
            GeometryName=np.bytes_("ImageGeometry"),
            SpatialDimensionality=np.uint32(2),
            UnitDimensionality=np.uint32(2),
            Units=np.bytes_("um"),
        )
        geometry["DIMENSIONS"] = np.array([columns, rows, 1], np.int64)
        geometry["ORIGIN"] = np.zeros(3, np.float32)
        geometry["SPACING"] = np.array([edge] * 3, np.float32)
        cells = container.create_group("CellData")
        cells.attrs["AttributeMatrixType"] = np.uint32(CELLS)
        cells.attrs["TupleDimensions"] = np.array([columns, rows, 1], np.uint64)
        values = labels.astype(np.int32)[None, :, :, None]
        ids = cells.create_dataset("FeatureIds", data=values, compression="gzip", compression_opts=1)
        ids.attrs["Tuple Axis Dimensions"] = np.bytes_(f"x={columns},y={rows},z=1")
        ids.attrs.update(
            ComponentDimensions=np.array([1], np.uint64),
            DataArrayVersion=np.int32(2),
            ObjectType=np.bytes_("DataArray<int32_t>"),
            TupleDimensions=np.array([columns, rows, 1], np.uint64),
        )
