"""Bruker Esprit HDF5 files: ``<scan>/EBSD/Data`` with angles in degrees, beam positions and phases from 1."""

from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.orientation.hdf5 import MICROMETRE_NM, Group, child, column, text, whole
from segment.orientation.hdf5_scan import Lattice, Scan, columns, grid_of, phases_of, positions, scans_holding
from segment.orientation.scan_points import X_RIGHT_Y_UP, Header, ScanPoints
from segment.orientation.symmetry import laue_of_name, laue_of_space_group

SUFFIXES = (".h5", ".hdf5")
MAKERS = ("bruker",)

_PROPERTIES = {"mad": "MAD", "bands": "NIndexedBands", "iq": "RadonQuality"}


def scans(file: Group) -> list[Scan]:
    """Data and header of every map in the file."""
    return scans_holding(file, "EBSD", "phi1", "Phases")


def points_of(scan: Scan, path: Path) -> ScanPoints:
    """The points of one map. `UnreadableError`: it lacks a column, or a phase has no symmetry."""
    data, header = scan
    told = [column(data, name) for name in ("phi1", "PHI", "phi2", "Phase")]
    if any(v is None for v in told):
        raise UnreadableError(path, "it lacks angles or phases", "Export the scan with its orientations")
    phi1, phi, phi2, phase = (np.asarray(v) for v in told)
    grid = grid_of(header, ("XSTEP",), ("YSTEP",), ("NCOLS",), ("NROWS",))
    x, y = _positions(path, data, grid, phi1.size)
    if not phi1.size == phi.size == phi2.size == phase.size == x.size:
        raise UnreadableError(path, "its columns differ in length", "Export or copy it again")
    return ScanPoints(
        x=x,
        y=y,
        angles=np.stack([phi1, phi, phi2], axis=1),
        degrees=True,
        phase=np.maximum(phase, 0).astype(int),
        phases=phases_of(path, child(header, "Phases"), ("Name", "Formula"), _laue, _lattice),
        unit_nm=MICROMETRE_NM if grid.x_step else None,
        header=grid,
        vendor="Bruker HDF5",
        specimen_axes=X_RIGHT_Y_UP,
        properties=columns(data, _PROPERTIES),
    )


def _positions(path: Path, data: Group, grid: Header, n: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y in micrometres, from the beam's raster and the distance of specimen positions on it."""
    sem = child(data.parent.parent, "SEM")
    step_x, step_y = grid.x_step or 1.0, grid.y_step or grid.x_step or 1.0
    beam = [column(data, "X BEAM"), column(data, "Y BEAM")]
    if any(v is None for v in beam) and sem is not None:
        beam = [column(sem, "IX", "SEM IX"), column(sem, "IY", "SEM IY")]
    sample = [column(data, "X SAMPLE"), column(data, "Y SAMPLE")]
    if any(v is None for v in beam):
        return positions(sample[0], sample[1], grid, n, path)
    x, y = (np.asarray(v) for v in beam)
    return x * _scale(x, sample[0], step_x), y * _scale(y, sample[1], step_y)


def _scale(beam: np.ndarray, sample: np.ndarray | None, step: float) -> float:
    """Micrometres of one beam position: by the specimen's coordinates, else by the header's step."""
    gaps = np.diff(np.unique(beam))
    if not gaps.size:
        return step
    if sample is None or sample.size != beam.size or not np.ptp(sample):
        return step / float(np.median(gaps))
    return float(np.ptp(sample) / np.ptp(beam))


def _laue(group: Group) -> str | None:
    space = laue_of_space_group(whole(child(group, "IT")) or 0)
    return space or laue_of_name(text(child(group, "PointGroup", "Point Group")))


def _lattice(group: Group) -> Lattice:
    cell = column(group, "LatticeConstants")
    return tuple(cell.tolist()) if cell is not None and cell.size == 6 else None
