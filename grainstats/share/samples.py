"""samples.csv (or .xlsx): one row per sample, read whole or refused with every problem named.

Columns: ``sample_id``, ``design_route`` (ai or researcher), ``campaign``, ``images`` (a glob, optional),
process parameters ``param:<name>_<unit>``, properties ``prop:<name>_<unit>`` and the standard deviation of a
property ``prop_sd:<name>_<unit>`` (same name; any unit that converts). Empty cells are missing values.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from grainstats.share.records import Measured, Quantity, SampleRow, SampleSheet
from grainstats.share.units import CATEGORY, converter, split_column
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.share.database import Database

_PLAIN = ("sample_id", "design_route", "campaign", "images")
_ROUTES = ("ai", "researcher")


class SampleSheetError(InputError):
    """A sample sheet that cannot be used, with every problem in it.

    Attributes
    ----------
    problems : tuple of str
        One sentence each, with the row as a spreadsheet counts it (the header is row 1).
    """

    def __init__(self, source: Path | str, problems: tuple[str, ...]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        listed = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(
            source, f"{count} in the sample sheet:{listed}\n", "Nothing was imported; correct the sheet"
        )
        self.problems = problems

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}{self.remedy}."


@dataclass(frozen=True)
class _Column:
    """A quantity's column: where it stands and what it means."""

    index: int
    header: str
    kind: str
    name: str
    unit: str


def import_samples(db: Database, path: str | Path) -> int:
    """Read a sample sheet and store it, all or nothing; returns how many samples are new."""
    return db.put_samples(read_samples(path))


def read_samples(path: str | Path) -> SampleSheet:
    """Read and check a sample sheet.

    Parameters
    ----------
    path : str or Path
        ``.csv`` (UTF-8) or ``.xlsx`` (its first sheet).

    Raises
    ------
    SampleSheetError
        With all problems at once: unknown, missing or repeated columns or ids, unknown units,
        bad routes, values that are not numbers.
    InputError
        The file is missing or of another kind.
    """
    path = Path(path)
    table = _read_cells(path)
    header = [_text(cell) for cell in next(table, [])]
    columns, problems = _read_header(header)
    rows: list[SampleRow] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(table, start=2):
        if not any(_text(cell) for cell in cells):
            continue
        row, wrong = _read_row(header, columns, cells)
        if row.sample_id in seen and row.sample_id:
            wrong.append(f"sample_id {row.sample_id!r} stands in row {seen[row.sample_id]} already")
        seen.setdefault(row.sample_id, number)
        problems += [f"row {number}: {text}" for text in wrong]
        rows.append(row)
    if not rows:
        problems.append("there is no sample in it")
    if problems:
        raise SampleSheetError(path, tuple(problems))
    return SampleSheet(str(path), tuple(rows))


def _read_cells(path: Path) -> Iterator[list[Any]]:
    """Rows of cells, as strings (CSV) or as the spreadsheet's own types."""
    if not path.is_file():
        raise InputError(path, "there is no such file", "Check the path of the sample sheet")
    if path.suffix.lower() == ".xlsx":
        return _excel(path)
    if path.suffix.lower() not in {".csv", ".txt"}:
        raise InputError(path, "sample sheets are .csv or .xlsx", "Save the table as one of these")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path, "the text is not UTF-8", "Save it as 'CSV UTF-8' or as .xlsx") from None
    return iter(list(csv.reader(io.StringIO(text, newline=""))))


def _excel(path: Path) -> Iterator[list[Any]]:
    import zipfile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, OSError, KeyError, ValueError) as error:
        raise InputError(
            path, f"it cannot be read as a workbook ({error})", "Save it again as .xlsx"
        ) from None
    try:
        return iter([list(row) for row in book.worksheets[0].iter_rows(values_only=True)])
    finally:
        book.close()


def _read_header(header: list[str]) -> tuple[list[_Column], list[str]]:
    columns: list[_Column] = []
    problems = [f"column {name!r} is missing" for name in ("sample_id", "design_route") if name not in header]
    problems += [
        f"column {n!r} stands there {k} times" for n, k in Counter(filter(None, header)).items() if k > 1
    ]
    for index, text in enumerate(header):
        if text in _PLAIN or not text:
            continue
        kind = text.partition(":")[0]
        if kind not in {"param", "prop", "prop_sd"} or ":" not in text:
            problems.append(f"unknown column {text!r} (known: {', '.join(_PLAIN)}, param:, prop:, prop_sd:)")
            continue
        try:
            columns.append(_Column(index, text, *split_column(text)))
        except ValueError as error:
            problems.append(f"column {text!r}: {error}")
    return columns, problems + _header_conflicts(columns, header)


def _header_conflicts(columns: list[_Column], header: list[str]) -> list[str]:
    """The same quantity twice, a word as a property, a spread without its property."""
    problems = []
    first: dict[tuple[str, str], _Column] = {}
    for column in columns:
        other = first.setdefault((column.kind, column.name), column)
        if other is not column and other.header != column.header:
            problems.append(f"columns {other.header!r} and {column.header!r} are the same quantity")
        if column.unit == CATEGORY and column.kind != "param":
            problems.append(f"column {column.header!r}: a property is a number, not a category")
    for column in columns:
        if column.kind != "prop_sd":
            continue
        owner = first.get(("prop", column.name))
        if owner is None:
            problems.append(f"column {column.header!r} has no column prop:{column.name}_<unit> beside it")
            continue
        try:
            converter(column.unit, owner.unit, difference=True)
        except ValueError as error:
            problems.append(f"column {column.header!r}: {error}")
    return problems


def _read_row(header: list[str], columns: list[_Column], cells: list[Any]) -> tuple[SampleRow, list[str]]:
    wrong: list[str] = []
    if any(_text(cell) for cell in cells[len(header) :]):
        wrong.append(f"{len(cells)} cells under {len(header)} columns")
    cells = cells + [None] * (len(header) - len(cells))
    wrong += [
        f"{_text(c)!r} stands under no header"
        for h, c in zip(header, cells, strict=False)
        if not h and _text(c)
    ]
    plain = {name: _text(cells[header.index(name)]) for name in _PLAIN if name in header}
    if "sample_id" in plain and not plain["sample_id"]:
        wrong.append("sample_id is empty")
    route = plain.get("design_route", "ai").lower()
    if route not in _ROUTES:
        wrong.append(f"design_route {plain['design_route']!r} is neither ai nor researcher")
    values = {
        (c.kind, c.name): value for c in columns if (value := _value(c, cells[c.index], wrong)) is not None
    }
    units = {(c.kind, c.name): c.unit for c in columns}
    row = SampleRow(
        sample_id=plain.get("sample_id", ""),
        design_route=cast(Literal["ai", "researcher"], route),
        campaign=plain.get("campaign", ""),
        parameters=tuple(_parameter(n, v, units[k, n]) for (k, n), v in values.items() if k == "param"),
        properties=tuple(_measured(n, values, units, wrong) for k, n in values if k == "prop"),
        images=plain.get("images") or None,
    )
    wrong += [
        f"prop_sd:{n} is given without prop:{n}"
        for k, n in values
        if k == "prop_sd" and ("prop", n) not in values
    ]
    return row, wrong


def _parameter(name: str, value: float | str, unit: str) -> Quantity:
    return Quantity(name, None, unit, value) if isinstance(value, str) else Quantity(name, value, unit)


def _measured(name: str, values: dict, units: dict, wrong: list[str]) -> Measured:
    unit, spread = units["prop", name], values.get(("prop_sd", name))
    if spread is not None:
        if spread < 0:
            wrong.append(f"prop_sd:{name} is negative")
        try:
            spread = converter(units["prop_sd", name], unit, difference=True)(spread)
        except ValueError:  # already among the header's problems
            spread = None
    return Measured(name, values["prop", name], unit, spread)


def _value(column: _Column, cell: Any, wrong: list[str]) -> float | str | None:
    """The cell's number or word; None where it is empty or (noted in `wrong`) not a number."""
    text = _text(cell)
    if not text:
        return None
    if column.unit == CATEGORY:
        return text
    try:
        value = float("nan") if isinstance(cell, bool) or "_" in text else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        wrong.append(f"column {column.header!r}: {text!r} is not a number")
        return None
    return value


def _text(cell: Any) -> str:
    """A cell as its reader sees it; Excel's 12.0 for the id 12 becomes '12'."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()
