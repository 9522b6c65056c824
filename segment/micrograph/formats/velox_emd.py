"""Thermo Fisher Velox EMD (HDF5): pixel size and unit in the JSON metadata of every image."""

import json
from functools import partial
from typing import Any

import numpy as np

from segment.micrograph.length_units import not_an_image
from segment.micrograph.one_area import Channels, first_of_each_area
from segment.micrograph.open_file import HDF5, Frame, OpenFile, Scale, stated_as
from segment.micrograph.refusals import not_real_space

NAME = "velox_emd"


#: whether a detector's signal was derived from others (floats), its name, places of its frames
_Detector = tuple[bool, str, range]


def recognises(opened: OpenFile) -> bool:
    """HDF5 with the group ``Data/Image`` or, for a file of spectra only, ``Data/SpectrumStream``."""
    if not opened.head.startswith(HDF5):
        return False
    import h5py

    with h5py.File(opened.path, "r") as file:
        return any(f"Data/{kind}" in file for kind in ("Image", "SpectrumStream", "Spectrum"))


def frames(opened: OpenFile) -> list[Frame]:
    """Real-valued images of the file, each frame of a series on its own; of several detectors the first.

    `NotAnImageError`: spectra, complex data or diffraction patterns only.
    """
    import h5py

    file = opened.enter_context(h5py.File(opened.path, "r"))
    found: list[Frame] = []
    scans: dict[tuple[str, ...], list[_Detector]] = {}
    skipped: list[str] = []
    for group in file["Data/Image"].values() if "Data/Image" in file else ():
        data, facts = group["Data"], _metadata(group)
        reason = _refusal(data, facts)
        if reason:
            skipped.append(reason)
            continue
        scales = _scales(facts)
        name = str(facts.get("BinaryResult", {}).get("Detector", ""))
        places = range(len(found), len(found) + data.shape[2])
        scans.setdefault(_scan(data.shape, facts), []).append((data.dtype.kind == "f", name, places))
        found += [
            Frame(data.shape[:2], partial(data.__getitem__, np.s_[:, :, k]), scales, 0)
            for k in range(data.shape[2])
        ]
    if not found:
        reason = skipped[0] if skipped else "spectra, not images"
        raise not_real_space(opened.path, reason)
    if opened.all_channels:
        return found
    return first_of_each_area(found, [_channels(each, begin) for (begin, *_), each in scans.items()])


def _scan(shape: tuple[int, ...], facts: dict[str, Any]) -> tuple[str, ...]:
    """What the images of all detectors of one scan have in common: begin, shape and pixel size."""
    begin = facts.get("Acquisition", {}).get("AcquisitionStartDatetime", {}).get("DateTime", "")
    size = facts.get("BinaryResult", {}).get("PixelSize", {})
    return str(begin), str(shape), str(size)


def _channels(detectors: list[_Detector], begin: str) -> Channels:
    """Frame k of every detector; counted signals before those that the program derived from others."""
    ordered = sorted(detectors, key=lambda detector: detector[0])
    groups = tuple(zip(*(places for *_, places in ordered), strict=True))
    return Channels(groups, bool(begin), tuple(name for _, name, _ in ordered))


def _metadata(group: Any) -> dict[str, Any]:
    """JSON of the first frame, padded with zero bytes."""
    raw = bytes(group["Metadata"][:, 0])
    parsed = json.loads(raw.rstrip(b"\0").decode("utf-8", "replace"))
    return parsed if isinstance(parsed, dict) else {}


def _refusal(data: Any, facts: dict[str, Any]) -> str | None:
    if data.ndim != 3 or data.dtype.kind not in "uif":
        return "complex or multi-dimensional data, not an image"
    return not_an_image(str(facts.get("BinaryResult", {}).get("PixelUnitX", "")))


def _scales(facts: dict[str, Any]) -> tuple[Scale, ...]:
    """Metres in every Velox file seen, but each axis is read in the unit it states."""
    result = facts.get("BinaryResult", {})
    size = result.get("PixelSize", {})
    of_y, of_x = (str(result.get(f"PixelUnit{axis}", "")) for axis in "YX")
    return stated_as("BinaryResult.PixelSize", size.get("height"), size.get("width"), of_y, of_x)
