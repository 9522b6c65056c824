"""HDF5 files of orix, and of kikuchipy, which keeps the same group ``crystal_map`` among its patterns.

Angles are in radians; phases count from 0, -1 is "not indexed"; ``scan_unit`` names the unit of x and y.
"""

from pathlib import Path
from typing import Literal

import numpy as np

from segment.errors import UnreadableError
from segment.micrograph.length_units import to_nm
from segment.orientation.hdf5 import Group, child, column, text, values_of, whole
from segment.orientation.hdf5_scan import Lattice, Scan, columns, grid_of, phases_of, positions, scans_holding
from segment.orientation.scan_points import Header, ScanPoints
from segment.orientation.symmetry import laue_of_name, laue_of_space_group

SUFFIXES = (".h5", ".hdf5")
MAKERS = ("",)  # any

TWO_FOLD: Literal["c"] = "c"  #: orix has the axis of 2/m along z
_PROPERTIES = {"iq": "iq", "ci": "ci", "fit": "fit", "mad": "mad", "bc": "bc", "bs": "bs", "dp": "dp"}
_PROPERTIES |= {"reliability": "rel", "dp_best": "scores"}


def scans(file: Group) -> list[Scan]:
    """Data and header of every crystal map in the file."""
    return scans_holding(file, "crystal_map", "phi1", "phases")


def points_of(scan: Scan, path: Path) -> ScanPoints:
    """The points of one crystal map. `UnreadableError`: it lacks angles, or a phase has no symmetry."""
    data, header = scan
    angles = _angles(path, data)
    n = len(angles)
    grid = grid_of(header, ("x_step",), ("y_step",), ("nx",), ("ny",))
    x, y = positions(column(data, "x"), column(data, "y"), grid, n, path)
    if child(data, "x") is not None:  # some versions write the number of points as nx and ny
        grid = Header(grid.x_step, grid.y_step)
    groups = child(header, "phases")
    told, inside = column(data, "phase_id"), column(data, "is_in_data")
    phase = np.ones(n, int) if told is None else told.astype(int) + 1
    if inside is not None:
        phase = np.where(inside > 0, phase, 0)
    return ScanPoints(
        x=x,
        y=y,
        angles=angles,
        phase=phase,
        phases=phases_of(path, groups, ("name",), _laue, _lattice, first=0, unique_axis=TWO_FOLD),
        unit_nm=to_nm(1.0, text(child(header, "scan_unit"))),
        header=grid,
        vendor="orix HDF5",
        properties={name: v for name, v in columns(data, _PROPERTIES).items() if v.size == n},
    )


def _angles(path: Path, data: Group) -> np.ndarray:
    """Euler angles in radians, shape (n, 3); of several solutions a point the best, which is first."""
    told = [child(data, name) for name in ("phi1", "Phi", "phi2")]
    if any(v is None for v in told):
        raise UnreadableError(path, "its crystal map has no angles", "Save the map again")
    arrays = [values_of(v).astype(float) for v in told]
    return np.stack([v.reshape(len(v), -1)[:, 0] for v in arrays], axis=1)


def _lattice(group: Group) -> Lattice:
    """a, b, c in ångström and angles in degrees of the phase's structure, where it is kept."""
    structure = child(group, "structure")
    lattice = child(structure, "lattice") if hasattr(structure, "keys") else None
    cell = column(lattice, "abcABG") if hasattr(lattice, "keys") else None
    return tuple(cell.tolist()) if cell is not None and cell.size == 6 else None


def _laue(group: Group) -> str | None:
    named = laue_of_name(text(child(group, "point_group")))
    return named or laue_of_space_group(whole(child(group, "space_group")) or 0)
