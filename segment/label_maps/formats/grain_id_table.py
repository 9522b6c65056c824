"""Tables of points with a grain number, as MTEX and its scripts export them: columns x, y and grainId.

``writetable(table(ebsd.x, ebsd.y, ebsd.grainId), 'map.csv')`` and ``export(ebsd, 'map.txt')`` write them;
commas, semicolons, tabs or blanks part the columns.  MTEX's unit is the micrometre, unless the names say
another.
"""

import io
import re
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.label_maps.formats.foreign_map import ForeignMap
from segment.micrograph.length_units import to_nm
from segment.micrograph.sidecar import decode
from segment.orientation.point_grid import find_grid

SUFFIXES = (".csv", ".txt", ".dat")
HEAD_LINES, HEAD_BYTES = 60, 65536  #: among which the names of the columns stand
_GRAIN = re.compile(r"^(ebsd[._])?(grain[\s_]*(id|number|no)?s?|id[\s_]*grains?|feature[\s_]*ids?)$")
_PLACE = {
    axis: re.compile(rf"^(ebsd[._])?(prop[._])?(pos(ition)?[\s_]*)?{axis}([\s_]*pos(ition)?)?$")
    for axis in "xy"
}
_UNIT = re.compile(r"[\s_]*[(\[]?\s*(nm|um|µm|μm|micron|mm|å|angstrom)\s*[)\]]?$")


def recognises(path: Path) -> bool:
    """A text whose head names columns for x, y and the grain."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    with path.open("rb") as file:
        head = decode(file.read(HEAD_BYTES))
    return _columns(head.splitlines()[:HEAD_LINES]) is not None


def read(path: Path) -> ForeignMap:
    """The map on its square grid; 0 where a point has no number or is missing.

    `UnreadableError`: no numbers, or points on no square grid.
    """
    lines = decode(path.read_bytes()).splitlines()
    found = _columns(lines[:HEAD_LINES])
    if found is None:
        raise UnreadableError(path, "it names no columns x, y and grainId", "Export them with their names")
    row, separator, places, unit = found
    body = [line for line in lines[row + 1 :] if line.strip() and line.lstrip()[0] not in "%#"]
    if separator != ",":  # a comma is a decimal one
        body = [line.replace(",", ".") for line in body]
    try:
        table = np.genfromtxt(
            io.StringIO("\n".join(body)), delimiter=separator, usecols=places, ndmin=2, comments="%"
        )
    except ValueError as error:
        raise UnreadableError(path, "its lines are no table of numbers", "Export or copy it again") from error
    table = table[np.isfinite(table[:, :2]).all(axis=1)]
    if len(table) < 4:
        raise UnreadableError(path, "it holds no points", "Export or copy it again")
    x, y, grain = table.T
    grid = find_grid(x, y, str(path))
    if grid.hexagonal:
        raise UnreadableError(
            path,
            "its points lie on a hexagonal grid",
            "Export `gridify(ebsd, 'unitCell', squareUnitCell)`, or the map as .ctf or .ang",
        )
    labels = np.zeros(grid.shape)
    labels[grid.row, grid.column] = np.where(np.isfinite(grain) & (grain > 0), grain, 0)
    notes: tuple[str, ...] = (
        () if unit else ("the coordinates have no unit: micrometres, as is usual in MTEX",)
    )
    in_row = np.bincount(grid.row)
    if in_row[-1] < in_row[0] and (in_row[:-1] == in_row[0]).all():
        notes += (f"its last row holds {in_row[-1]} of {in_row[0]} points: was the table cut off?",)
    y_nm, x_nm = (to_nm(step, unit or "um") for step in (grid.y_step, grid.x_step))
    return ForeignMap(labels, y_nm, x_nm, "step of the points", notes)


def _columns(lines: list[str]) -> tuple[int, str | None, tuple[int, int, int], str] | None:
    """Line of the names, separator, places of x, y and grain, unit; None: there is no such line."""
    for row, line in enumerate(lines):
        text = line.strip().lstrip("%#").strip()
        separator = next((mark for mark in "\t;," if mark in text), None)
        names = [name.strip().strip("\"'").casefold() for name in text.split(separator)]
        bare = [_UNIT.sub("", name) for name in names]
        x, y = (next((k for k, one in enumerate(bare) if _PLACE[axis].match(one)), None) for axis in "xy")
        grain = next((k for k, one in enumerate(names) if _GRAIN.match(one)), None)
        if x is not None and y is not None and grain is not None:
            unit = _UNIT.search(names[x])
            return row, separator, (x, y, grain), "" if unit is None or bare[x] == names[x] else unit[1]
    return None
