"""Feature ids of DREAM.3D and DREAM3D-NX: the labels of a section or volume, and the grid they lie on.

Files of version 7 and before keep the grid in ``_SIMPL_GEOMETRY``, those of version 8 in the attributes of
the image geometry.  Both give lengths without a unit, or name one; micrometres are the programs' convention.
"""

from typing import Any

import numpy as np

from segment.micrograph.length_units import to_nm
from segment.orientation.hdf5 import datasets, last_name, text, values_of

IDS = ("featureids", "grainids")  #: names of the labels, the second up to version 4
NO_UNIT = "the spacing has no unit: micrometres, as is usual in DREAM.3D"
_NAMES_OF_UNIT = ("Length Unit", "_LENGTH_UNIT", "LengthUnit", "Units")


def feature_ids(file: Any) -> list[Any]:
    """The datasets of feature ids in an open file."""
    return [one for one in datasets(file) if last_name(one).casefold() in IDS]


def on_grid(ids: Any) -> tuple[np.ndarray, tuple[float, ...] | None, str, str]:
    """Labels in the shape of their grid (slices, rows, columns), or as they lie where it is not told.

    Besides, spacing (x, y, z) or None, its unit or "", and where it stands.
    """
    dimensions, spacing, unit, where = _grid(ids)
    labels = values_of(ids)
    if dimensions is not None and labels.size == np.prod(dimensions):
        labels = labels.reshape(dimensions[::-1])
    return labels[..., 0] if labels.ndim == 4 and labels.shape[-1] == 1 else labels, spacing, unit, where


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
