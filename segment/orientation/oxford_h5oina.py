"""Oxford Instruments' .h5oina files: ``1/EBSD/Data`` and ``Header``, radians and micrometres.

The format is public: H5OINAFile.md of oinanoanalysis/h5oina.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segment.errors import UnreadableError
from segment.orientation.angles import euler_radians
from segment.orientation.assemble import map_from_points
from segment.orientation.hdf5 import child, column, groups_named, several, text, whole
from segment.orientation.hdf5_scan import Lattice, grid_of, phases_of, positions
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.scan_points import X_RIGHT_Y_UP, ScanPoints
from segment.orientation.symmetry import laue_of_name, laue_of_number, laue_of_space_group

if TYPE_CHECKING:
    import h5py

SUFFIXES = (".h5oina",)

MICROMETRE_NM = 1e3  #: nanometres; the file's steps are micrometres
_PROPERTIES = {"bc": "Band Contrast", "bs": "Band Slope", "bands": "Bands", "error": "Error"}


def recognises(file: h5py.File) -> bool:
    """The open file is an .h5oina."""
    if "oxford" in text(child(file, "Manufacturer")).casefold():
        return True
    return child(file, "Format Version") is not None and bool(_scans(file))


def read(file: h5py.File, path: Path, step_nm: float | None) -> OrientationMap:
    """Read the first EBSD map of a file; parameters and errors as `segment.orientation.bruker_h5.read`."""
    scans = _scans(file)
    if not scans:
        raise UnreadableError(path, "it holds no EBSD map", "Export the map with its orientations")
    data, header = child(scans[0], "Data"), child(scans[0], "Header")
    angles = np.asarray(child(data, "Euler")[()], float)
    phase = column(data, "Phase")
    if angles.ndim != 2 or angles.shape[1] != 3 or phase is None or phase.size != len(angles):
        raise UnreadableError(path, "its angles and phases do not fit", "Export or copy it again")
    grid = grid_of(header, ("X Step",), ("Y Step",), ("X Cells",), ("Y Cells",))
    x, y = positions(column(data, "X"), column(data, "Y"), grid, len(angles), path)
    phases = phases_of(path, child(header, "Phases"), ("Phase Name",), _laue, _lattice)
    properties = {ours: v for ours, name in _PROPERTIES.items() if (v := column(data, name)) is not None}
    deviation = column(data, "Mean Angular Deviation")
    if deviation is not None:
        properties["mad"] = np.rad2deg(deviation)
    inside = np.isfinite(x) & np.isfinite(y) & np.isfinite(phase)
    numbers = np.where(inside & np.isfinite(angles).all(axis=1), np.nan_to_num(phase), 0).astype(int)
    euler, said = euler_radians(angles, degrees=False, indexed=numbers > 0)
    points = ScanPoints(
        x=x[inside],
        y=y[inside],
        euler=euler[inside],
        phase=numbers[inside],
        phases=phases,
        unit_nm=MICROMETRE_NM if grid.x_step else None,
        header=grid,
        vendor="Oxford .h5oina",
        source=str(path),
        specimen_axes=X_RIGHT_Y_UP,
        x_along_a=False,
        properties={name: values[inside] for name, values in properties.items()},
        warnings=(*several(len(scans), "EBSD maps"), *said),
    )
    return map_from_points(points, step_nm)


def _scans(file: h5py.File) -> list[h5py.Group]:
    found = []
    for ebsd in groups_named(file, "EBSD", depth=2):
        data = child(ebsd, "Data")
        if data is not None and child(data, "Euler") is not None and child(ebsd, "Header") is not None:
            found.append(ebsd)
    return found


def _laue(group: h5py.Group) -> str | None:
    told = child(group, "Laue Group")
    by_number = laue_of_number(whole(told) or 0)
    symbol = laue_of_name(text(told.attrs.get("Symbol"))) if told is not None else None
    return symbol or by_number or laue_of_space_group(whole(child(group, "Space Group")) or 0)


def _lattice(group: h5py.Group) -> Lattice:
    lengths, angles = column(group, "Lattice Dimensions"), column(group, "Lattice Angles")
    if lengths is None or angles is None or not lengths.size == angles.size == 3:
        return None
    return (*lengths.tolist(), *np.rad2deg(angles).tolist())
