"""HDF5 files of orix, and of kikuchipy, which keeps the same group ``crystal_map`` among its patterns.

Angles are in radians; phases count from 0, -1 is "not indexed"; ``scan_unit`` names the unit of x and y.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from segment.errors import UnreadableError
from segment.micrograph.length_units import to_nm
from segment.orientation.angles import euler_radians
from segment.orientation.assemble import map_from_points
from segment.orientation.hdf5 import child, column, groups_named, several, text, whole
from segment.orientation.hdf5_scan import Lattice, grid_of, phases_of, positions
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.scan_points import Header, ScanPoints
from segment.orientation.symmetry import laue_of_name, laue_of_space_group

if TYPE_CHECKING:
    import h5py

SUFFIXES = (".h5", ".hdf5")

TWO_FOLD: Literal["c"] = "c"  #: orix has the axis of 2/m along z
_PROPERTIES = {"iq": "iq", "ci": "ci", "fit": "fit", "mad": "mad", "bc": "bc", "bs": "bs", "dp": "dp"}
_PROPERTIES |= {"reliability": "rel", "dp_best": "scores"}


def recognises(file: h5py.File) -> bool:
    """The open file holds a crystal map of orix."""
    return next(groups_named(file, "crystal_map"), None) is not None


def read(file: h5py.File, path: Path, step_nm: float | None) -> OrientationMap:
    """Read the first crystal map of a file; parameters and errors as `segment.orientation.bruker_h5.read`."""
    maps = list(groups_named(file, "crystal_map"))
    data, header = (child(maps[0], name) for name in ("data", "header")) if maps else (None, None)
    if data is None or header is None:
        raise UnreadableError(path, "it holds no crystal map", "Save the map again")
    angles = _angles(path, data)
    n = len(angles)
    grid = grid_of(header, ("x_step",), ("y_step",), ("nx",), ("ny",))
    x, y = positions(column(data, "x"), column(data, "y"), grid, n, path)
    if child(data, "x") is not None:  # some versions write the number of points as nx and ny
        grid = Header(grid.x_step, grid.y_step)
    groups = child(header, "phases")
    phases = phases_of(path, groups, ("name",), _laue, _lattice, first=0, unique_axis=TWO_FOLD)
    told = column(data, "phase_id")
    inside = column(data, "is_in_data")
    unit = to_nm(1.0, text(child(header, "scan_unit")))
    known = {ours: column(data, name) for ours, name in _PROPERTIES.items()}
    phase = np.ones(n, int) if told is None else told.astype(int) + 1
    if inside is not None:
        phase = np.where(inside > 0, phase, 0)
    euler, said = euler_radians(angles, degrees=False, indexed=phase > 0)
    points = ScanPoints(
        x=x,
        y=y,
        euler=euler,
        phase=phase,
        phases=phases,
        unit_nm=unit,
        header=grid,
        vendor="orix HDF5",
        source=str(path),
        properties={name: v for name, v in known.items() if v is not None and v.size == n},
        warnings=(*several(len(maps), "crystal maps"), *said),
    )
    return map_from_points(points, step_nm)


def _angles(path: Path, data: h5py.Group) -> np.ndarray:
    """Euler angles in radians, shape (n, 3); of several solutions a point the best, which is first."""
    told = [child(data, name) for name in ("phi1", "Phi", "phi2")]
    if any(v is None for v in told):
        raise UnreadableError(path, "its crystal map has no angles", "Save the map again")
    arrays = [np.asarray(v[()], float) for v in told]
    return np.stack([v.reshape(len(v), -1)[:, 0] for v in arrays], axis=1)


def _lattice(group: h5py.Group) -> Lattice:
    """a, b, c in ångström and angles in degrees of the phase's structure, where it is kept."""
    structure = child(group, "structure")
    lattice = child(structure, "lattice") if hasattr(structure, "keys") else None
    cell = column(lattice, "abcABG") if hasattr(lattice, "keys") else None
    return tuple(cell.tolist()) if cell is not None and cell.size == 6 else None


def _laue(group: h5py.Group) -> str | None:
    named = laue_of_name(text(child(group, "point_group")))
    return named or laue_of_space_group(whole(child(group, "space_group")) or 0)
