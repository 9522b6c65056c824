"""EDAX .ang files, and those that ACOM / ASTAR and EMsoft write in the same layout.

Columns of numbers under a header whose lines begin with ``#``: φ₁, Φ, φ₂ in radians, x, y, image quality,
confidence index, phase, then detector signal and fit.  ASTAR writes index and reliability instead of the
qualities and no unit; EMsoft writes image quality and dot product.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.grain_orientations import CrystalPhase
from segment.micrograph.length_units import to_nm
from segment.orientation.number_table import header_number, read_numbers, value
from segment.orientation.scan_points import NOT_INDEXED, X_DOWN_Y_RIGHT, Header, ScanPoints
from segment.orientation.symmetry import EDAX, laue_of_name

SUFFIXES = (".ang",)

EULER_ANGLES = ("phi1", "phi", "phi2")
_FIRST = (*EULER_ANGLES, "x", "y")
_ASTAR = "ACOM / ASTAR"
#: columns by the program that wrote the file
_COLUMNS = {
    "EDAX": (*_FIRST, "iq", "ci", "phase", "sem", "fit"),
    _ASTAR: (*_FIRST, "index", "reliability", "phase"),
    "EMsoft": (*_FIRST, "iq", "dp", "phase"),
}
_PROPERTIES = ("iq", "ci", "fit", "index", "reliability", "dp")


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
    columns = max(header_number(lines, name) or 0 for name in ("NCOLS_ODD", "NCOLS_EVEN"))
    return Header.of(
        header_number(lines, "XSTEP"), header_number(lines, "YSTEP"), columns, header_number(lines, "NROWS")
    )


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
    return 1e3 if writer != _ASTAR and header_number(lines, "XSTEP") else None


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


def edax_points(
    column: dict[str, np.ndarray],
    declared: list[CrystalPhase],
    header: Header,
    unit_nm: float | None,
    vendor: str,
) -> ScanPoints:
    """The points of a scan, from its columns and its phases as the file numbers them.

    There are `EULER_ANGLES` in radians, ``x`` and ``y``; ``phase``, which the oldest files lack, and
    properties.
    """
    numbers = np.nan_to_num(column.get("phase", np.zeros(column["x"].size))).astype(int)
    angles = np.stack([column[name] for name in EULER_ANGLES], axis=1)
    unread = _not_indexed(column, angles)
    zero = angles[(numbers == 0) & ~unread]
    if len(declared) > 1 and zero.size and not np.ptp(zero, axis=0).any():
        unread |= numbers == 0  # one orientation throughout: no crystals, but what stands for none
    phase, phases, said = _phase_numbers(numbers, declared, unread)
    return ScanPoints(
        x=column["x"],
        y=column["y"],
        angles=angles,
        phase=phase,
        phases=phases,
        unit_nm=unit_nm,
        header=header,
        vendor=vendor,
        specimen_axes=X_DOWN_Y_RIGHT,
        properties={name: column[name] for name in _PROPERTIES if name in column},
        warnings=said,
    )


def edax_symmetry(path: Path, name: str, text: str | None) -> tuple[str, str]:
    """Laue group and unique axis of a line Symmetry: EDAX's code, or a point group's name."""
    told = (text or "").strip()
    if told.isdigit() and int(told) in EDAX:
        return EDAX[int(told)]
    group = laue_of_name(told)
    if group is None:
        raise UnreadableError(
            path,
            f"the symmetry of phase {name!r} is {told!r}, which is no symmetry code",
            "Correct the line Symmetry, for example to 43 for cubic m-3m",
        )
    return group, "b"


def _not_indexed(column: dict[str, np.ndarray], angles: np.ndarray) -> np.ndarray:
    """Points marked as not indexed: negative confidence or reliability, or angles of 4π."""
    marked = (np.abs(angles - NOT_INDEXED) < 1e-2).all(axis=1)
    for name in ("ci", "reliability"):
        if name in column:
            marked |= column[name] < 0
    return np.asarray(marked)


def _phase_numbers(
    phase: np.ndarray, declared: list[CrystalPhase], unread: np.ndarray
) -> tuple[np.ndarray, tuple[CrystalPhase, ...], tuple[str, ...]]:
    """Phases of the points, 1 or more, 0 not indexed; phases numbered alike.

    EDAX counts a single phase as 0 and several from 1; a header that counts from 0 is counted from 1 here.
    """
    shift = 1 if any(p.id == 0 for p in declared) else 0
    phases = tuple(replace(p, id=p.id + shift) for p in declared)
    unread = unread | (phase < 0)
    used = np.unique(phase[~unread])
    said: tuple[str, ...] = ()
    if len(phases) == 1:
        mine = used if used.size == 1 and used[0] in (0, 1, declared[0].id) else declared[0].id
        number = np.where(np.isin(phase, mine), phases[0].id, phase + shift)
    elif not shift and 0 in used and used.max(initial=0) < len(phases):
        number = phase + 1
        said = ("its points count phases from 0, its header from 1: phase 0 is the first",)
    else:
        number = phase + shift
    return np.where(unread, 0, number), phases, said
