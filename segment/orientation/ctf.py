"""Oxford Instruments' (HKL) .ctf files, which Bruker, ASTAR, EMsoft and MTEX write too.

``Channel Text File``, a header of names and values, one line for each phase, a line of column names, then
numbers separated by tabs: phase (0: not indexed), x and y in micrometres, bands, error, φ₁, Φ, φ₂ in degrees,
mean angular deviation in degrees, band contrast, band slope.
"""

import re
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.grain_orientations import CrystalPhase
from segment.orientation.number_table import header_number, read_numbers, value
from segment.orientation.scan_points import X_RIGHT_Y_UP, Header, ScanPoints
from segment.orientation.symmetry import laue_of_number, laue_of_space_group

SUFFIXES = (".ctf",)

_MICROMETRE_NM = 1e3  #: nanometres; the file's steps are micrometres
NEEDED = ("phase", "x", "y", "euler1", "euler2", "euler3")
_PROPERTIES = ("bands", "error", "mad", "bc", "bs")


def recognises(head: str) -> bool:
    """The file begins as a .ctf file does."""
    return head.lstrip().lower().startswith("channel text file")


def points_of(path: Path) -> ScanPoints:
    """The points of a .ctf file. `UnreadableError`: no map of one section, or a phase has no symmetry."""
    lines, table = read_numbers(path, ends_header=_names_columns)
    names = lines[-1].lower().split()
    if (value(lines, "JobMode") or "").lower().startswith("interactive"):
        raise UnreadableError(path, "it is a list of single points, not a map", "Give a map (JobMode Grid)")
    column, notes = _columns(path, names, table)
    if "z" in column and np.ptp(column["z"]) > 0:
        raise UnreadableError(path, "it holds a volume of several sections", "Export each section as a file")
    return ScanPoints(
        x=column["x"],
        y=column["y"],
        angles=np.stack([column[f"euler{k}"] for k in (1, 2, 3)], axis=1),
        degrees=True,
        phase=np.maximum(column["phase"].astype(int), 0),
        phases=_phases(path, lines),
        unit_nm=_MICROMETRE_NM,
        header=Header.of(*(header_number(lines, name) for name in ("XStep", "YStep", "XCells", "YCells"))),
        vendor="Oxford .ctf",
        specimen_axes=X_RIGHT_Y_UP,
        x_along_a=False,
        properties={name: column[name] for name in _PROPERTIES if name in column},
        warnings=notes,
    )


def _names_columns(line: str) -> bool:
    words = line.lower().split()
    return words[:1] == ["phase"] and "x" in words and "euler1" in words


def _columns(
    path: Path, names: list[str], table: np.ndarray
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Columns by name; of those behind the angles none, where names and numbers are not as many."""
    notes: tuple[str, ...] = ()
    width = table.shape[1]
    if width != len(names):
        angles = 1 + max((names.index(name) for name in NEEDED if name in names), default=0)
        notes = (
            f"its lines have {width} numbers for {len(names)} columns: those behind Euler3 are not used",
        )
        names = names[:angles]
    missing = [name for name in NEEDED if name not in names[:width]]
    if missing:
        raise UnreadableError(path, f"it lacks the columns {', '.join(missing)}", "Export it again as .ctf")
    return {name: table[:, k] for k, name in enumerate(names)}, notes


def _phases(path: Path, lines: list[str]) -> tuple[CrystalPhase, ...]:
    """Phase lines: lattice lengths, angles, name, Laue group, space group."""
    start = next((k for k, line in enumerate(lines) if re.match(r"Phases\b", line, re.IGNORECASE)), None)
    told = [] if start is None else lines[start + 1 : -1]
    found = []
    for k, line in enumerate(line for line in told if line.strip()):
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) < 4:
            raise UnreadableError(path, f"the line of phase {k + 1} is not complete", "Export it again")
        mineral = re.search(r"_mineral\s+'([^']+)'", fields[2])  # as ASTAR writes it
        name = mineral[1] if mineral else fields[2] or f"phase {k + 1}"
        found.append(CrystalPhase(k + 1, name, _laue(path, fields), _lattice(fields)))
    return tuple(found)


def _laue(path: Path, fields: list[str]) -> str:
    oxford, space = (_integer(fields, k) for k in (3, 4))
    laue = laue_of_number(oxford) or laue_of_space_group(space)
    if laue is None:
        raise UnreadableError(
            path,
            f"the Laue group of phase {fields[2]!r} is {fields[3]!r}, not a number from 1 to 11",
            "Correct it in the phase's line, for example to 11 for cubic m-3m",
        )
    return laue


def _integer(fields: list[str], k: int) -> int:
    return int(fields[k]) if len(fields) > k and fields[k].isdigit() else 0


def _lattice(fields: list[str]) -> tuple[float, ...] | None:
    """Lengths and angles; None where they are not all numbers."""
    try:
        values = [float(v.replace(",", ".")) for v in (*fields[0].split(";"), *fields[1].split(";"))]
    except ValueError:
        return None
    return tuple(values) if len(values) == 6 else None
