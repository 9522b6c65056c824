"""What the scans of all HDF5 makers have in common: a raster of points and a list of phases."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from segment.errors import UnreadableError
from segment.grain_orientations import CrystalPhase
from segment.orientation.hdf5 import Group, child, column, groups_named, one_number, text
from segment.orientation.scan_points import Header

Lattice = tuple[float, ...] | None
Scan = tuple[Any, Group]  #: data, a group or a table, and header


def scans_holding(file: Group, group: str, in_data: str, in_header: str) -> list[Scan]:
    """Data and header of all groups of a name, in whose data and header members of these names are."""
    both = [(child(g, "Data"), child(g, "Header")) for g in groups_named(file, group)]
    there = [(d, h) for d, h in both if hasattr(d, "keys") and hasattr(h, "keys")]
    return [(d, h) for d, h in there if child(d, in_data) is not None and child(h, in_header) is not None]


def columns(group: Group, names: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Data sets as flat arrays of numbers by our names, those that are there."""
    return {ours: v for ours, theirs in names.items() if (v := column(group, theirs)) is not None}


def grid_of(header: Group, *names: tuple[str, ...]) -> Header:
    """The grid as a header states it, by the maker's names of x step, y step, columns and rows."""
    return Header.of(*(one_number(child(header, *known)) for known in names))


def positions(
    x: np.ndarray | None, y: np.ndarray | None, grid: Header, n: int, path: Path
) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the points in the file's unit: its own columns, else row by row with the header's steps.

    `UnreadableError`: neither is there, or points are missing.
    """
    if x is not None and y is not None and x.size == y.size == n:
        return x, y
    if not grid.columns:
        raise UnreadableError(path, "it gives neither positions nor columns of its points", "Export it again")
    if grid.rows and n != grid.rows * grid.columns:
        reason = f"it is truncated: {n} of {grid.rows * grid.columns} points"
        raise UnreadableError(path, reason, "Export or copy it again")
    row, column = np.divmod(np.arange(n, dtype=float), grid.columns)
    return column * (grid.x_step or 1.0), row * (grid.y_step or grid.x_step or 1.0)


def phases_of(
    path: Path,
    groups: Group | None,
    names: tuple[str, ...],
    laue: Callable[[Group], str | None],
    lattice: Callable[[Group], Lattice],
    *,
    first: int = 1,
    unique_axis: Literal["b", "c"] = "b",
) -> tuple[CrystalPhase, ...]:
    """Phases of a header, one group each, called by their number.

    The file counts from `first`, phases from 1.  A phase's name may stand under `names`.  `laue` and
    `lattice` read a maker's symmetry and lattice from a group; `unique_axis` is the two-fold axis of 2/m.
    `UnreadableError`: a phase without a symmetry.
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
