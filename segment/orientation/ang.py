"""EDAX .ang files, and those that ACOM / ASTAR and EMsoft write in the same layout.

Columns of numbers under a header whose lines begin with ``#``: φ₁, Φ, φ₂ in radians, x, y, image quality,
confidence index, phase, then detector signal and fit.  ASTAR writes index and reliability instead of the
qualities and no unit; EMsoft writes image quality and dot product.
"""

from __future__ import annotations

import re
from pathlib import Path

from segment.errors import UnreadableError
from segment.grain_orientations import CrystalPhase
from segment.micrograph.length_units import to_nm
from segment.orientation.edax_points import edax_points, edax_symmetry
from segment.orientation.number_table import number, read_numbers, value
from segment.orientation.scan_points import Header, ScanPoints

SUFFIXES = (".ang",)

_FIRST = ("phi1", "phi", "phi2", "x", "y")
_ASTAR = "ACOM / ASTAR"
#: columns by the program that wrote the file
_COLUMNS = {
    "EDAX": (*_FIRST, "iq", "ci", "phase", "sem", "fit"),
    _ASTAR: (*_FIRST, "index", "reliability", "phase"),
    "EMsoft": (*_FIRST, "iq", "dp", "phase"),
}


def recognises(head: str) -> bool:
    """The file begins as an .ang file does."""
    return head.lstrip().startswith("#") and ("MaterialName" in head or "TEM_PIXperUM" in head)


def points_of(path: Path) -> ScanPoints:
    """The points of an .ang file. `UnreadableError`: no table of points, or a phase has no symmetry."""
    lines, table = read_numbers(path, comment="#")
    writer = _writer(lines)
    names = _column_names(lines, writer)
    if table.shape[1] < 5:
        raise UnreadableError(
            path, f"it has {table.shape[1]} columns of numbers, not 5 or more", "Export it again as .ang"
        )
    column = dict(zip(names, table.T, strict=False))
    unit = _unit(lines, writer)
    return edax_points(column, _phases(path, lines), _header(lines), unit, f"{writer} .ang")


def _writer(lines: list[str]) -> str:
    text = "\n".join(lines)
    if "ACOM" in text or "ASTAR" in text:
        return _ASTAR
    return "EMsoft" if "EMsoft" in text or "EMDI" in text else "EDAX"


def _column_names(lines: list[str], writer: str) -> list[str]:
    """Names in lower case: from the line COLUMN_HEADERS where there is one, else those of the writer."""
    names = [name.strip().lower() for name in (value(lines, "COLUMN_HEADERS") or "").split(",")]
    if not set(_FIRST) <= set(names):
        return list(_COLUMNS[writer])
    return ["phase" if name.startswith("phase") else name for name in names]


def _header(lines: list[str]) -> Header:
    columns = max(number(lines, name) or 0 for name in ("NCOLS_ODD", "NCOLS_EVEN"))
    return Header.of(number(lines, "XSTEP"), number(lines, "YSTEP"), columns, number(lines, "NROWS"))


def _unit(lines: list[str], writer: str) -> float | None:
    """Nanometres of a unit of x; None where the file tells neither unit nor step.

    An .ang file's lengths are micrometres by EDAX's definition of XSTEP; what no such line accompanies may be
    anything.
    """
    told = value(lines, "COLUMN_UNITS")
    if told is not None and len(fields := told.split(",")) > 3 and fields[3].strip():
        return to_nm(1.0, fields[3])
    if any(re.match(r"#\s*TEM data", line, re.IGNORECASE) for line in lines):
        return None  # EDAX's maps from the TEM have been in nanometres as well
    return 1e3 if writer != _ASTAR and number(lines, "XSTEP") else None


def _phases(path: Path, lines: list[str]) -> list[CrystalPhase]:
    """Phases of the header, each from its line MaterialName on."""
    starts = [k for k, line in enumerate(lines) if re.match(r"#\s*MaterialName\b", line, re.IGNORECASE)]
    ends = [*starts, len(lines)][1:]
    found: list[CrystalPhase] = []
    for begin, end in zip(starts, ends, strict=True):
        told = _phase_line(lines[: begin + 1])
        name = value(lines[begin:end], "MaterialName") or value(lines[begin:end], "Formula") or "phase"
        laue, unique = edax_symmetry(path, name, value(lines[begin:end], "Symmetry"))
        lattice = [
            float(v) for v in re.findall(r"[0-9.]+", value(lines[begin:end], "LatticeConstants") or "")
        ]
        told = len(found) + 1 if told is None or told in [p.id for p in found] else told
        cell = tuple(lattice[:6]) if len(lattice) >= 6 else None
        found.append(CrystalPhase(told, name, laue, cell, unique))  # type: ignore[arg-type]
    return found


def _phase_line(before: list[str]) -> int | None:
    """Number of the line ``# Phase N`` right above a material's name."""
    for line in reversed(before[-4:]):
        match = re.match(r"#\s*Phase:?\s+(\d+)\s*$", line)
        if match:
            return int(match[1])
    return None
