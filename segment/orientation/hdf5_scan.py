"""What the scans of all HDF5 makers have in common: a raster of points and a list of phases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from segment.errors import UnreadableError
from segment.grain_orientations import CrystalPhase
from segment.orientation.hdf5 import child, number, row_major, text
from segment.orientation.scan_points import Header

if TYPE_CHECKING:
    import h5py

Lattice = tuple[float, ...] | None


def grid_of(header: h5py.Group, *names: tuple[str, ...]) -> Header:
    """The grid as a header states it, by the maker's names of x step, y step, columns and rows."""
    return Header.of(*(number(child(header, *known)) for known in names))


def positions(
    x: np.ndarray | None, y: np.ndarray | None, grid: Header, n: int, path: Path
) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the points in the file's unit: its own columns, else row by row with the header's steps.

    `UnreadableError`: neither is there, or points are missing.
    """
    if x is not None and y is not None and x.size == y.size == n:
        return x, y
    x, y = row_major(grid.columns, grid.rows, n, path)
    return x * (grid.x_step or 1.0), y * (grid.y_step or grid.x_step or 1.0)


def phases_of(
    path: Path,
    groups: h5py.Group | None,
    names: tuple[str, ...],
    laue: Callable[[h5py.Group], str | None],
    lattice: Callable[[h5py.Group], Lattice],
    *,
    first: int = 1,
    unique_axis: Literal["b", "c"] = "b",
) -> tuple[CrystalPhase, ...]:
    """Phases of a header, one group each, called by their number.

    Parameters
    ----------
    path : Path
    groups : h5py.Group or None
    names : tuple of str
        Where a phase's name may stand.
    laue, lattice : callable
        A maker's way to read the symmetry and the lattice from a phase's group; None where they are not told.
    first : int
        What the file's numbers begin with; phases begin with 1.
    unique_axis : {"b", "c"}
        The two-fold axis of 2/m.

    Raises
    ------
    UnreadableError
        One without a symmetry.
    """
    found: list[CrystalPhase] = []
    for key, group in (groups or {}).items():
        told = int(key) + 1 - first if key.lstrip("-").isdigit() else len(found) + 1
        if told < 1:
            continue
        name = text(child(group, *names)) or f"phase {key}"
        symmetry = laue(group)
        if symmetry is None:
            raise UnreadableError(
                path, f"phase {name!r} has no symmetry", "Export it again with the phase's space group"
            )
        found.append(CrystalPhase(told, name, symmetry, lattice(group), unique_axis))
    return tuple(found)
