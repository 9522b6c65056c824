"""DREAM.3D and DREAM3D-NX: ``FeatureIds`` of a section, with the spacing of its grid."""

from pathlib import Path
from typing import Any

from segment.errors import UnreadableError
from segment.label_maps.formats.foreign_map import ForeignMap
from segment.micrograph.length_units import to_nm
from segment.orientation.feature_ids import NO_UNIT, feature_ids, on_grid
from segment.orientation.hdf5 import is_hdf5, open_file


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
