"""NCEM (Berkeley) EMD (HDF5): dim datasets hold the pixels' coordinates, with a unit such as ``[n_m]``."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from segment.micrograph.length_units import not_an_image, to_nm
from segment.micrograph.open_file import HDF5, Frame, OpenFile, Scale, stated
from segment.micrograph.refusals import not_real_space

NAME = "ncem_emd"


def recognises(opened: OpenFile) -> bool:
    """HDF5 that is not Velox; a file without an EMD group is refused in `frames`."""
    return opened.head.startswith(HDF5)


def frames(opened: OpenFile) -> list[Frame]:
    """Images of all EMD groups; the last two axes are rows and columns.

    `NotAnImageError`: no EMD group, or only spectra and diffraction data.
    """
    import h5py

    file = opened.enter_context(h5py.File(opened.path, "r"))
    groups: list[Any] = []
    file.visititems(lambda _, item: groups.append(item) if _is_emd(item) else None)
    found: list[Frame] = []
    refused = "an HDF5 file without an EMD image"
    for group in groups:
        reason = _refusal(group)
        if reason:
            refused = reason
        else:
            found += _frames_of_group(group)
    if not found:
        raise not_real_space(opened.path, refused)
    return found


def _is_emd(item: Any) -> bool:
    return "emd_group_type" in item.attrs and hasattr(item, "keys") and "data" in item


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
    if data.ndim < 2 or min(data.shape[-2:], default=0) < 2:
        return "a spectrum, not an image"
    if data.dtype.kind not in "uif" or data.ndim > 3:
        return "complex or 4-D data, not an image"
    return not_an_image(*(_axis(group, n)[1] for n in range(1, data.ndim + 1)))


def _frames_of_group(group: Any) -> list[Frame]:
    data = group["data"]
    scales = _scales(group)
    if data.ndim == 2:
        return [Frame(data.shape, partial(_plane, data, ...), scales, 0)]
    return [Frame(data.shape[1:], partial(_plane, data, k), scales, 0) for k in range(data.shape[0])]


def _scales(group: Any) -> tuple[Scale, ...]:
    """Mean step of the coordinates; a full axis is safer than its first two values."""
    steps: list[float | None] = []
    for number in (group["data"].ndim - 1, group["data"].ndim):
        values, unit = _axis(group, number)
        step = abs(values[-1] - values[0]) / (len(values) - 1) if len(values) > 1 else 0.0
        steps.append(to_nm(step, unit))
    return stated("dim datasets", steps[0], steps[1]) if None not in steps else ()


def _plane(data: Any, k: Any) -> np.ndarray:
    return np.asarray(data[k])
