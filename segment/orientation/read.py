"""The front door: an orientation map of any known format."""

import os
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from segment.errors import InputError, UnreadableError
from segment.file_kind import no_file
from segment.micrograph.open_file import HDF5
from segment.micrograph.sidecar import decode
from segment.orientation import ang, bruker_h5, ctf, edax_h5, orix_h5, oxford_h5oina
from segment.orientation.assemble import map_from_points
from segment.orientation.hdf5 import Group, child, open_file, text
from segment.orientation.hdf5_scan import Scan
from segment.orientation.orientation_map import OrientationMap

_HEAD_BYTES = 65536  #: enough to know a text header
TEXT_FORMATS: tuple[Any, ...] = (ang, ctf)
HDF5_FORMATS: tuple[Any, ...] = (oxford_h5oina, orix_h5, bruker_h5, edax_h5)
#: maps that are not read, and as what to export them
NOT_READ = {
    **dict.fromkeys((".cpr", ".crc"), "Export it from Channel 5 or AZtec as .ctf or .h5oina"),
    ".osc": "Export it from OIM Analysis as .ang or .h5",
    ".res": "Export it from ASTAR's MapViewer as .ang or .ctf",
    **dict.fromkeys(
        (".blo", ".up1", ".up2", ".ebsp"),
        "It holds diffraction patterns: index them, and give the map as .ang or .ctf",
    ),
    ".dream3d": "`grainstats measure` reads its grains; for orientations, export the section as .ang or .ctf",
}
GENERAL_SUFFIXES = (".h5", ".hdf5")  #: that anything may have
SUFFIXES = tuple(
    dict.fromkeys(suffix for known in (*TEXT_FORMATS, *HDF5_FORMATS) for suffix in known.SUFFIXES)
)


def read_orientation_map(path: str | PathLike[str], step_nm: float | None = None) -> OrientationMap:
    """Read an orientation map from EBSD, TKD or precession electron diffraction.

    Parameters
    ----------
    path : str or Path
    step_nm : float, optional
        Distance of two points in a row, in nanometres; it goes before what the file says.

    Returns
    -------
    OrientationMap
        Without a step where the file states none and `step_nm` is not given.

    Raises
    ------
    UnreadableError
        No such file, of no known format, empty, truncated, or without an indexed point.
    ValueError
        `step_nm` is not positive.

    Examples
    --------
    >>> read_orientation_map("nowhere.ang")
    Traceback (most recent call last):
        ...
    segment.errors.UnreadableError: nowhere.ang: no such file. Check the path.
    """
    path = Path(path)
    if step_nm is not None and not step_nm > 0:
        raise ValueError(f"the step is {step_nm} nm, not positive")
    if not os.path.isfile(path):
        raise UnreadableError(path, *no_file(path))
    if path.suffix.lower() in NOT_READ:
        remedy = NOT_READ[path.suffix.lower()]
        raise UnreadableError(path, "orientation maps of this kind are not read", remedy)
    if not path.stat().st_size:
        raise UnreadableError(path, "the file is empty", "Export or copy it again")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(HDF5):
        return _read_hdf5(path, step_nm)
    for known in TEXT_FORMATS:
        if known.recognises(decode(head)):
            return map_from_points(known.points_of(path), path, step_nm)
    if is_orientation_map(path):
        raise UnreadableError(
            path, f"its contents are not those of a {path.suffix} file", "Export or copy it again"
        )
    raise UnreadableError(path, "not an orientation map", f"Give one of {', '.join(SUFFIXES)}")


def is_orientation_map(path: str | PathLike[str]) -> bool:
    """The file's name is that of an orientation map: ``.ang``, ``.ctf``, ``.h5``, ``.h5oina`` ...

    Kinds that `read_orientation_map` refuses with advice are among them.
    """
    return Path(path).suffix.lower() in (*SUFFIXES, *NOT_READ)


def holds_orientation_map(path: str | PathLike[str]) -> bool:
    """A file to be taken from a folder: of a known suffix; ``.h5`` and ``.hdf5`` only of a known layout."""
    path = Path(path)
    if path.suffix.lower() not in GENERAL_SUFFIXES:
        return path.suffix.lower() in SUFFIXES
    try:
        with open_file(path) as file:
            return _scans_in(file) is not None
    except Exception:  # a damaged HDF5 file raises nearly anything
        return False


def _read_hdf5(path: Path, step_nm: float | None) -> OrientationMap:
    try:
        with open_file(path) as file:
            found = _scans_in(file)
            if found is None:
                raise UnreadableError(
                    path,
                    "an HDF5 file, but none of EDAX, Bruker, Oxford or orix with orientations in it",
                    "Export the map as .ang, .ctf or HDF5 of one of these, with orientations; labels as TIFF",
                )
            known, scans = found
            points = known.points_of(scans[0], path)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # a damaged HDF5 file raises nearly anything
        raise UnreadableError(path, f"it is damaged ({error})", "Export or copy it again") from error
    if len(scans) > 1:
        told = f"it holds {len(scans)} scans: the first is read"
        points = replace(points, warnings=(told, *points.warnings))
    return map_from_points(points, path, step_nm)


def _scans_in(file: Group) -> tuple[Any, list[Scan]] | None:
    """The format of an open file by its maker and layout, and its maps; None: there is none."""
    maker = text(child(file, "Manufacturer", "Company")).casefold()
    for known in HDF5_FORMATS:
        if not maker or any(name in maker for name in known.MAKERS):
            scans = known.scans(file)
            if scans:
                return known, scans
    return None
