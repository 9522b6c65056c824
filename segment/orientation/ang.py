"""EDAX .ang files, and those that ACOM / ASTAR and EMsoft write in the same layout.

Columns of numbers under a header whose lines begin with ``#``: φ₁, Φ, φ₂ in radians, x, y, image quality,
confidence index, phase, then detector signal and fit.  ASTAR writes index and reliability instead of the
qualities and no unit; EMsoft writes image quality and dot product.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from segment.errors import UnreadableError
from segment.grain_orientations import CrystalPhase
from segment.micrograph.length_units import to_nm
from segment.orientation.edax_points import edax_points, edax_symmetry
from segment.orientation.number_table import number, read_numbers, value
from segment.orientation.scan_points import Header, ScanPoints

SUFFIXES = (".ang",)

_EDAX_COLUMNS = ("phi1", "phi", "phi2", "x", "y", "iq", "ci", "phase", "sem", "fit")
_ASTAR_COLUMNS = ("phi1", "phi", "phi2", "x", "y", "index", "reliability", "phase")
_EMSOFT_COLUMNS = ("phi1", "phi", "phi2", "x", "y", "iq", "dp", "phase")


@dataclass(frozen=True)
class _Writer:
    name: str
    columns: tuple[str, ...]
    knows_unit: bool


def recognises(head: bytes) -> bool:
    """The file's first bytes are those of an .ang file."""
    return head.lstrip().startswith(b"#") and (b"MaterialName" in head or b"TEM_PIXperUM" in head)


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
    return edax_points(column, _phases(path, lines), _header(lines), unit, f"{writer.name} .ang")


def _writer(lines: list[str]) -> _Writer:
    text = "\n".join(lines)
    if "ACOM" in text or "ASTAR" in text:
        return _Writer("ACOM / ASTAR", _ASTAR_COLUMNS, False)
    if "EMsoft" in text or "EMDI" in text:
        return _Writer("EMsoft", _EMSOFT_COLUMNS, True)
    return _Writer("EDAX", _EDAX_COLUMNS, True)


def _column_names(lines: list[str], writer: _Writer) -> list[str]:
    """Names in lower case: from the line COLUMN_HEADERS where there is one, else those of the writer."""
    told = value(lines, "COLUMN_HEADERS")
    if told is None:
        return list(writer.columns)
    names = [name.strip().lower() for name in told.split(",")]
    if not set(writer.columns[:5]) <= set(names):
        return list(writer.columns)
    return ["phase" if name.startswith("phase") else name for name in names]


def _header(lines: list[str]) -> Header:
    columns = max(number(lines, name) or 0 for name in ("NCOLS_ODD", "NCOLS_EVEN"))
    return Header.of(number(lines, "XSTEP"), number(lines, "YSTEP"), columns, number(lines, "NROWS"))


def _unit(lines: list[str], writer: _Writer) -> float | None:
    """Nanometres of a unit of x; None where the file tells neither unit nor step.

    An .ang file's lengths are micrometres by EDAX's definition of XSTEP; what no such line accompanies may be
    anything.
    """
    told = value(lines, "COLUMN_UNITS")
    if told is not None and len(fields := told.split(",")) > 3 and fields[3].strip():
        return to_nm(1.0, fields[3])
    if any(re.match(r"#\s*TEM data", line, re.IGNORECASE) for line in lines):
        return None  # EDAX's maps from the TEM have been in nanometres as well
    return 1e3 if writer.knows_unit and number(lines, "XSTEP") else None


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
