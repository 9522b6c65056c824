"""HDF5, NeXus and DREAM.3D: the dataset of three dimensions, its voxel size from attributes, axes or grid."""

from pathlib import Path
from typing import Any

import numpy as np

from segment.errors import UnreadableError
from segment.micrograph.length_units import to_nm
from segment.orientation.feature_ids import NO_UNIT, feature_ids, on_grid
from segment.orientation.hdf5 import MAX_DEPTH, datasets, text, values_of
from segment.volume.stack import GreyVolume, VoxelSize

SUFFIXES = (".h5", ".hdf5", ".hdf", ".nxs", ".nx", ".he5", ".ilp", ".dream3d")
#: attributes that give the voxel size; they end with its unit
_SIZES = ("element_size_um", "element_size_nm", "voxel_size_nm", "voxel_size_um")


def read(path: Path, name: str | None = None) -> GreyVolume:
    """The named dataset, or the only or largest one of three dimensions, as slices.

    Attributes ``element_size_um`` (z, y, x; as Fiji and ilastik write) and its like give the voxel size, and
    so do the axes of a NeXus group if they are even.  Feature ids of DREAM.3D go before other datasets.
    """
    import h5py

    with h5py.File(path, "r") as file:
        if name is None and (ids := [one for one in feature_ids(file) if one.size > 1]):
            return _of_dream3d(path, ids[0])
        chosen, notes = _choose(path, file, name)
        shape = tuple(n for n in chosen.shape if n > 1) if chosen.ndim > 3 else chosen.shape
        values = values_of(chosen).reshape(shape)
        size, source = _voxel_size(chosen)
    return GreyVolume(values, size, str(path), source, notes)


def _of_dream3d(path: Path, ids: Any) -> GreyVolume:
    values, spacing, unit, where = on_grid(ids)
    size = None if spacing is None else VoxelSize.of(*(to_nm(edge, unit or "um") for edge in spacing))
    notes = () if unit or spacing is None else (NO_UNIT,)
    return GreyVolume(values, size, str(path), where, notes, is_labels=True)


def _in_three(dataset: Any) -> bool:
    """Three of its dimensions are longer than one."""
    return sum(n > 1 for n in dataset.shape) == 3


def _choose(path: Path, file: Any, name: str | None) -> tuple[Any, tuple[str, ...]]:
    import h5py

    if name is not None:
        if name not in file or not isinstance(file[name], h5py.Dataset):
            raise UnreadableError(path, f"it has no dataset {name}", "Look it up with h5ls or HDFView")
        return file[name], ()
    signal = _default_signal(file)
    if signal is not None:
        return signal, ()
    found = [d for d in datasets(file) if d.dtype.kind in "buif" and _in_three(d)]
    if not found:
        raise UnreadableError(path, "no dataset of three dimensions in it", "Name one with --dataset")
    found.sort(key=lambda d: -d.size)
    if len(found) == 1:
        return found[0], ()
    names = ", ".join(d.name for d in found[:4])
    return found[0], (
        f"several stacks in the file ({names}); {found[0].name} is taken, --dataset names another",
    )


def _default_signal(file: Any) -> Any | None:
    """What a NeXus file shows by default: the ``signal`` of the group that the ``default`` names lead to."""
    import h5py

    group = file
    for _ in range(MAX_DEPTH):  # not without end: a group may name itself
        default = text(group.attrs.get("default")) if isinstance(group, h5py.Group) else ""
        if default and default in group:
            group = group[default]
    name = text(group.attrs.get("signal")) if isinstance(group, h5py.Group) else ""
    if not name or name not in group or not isinstance(group[name], h5py.Dataset):
        return None
    return group[name] if _in_three(group[name]) else None


def _voxel_size(dataset: Any) -> tuple[VoxelSize | None, str]:
    for name in _SIZES:
        if name in dataset.attrs:
            edges = [to_nm(text(v), name[-2:]) for v in np.ravel(dataset.attrs[name])]
            if len(edges) == 3 and (size := VoxelSize.of(*edges[::-1])) is not None:
                return size, f"attribute {name}"
    return _nexus_axes(dataset), "NeXus axes"


def _nexus_axes(dataset: Any) -> VoxelSize | None:
    """Steps of the even axes that the group of the dataset names."""
    group = dataset.parent
    axes = group.attrs.get("axes")
    if axes is None or isinstance(axes, str | bytes):
        return None
    if len(axes) != 3 or any(text(name) not in group for name in axes):
        return None
    edges = []
    for axis in (group[text(name)] for name in axes):
        steps = np.diff(np.ravel(axis[()]).astype(float))
        if len(steps) == 0 or not np.allclose(steps, steps[0], rtol=1e-3):
            return None
        edges.append(to_nm(abs(float(steps[0])), text(axis.attrs.get("units"))))
    return VoxelSize.of(*edges[::-1])
