"""Bruker Esprit HDF5 files: ``<scan>/EBSD/Data`` with angles in degrees, beam positions and phases from 1."""

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
from segment.orientation.scan_points import X_RIGHT_Y_UP, Header, ScanPoints
from segment.orientation.symmetry import laue_of_name, laue_of_space_group

if TYPE_CHECKING:
    import h5py

SUFFIXES = (".h5", ".hdf5")

MICROMETRE_NM = 1e3  #: nanometres; the file's steps are micrometres


def recognises(file: h5py.File) -> bool:
    """The open file is Bruker's."""
    maker = text(child(file, "Manufacturer")).casefold()
    return "bruker" in maker or (not maker and bool(_scans(file)))


def read(file: h5py.File, path: Path, step_nm: float | None) -> OrientationMap:
    """Read the first scan of a file.

    Parameters
    ----------
    file : h5py.File
    path : Path
        Of the file.
    step_nm : float or None
        Distance of two points in a row; None: the file's.

    Raises
    ------
    UnreadableError
        No orientation map, truncated, or nothing in it indexed.
    """
    scans = _scans(file)
    if not scans:
        raise UnreadableError(path, "it holds no EBSD scan", "Export the scan with its orientations")
    ebsd = scans[0]
    data, header = child(ebsd, "Data"), child(ebsd, "Header")
    told = [column(data, name) for name in ("phi1", "PHI", "phi2", "Phase")]
    if any(v is None for v in told):
        raise UnreadableError(path, "it lacks angles or phases", "Export the scan with its orientations")
    phi1, phi, phi2, phase = (np.asarray(v) for v in told)
    grid = grid_of(header, ("XSTEP",), ("YSTEP",), ("NCOLS",), ("NROWS",))
    x, y = _positions(path, ebsd, grid, phi1.size)
    phases = phases_of(path, child(header, "Phases"), ("Name", "Formula"), _laue, _lattice)
    mad, bands = column(data, "MAD"), column(data, "NIndexedBands")
    quality = column(data, "RadonQuality")
    if not phi1.size == phi.size == phi2.size == phase.size == x.size:
        raise UnreadableError(path, "its columns differ in length", "Export or copy it again")
    numbers = np.maximum(phase, 0).astype(int)
    angles = np.stack([phi1, phi, phi2], axis=1)
    euler, said = euler_radians(angles, degrees=True, indexed=numbers > 0)
    points = ScanPoints(
        x=x,
        y=y,
        euler=euler,
        phase=numbers,
        phases=phases,
        unit_nm=MICROMETRE_NM if grid.x_step else None,
        header=grid,
        vendor="Bruker HDF5",
        source=str(path),
        specimen_axes=X_RIGHT_Y_UP,
        properties={
            name: v for name, v in (("mad", mad), ("bands", bands), ("iq", quality)) if v is not None
        },
        warnings=(*several(len(scans), "scans"), *said),
    )
    return map_from_points(points, step_nm)


def _scans(file: h5py.File) -> list[h5py.Group]:
    found = []
    for ebsd in groups_named(file, "EBSD"):
        data, header = child(ebsd, "Data"), child(ebsd, "Header")
        if data is not None and header is not None and child(header, "Phases") is not None:
            found.append(ebsd)
    return [ebsd for ebsd in found if child(child(ebsd, "Data"), "phi1") is not None]


def _positions(path: Path, ebsd: h5py.Group, grid: Header, n: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y in micrometres, from the beam's raster and the distance of specimen positions on it."""
    data, sem = child(ebsd, "Data"), child(ebsd.parent, "SEM")
    step_x, step_y = grid.x_step or 1.0, grid.y_step or grid.x_step or 1.0
    beam = [column(data, "X BEAM"), column(data, "Y BEAM")]
    if any(v is None for v in beam) and sem is not None:
        beam = [column(sem, "IX", "SEM IX"), column(sem, "IY", "SEM IY")]
    sample = [column(data, "X SAMPLE"), column(data, "Y SAMPLE")]
    if any(v is None for v in beam):
        if all(v is not None for v in sample):
            return np.asarray(sample[0]), np.asarray(sample[1])
        return positions(None, None, grid, n, path)
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


def _laue(group: h5py.Group) -> str | None:
    space = laue_of_space_group(whole(child(group, "IT")) or 0)
    return space or laue_of_name(text(child(group, "PointGroup", "Point Group")))


def _lattice(group: h5py.Group) -> Lattice:
    cell = column(group, "LatticeConstants")
    return tuple(cell.tolist()) if cell is not None and cell.size == 6 else None
