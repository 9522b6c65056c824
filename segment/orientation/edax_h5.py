"""EDAX HDF5 files, of OIM (``<scan>/EBSD/Data``) and of APEX (``.../EBSD/ANG/DATA/DATA``).

The values are those of an .ang file: angles in radians, positions in micrometres, phases counted as there.
"""

from pathlib import Path
from typing import Any

import numpy as np

from segment.errors import UnreadableError
from segment.grain_orientations import CrystalPhase
from segment.orientation.ang import EULER_ANGLES, edax_points, edax_symmetry
from segment.orientation.hdf5 import MICROMETRE_NM, Group, child, groups_named, one_number, text, values_of
from segment.orientation.hdf5_scan import Scan, grid_of, positions
from segment.orientation.scan_points import ScanPoints

SUFFIXES = (".h5", ".hdf5", ".edaxh5", ".oh5")
MAKERS = ("edax", "tsl")

_COLUMNS = (*EULER_ANGLES, "x", "y", "iq", "ci", "phase", "fit")


def scans(file: Group) -> list[Scan]:
    """Data and header of every map: groups, or a table of APEX."""
    found = []
    for ebsd in groups_named(file, "EBSD"):
        holder = child(ebsd, "ANG") or ebsd
        data, header = child(holder, "Data"), child(holder, "Header")
        if data is not None and hasattr(data, "keys"):
            data = child(data, "Data") or data
        if header is not None and hasattr(header, "keys"):
            inner = child(header, "Header")
            header = inner if inner is not None and hasattr(inner, "keys") else header
        if data is not None and header is not None and child(header, "Phase") is not None:
            found.append((data, header))
    return found


def points_of(scan: Scan, path: Path) -> ScanPoints:
    """The points of one map. `UnreadableError`: it lacks angles, or a phase has no symmetry."""
    data, header = scan
    column = _columns(data)
    missing = [name for name in EULER_ANGLES if name not in column]
    if missing:
        raise UnreadableError(path, f"it lacks {', '.join(missing)}", "Export the scan with its orientations")
    grid = grid_of(
        header, ("Step X", "XSTEP"), ("Step Y", "YSTEP"), ("nColumns", "NCOLS_ODD"), ("nRows", "NROWS")
    )
    unit = MICROMETRE_NM if grid.x_step or "x" in column else None
    x, y = positions(column.get("x"), column.get("y"), grid, column["phi1"].size, path)
    return edax_points(column | {"x": x, "y": y}, _phases(path, header), grid, unit, "EDAX HDF5")


def _columns(data: Any) -> dict[str, np.ndarray]:
    """Flat arrays by our names, from a group of arrays or from one table."""
    table: Any = data if hasattr(data, "keys") else values_of(data)
    names = data.keys() if table is data else table.dtype.names or ()
    known = {name.casefold().removesuffix(" position"): name for name in names}
    return {name: np.ravel(np.asarray(table[known[name]], float)) for name in _COLUMNS if name in known}


def _phases(path: Path, header: Group) -> list[CrystalPhase]:
    found: list[CrystalPhase] = []
    for key, group in child(header, "Phase").items():
        name = text(child(group, "MaterialName", "Material Name", "Formula")) or f"phase {key}"
        told = text(child(group, "Symmetry")) or text(child(group, "Point Group", "Laue Group"))
        laue, unique = edax_symmetry(path, name, told)
        names = ("Lattice Constant ", "LatticeConstant ")
        cell = [
            one_number(child(group, *(n + k for n in names)))
            for k in ("a", "b", "c", "alpha", "beta", "gamma")
        ]
        lattice = tuple(v for v in cell if v is not None)
        number_ = int(key) if key.isdigit() else len(found) + 1
        found.append(CrystalPhase(number_, name, laue, lattice if len(lattice) == 6 else None, unique))  # type: ignore[arg-type]
    return found
