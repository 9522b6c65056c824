"""NCEM (Berkeley) EMD (HDF5): dim datasets hold the pixels' coordinates, with a unit such as ``[n_m]``.

Rows and columns are the two axes that are lengths, else the last two.
"""

from functools import partial
from typing import Any

import numpy as np

from segment.errors import NotAnImageError
from segment.micrograph.length_units import not_an_image, to_nm, unit_kind
from segment.micrograph.open_file import HDF5, Frame, OpenFile, Scale, stated
from segment.micrograph.refusals import not_real_space

NAME = "ncem_emd"

_OTHER_HDF5 = "Export the image as TIFF; maps of grains go to `grainstats measure`"


def recognises(opened: OpenFile) -> bool:
    """HDF5 that is not Velox; a file without an EMD group is refused in `frames`."""
    return opened.head.startswith(HDF5)


def frames(opened: OpenFile) -> list[Frame]:
    """Images of all EMD groups. `NotAnImageError`: no EMD group, or only spectra and diffraction data."""
    import h5py

    file = opened.enter_context(h5py.File(opened.path, "r"))
    groups: list[Any] = []
    file.visititems(lambda _, item: groups.append(item) if "emd_group_type" in item.attrs else None)
    found: list[Frame] = []
    refused = ""
    for group in (one for one in groups if hasattr(one, "keys") and "data" in one):
        reason = _refusal(group)
        if reason:
            refused = reason
        else:
            found += _frames_of_group(group)
    if not found and not refused:
        raise NotAnImageError(opened.path, "an HDF5 file without an EMD image", _OTHER_HDF5)
    if not found:
        raise not_real_space(opened.path, refused)
    return found


def _axis(group: Any, number: int) -> tuple[np.ndarray, str]:
    """First and last coordinate and the unit of axis `number` (from 1)."""
    name = f"dim{number}"
    if name not in group:
        return np.zeros(0), ""
    dim = group[name]
    units = np.atleast_1d(dim.attrs.get("units", ""))[0]
    text = units.decode("utf-8", "replace") if isinstance(units, bytes) else str(units)
    return np.asarray(dim[...], float).ravel(), text


def _refusal(group: Any) -> str | None:
    data = group["data"]
    if data.ndim < 2 or min(data.shape[k] for k in _plane_axes(group)) < 2:
        return "a spectrum, not an image"
    if data.dtype.kind not in "uif" or data.ndim > 3:
        return "complex or 4-D data, not an image"
    return not_an_image(*(_axis(group, n)[1] for n in range(1, data.ndim + 1)))


def _plane_axes(group: Any) -> tuple[int, int]:
    """Places of rows and columns among the axes."""
    n_axes = group["data"].ndim
    lengths = [k for k in range(n_axes) if unit_kind(_axis(group, k + 1)[1]) == "length"]
    return (lengths[0], lengths[1]) if len(lengths) == 2 else (n_axes - 2, n_axes - 1)


def _frames_of_group(group: Any) -> list[Frame]:
    data, axes = group["data"], _plane_axes(group)
    scales = _scales(group, axes)
    shape = (data.shape[axes[0]], data.shape[axes[1]])
    others = [k for k in range(data.ndim) if k not in axes]
    places = [((slice(None),) * others[0] + (k,)) for k in range(data.shape[others[0]])] if others else [...]
    return [Frame(shape, partial(data.__getitem__, place), scales, 0) for place in places]


def _scales(group: Any, axes: tuple[int, int]) -> tuple[Scale, ...]:
    """Mean step of the coordinates; a full axis is safer than its first two values."""
    steps: list[float | None] = []
    for axis in axes:
        values, unit = _axis(group, axis + 1)
        step = abs(values[-1] - values[0]) / (len(values) - 1) if len(values) > 1 else 0.0
        steps.append(to_nm(step, unit))
    return stated("dim datasets", steps[0], steps[1]) if None not in steps else ()
