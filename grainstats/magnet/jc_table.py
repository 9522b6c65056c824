"""Reading a measured J_c(B) from a text file: two columns, with their units in the header."""

import re
from pathlib import Path

from grainstats.magnet.jc_laws import MOST_JC, Table
from segment.errors import InputError, UnreadableError
from segment.file_kind import file_text

#: tesla; 1 Oe stands for 1 G = 1e-4 T
FIELD_UNITS = {
    "t": 1.0,
    "tesla": 1.0,
    "mt": 1e-3,
    "oe": 1e-4,
    "koe": 0.1,
    "g": 1e-4,
    "gauss": 1e-4,
    "kg": 0.1,
}
_AMPERES = {"a": 1.0, "ka": 1e3, "ma": 1e-3, "MA": 1e6, "GA": 1e9}  #: "mA" and "MA" differ by case only
_AREAS = {"m": 1.0, "cm": 1e-4, "mm": 1e-6}  #: m²
_DENSITY = re.compile(
    r"(GA|MA|mA|kA|KA|A|a)\s*(?:/|_?per_?|[\s·*_])\s*(mm|cm|m)\s*(?:\^|\*\*)?\s*[-−⁻]?\s*[2²]"
)
_POWER = re.compile(
    r"10(?:\^|\*\*)([-−]?\d+)|10([⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|1[eE]([-+]?\d+)"
)  #: of ten, before a unit
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
_LEAST = 1e3  #: A/m², of a nearly normal sample


def read_jc_table(path: str | Path) -> Table:
    """A table of field and critical current density.

    Two columns separated by comma, semicolon, tab or blanks, with decimal points.  The header names both with
    their units, e.g. ``b_T,jc_A_per_m2``, ``mu0H (mT); Jc (kA/cm2)`` or ``B (T); Jc (10^5 A/cm2)``.  Lines
    that begin with # are comments.  Without a header the columns are tesla and A/m².

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Table

    Raises
    ------
    InputError
        No such file, no numbers, a unit that is not known, a field that does not ascend, a current density
        that no superconductor has.
    """
    path = Path(path)
    rows = _lines(path)
    header = rows[0] if _numbers(rows[0]) is None else None
    body = rows if header is None else rows[1:]
    values = []
    for number, cells in enumerate(body, start=1):
        pair = _numbers(cells)
        if pair is None:
            raise InputError(
                path,
                f"row {number} is not two numbers: {' '.join(cells)}",
                "Give field and current, with decimal points and without separators of thousands",
            )
        values.append(pair)
    field_column, field_unit, j_unit = (0, 1.0, 1.0) if header is None else _units(path, header)
    b = tuple(row[field_column] * field_unit for row in values)
    j = tuple(row[1 - field_column] * j_unit for row in values)
    table = Table(b, j, str(path))
    if not _LEAST <= max(j) <= MOST_JC:
        raise InputError(
            path,
            f"the largest current density reads as {max(j):.3g} A/m²",
            "Name the unit in the header, e.g. b_T,jc_MA_per_cm2",
        )
    return table


def _lines(path: Path) -> list[list[str]]:
    """Cells of the lines that are neither empty nor comments."""
    try:
        text = file_text(path, "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(path, f"cannot be read ({error})", "Give two columns as UTF-8 text") from error
    lines = [line.replace('"', "").strip() for line in text.splitlines()]
    rows = [_split(line) for line in lines if line and not line.startswith("#")]
    if not rows:
        raise InputError(path, "the table is empty", "Give rows of field and current density")
    return rows


def _split(line: str) -> list[str]:
    for separator in (";", "\t", ","):
        if separator in line:
            return [cell.strip() for cell in line.split(separator) if cell.strip()]
    cells = line.split()
    return cells if len(cells) == 2 or _numbers(cells[:2]) else [line]


def _numbers(cells: list[str]) -> tuple[float, float] | None:
    if len(cells) != 2:
        return None
    try:
        return float(cells[0]), float(cells[1])
    except ValueError:
        return None


def _units(path: Path, header: list[str]) -> tuple[int, float, float]:
    """Which column is the field, and the factors to T and A/m²."""
    if len(header) != 2:
        raise InputError(path, f"the header has {len(header)} columns", "Give two: b_T,jc_A_per_m2")
    densities = [_density_unit(cell) for cell in header]
    known = [k for k, unit in enumerate(densities) if unit is not None]
    if len(known) != 1:
        raise InputError(
            path,
            f"no unit of current density in the header: {', '.join(header)}",
            "Name it, e.g. jc_A_per_m2, Jc (A/cm2) or Jc (MA/cm2)",
        )
    density = densities[known[0]]
    field = 1 - known[0]
    factor = _field_unit(header[field])
    if header[field].lower() == "t" and not _DENSITY.fullmatch(header[1 - field]):
        factor = None  # beside a named current, T is a temperature
    if factor is None or density is None:
        raise InputError(
            path, f"no unit of field in the header: {header[field]}", "Name it, e.g. b_T or B (mT)"
        )
    return field, factor, density


def _field_unit(cell: str) -> float | None:
    """Factor to tesla: of what stands in brackets, where there are any."""
    bracket = re.search(r"[(\[]([^)\]]*)[)\]]\s*$", cell)
    words = re.split(r"[\s_/,]+", cell.strip().lower() if bracket is None else bracket[1].strip().lower())
    if bracket is not None and len(words) > 1:
        return None
    return next((FIELD_UNITS[word] for word in reversed(words) if word in FIELD_UNITS), None)


def _density_unit(cell: str) -> float | None:
    """Factor to A/m², a power of ten before the unit included; none where a number stands elsewhere."""
    found = _DENSITY.search(cell)
    if found is None:
        return None
    before = cell[: found.start()].rstrip(" ·*×x")
    power = list(_POWER.finditer(before))
    if len(power) > 1 or (not power and before[-1:].isdigit()) or (power and power[0].end() < len(before)):
        return None
    raised = next(filter(None, power[0].groups())) if power else "0"
    ampere = found[1] if found[1] in ("MA", "GA") else found[1].lower()
    return 10.0 ** int(raised.translate(_RAISED)) * _AMPERES[ampere] / _AREAS[found[2]]
