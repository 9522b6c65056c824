"""The front door: an orientation map of any known format."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from segment.errors import UnreadableError
from segment.orientation import ang, ctf
from segment.orientation.orientation_map import OrientationMap

HEAD_BYTES = 65536  #: enough to know a text header


class _Format(Protocol):
    """What the module of a format has."""

    @property
    def SUFFIXES(self) -> tuple[str, ...]: ...

    def recognises(self, path: Path, head: bytes) -> bool: ...

    def read(self, path: Path, step_nm: float | None = None) -> OrientationMap: ...


FORMATS: tuple[_Format, ...] = (ang, ctf)
SUFFIXES = tuple(suffix for known in FORMATS for suffix in known.SUFFIXES)


def read_orientation_map(path: str | Path, step_nm: float | None = None) -> OrientationMap:
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
    """
    path = Path(path)
    if step_nm is not None and not step_nm > 0:
        raise ValueError(f"the step is {step_nm} nm, not positive")
    if not path.is_file():
        raise UnreadableError(path, "no such file", "Check the name")
    if not path.stat().st_size:
        raise UnreadableError(path, "the file is empty", "Export or copy it again")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for known in FORMATS:
        if known.recognises(path, head):
            return known.read(path, step_nm)
    named = next((known for known in FORMATS if path.suffix.lower() in known.SUFFIXES), None)
    if named is not None:
        raise UnreadableError(
            path, f"its contents are not those of a {path.suffix} file", "Export or copy it again"
        )
    raise UnreadableError(path, "not an orientation map", f"Give one of {', '.join(SUFFIXES)}")


def is_orientation_map(path: str | Path) -> bool:
    """The file's name is that of an orientation map, ``.h5`` and ``.hdf5`` by their contents."""
    path = Path(path)
    return path.suffix.lower() in SUFFIXES
