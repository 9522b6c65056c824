"""Oxford Instruments' .h5oina files: ``1/EBSD/Data`` and ``Header``, radians and micrometres.

The format is public: H5OINAFile.md of oinanoanalysis/h5oina.
"""

from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.orientation.hdf5 import MICROMETRE_NM, Group, child, column, text, values_of, whole
from segment.orientation.hdf5_scan import Lattice, Scan, columns, grid_of, phases_of, positions, scans_holding
from segment.orientation.scan_points import X_RIGHT_Y_UP, ScanPoints
from segment.orientation.symmetry import laue_of_name, laue_of_number, laue_of_space_group

SUFFIXES = (".h5oina",)
MAKERS = ("oxford",)

_PROPERTIES = {"bc": "Band Contrast", "bs": "Band Slope", "bands": "Bands", "error": "Error"}
_PROPERTIES |= {"mad": "Mean Angular Deviation"}


def scans(file: Group) -> list[Scan]:
    """Data and header of every EBSD map in the file."""
    return scans_holding(file, "EBSD", "Euler", "Phases")


def points_of(scan: Scan, path: Path) -> ScanPoints:
    """The points of one EBSD map. `UnreadableError`: columns do not fit, or a phase has no symmetry."""
    data, header = scan
    angles = values_of(child(data, "Euler")).astype(float)
    phase = column(data, "Phase")
    if angles.ndim != 2 or angles.shape[1] != 3 or phase is None or phase.size != len(angles):
        raise UnreadableError(path, "its angles and phases do not fit", "Export or copy it again")
    grid = grid_of(header, ("X Step",), ("Y Step",), ("X Cells",), ("Y Cells",))
    x, y = positions(column(data, "X"), column(data, "Y"), grid, len(angles), path)
    properties = columns(data, _PROPERTIES)
    if "mad" in properties:
        properties["mad"] = np.rad2deg(properties["mad"])
    inside = np.isfinite(x) & np.isfinite(y) & np.isfinite(phase)
    return ScanPoints(
        x=x[inside],
        y=y[inside],
        angles=angles[inside],
        phase=phase[inside].astype(int),
        phases=phases_of(path, child(header, "Phases"), ("Phase Name",), _laue, _lattice),
        unit_nm=MICROMETRE_NM if grid.x_step else None,
        header=grid,
        vendor="Oxford .h5oina",
        specimen_axes=X_RIGHT_Y_UP,
        x_along_a=False,
        properties={name: values[inside] for name, values in properties.items()},
    )


def _laue(group: Group) -> str | None:
    told = child(group, "Laue Group")
    by_number = laue_of_number(whole(told) or 0)
    symbol = laue_of_name(text(told.attrs.get("Symbol"))) if told is not None else None
    return symbol or by_number or laue_of_space_group(whole(child(group, "Space Group")) or 0)


def _lattice(group: Group) -> Lattice:
    lengths, angles = column(group, "Lattice Dimensions"), column(group, "Lattice Angles")
    if lengths is None or angles is None or not lengths.size == angles.size == 3:
        return None
    return (*lengths.tolist(), *np.rad2deg(angles).tolist())
