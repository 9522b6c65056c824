"""samples.csv (or .xlsx): one row per sample, read whole or refused with every problem named.

Columns: ``sample_id``, ``design_route`` (ai or researcher), ``campaign``, ``date`` (the day it was made) and
``images`` (a glob), the last three optional, process parameters ``param:<name>_<unit>``, properties
``prop:<name>_<unit>`` and the standard deviation of a property ``prop_sd:<name>_<unit>`` (same name; any unit
that converts). Empty cells are missing values; what a sheet has no column for stays as the database knows it.
"""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, cast

from grainstats.share.db.records import Measured, Quantity, SampleRow, SampleSheet, SheetError
from grainstats.share.quantity_units import CATEGORY, converter, never_negative, split_column
from grainstats.share.sheets.cells import (
    PER_CENT,
    Column,
    SheetTable,
    day_of,
    mixed_percent,
    quantity_columns,
    read_table,
    under_header,
    value_of,
    words_of,
)
from grainstats.share.sheets.shown import half_width
from segment.spelling import how_alike, looks_like

_PLAIN = ("sample_id", "design_route", "campaign", "date", "images", "excluded")
_ROUTES = ("ai", "researcher")
_MONTHS = "Jan Feb Mar Mrz Mär Apr May Mai Jun Jul Aug Sep Oct Okt Nov Dec Dez".replace(" ", "|")
#: what spreadsheets make of the names 1-5, 5/1 and 1-5-24 in a CSV
_MADE_A_DAY = re.compile(
    rf"\d{{1,2}}(?:-|\. ?)(?:{_MONTHS})|(?:{_MONTHS})[- ]\d\d|\d{{1,2}}月\d{{1,2}}日|"
    r"(?:\d{1,4}/){2}\d{1,4}(?: .*)?"
)
_SUMMARIES = {"mean", "average", "median", "sum", "total", "sd", "std", "平均", "合計"}


def read_samples(path: str | Path) -> SampleSheet:
    """Read and check a sample sheet, ``.csv`` (UTF-8 or UTF-16) or ``.xlsx``.

    Raises
    ------
    SheetError
        With all problems at once: unknown, missing or repeated columns or ids, unknown units,
        bad routes, values that are not numbers.
    InputError
        The file is missing or of another kind.
    """
    path = Path(path)
    table = read_table(path)
    columns, problems = _read_header(table)
    rows: list[SampleRow] = []
    seen: dict[str, tuple[str, int]] = {}
    names = []
    for number, cells in table.rows:
        row, wrong = _read_row(table.header, columns, cells)
        if row.sample_id and sum(bool(str(cell or "").strip()) for cell in cells) == 1:
            names.append(row.sample_id)  # as `export` writes a sample that no sheet lists
            continue
        wrong += _seen_before(row.sample_id, number, seen)
        problems += [f"row {number}: {text}" for text in wrong]
        rows.append(row)
    problems += mixed_percent(columns, table.rows)
    if not rows:
        problems.append("there is no sample in it")
    if problems:
        raise SheetError(path, tuple(problems))
    there = {*table.header, *(c.kind for c in columns), *(f"{c.kind}:{c.name}" for c in columns)}
    left_out = [f"{path.name}: left out, a name and nothing else: {', '.join(names)}"] if names else []
    return SampleSheet(str(path), tuple(rows), frozenset(there), (*left_out, *_remarks(path, rows)))


def _remarks(path: Path, rows: list[SampleRow]) -> tuple[str, ...]:
    """What is hardly meant: durations below zero, shares of more than 100 %, days to come or as names."""
    values = [(row.sample_id, q.name, q.value, q.unit) for row in rows for q in row.parameters]
    values += [(row.sample_id, m.name, m.value, m.unit) for row in rows for m in row.properties]
    doubtful = [
        f"{sample_id} {name} = {value:g} {unit}"
        for sample_id, name, value, unit in values
        if value is not None and ((value > 100 and unit in PER_CENT) or (value < 0 and never_negative(unit)))
    ]
    tomorrow = f"{date.today() + timedelta(days=1):%Y-%m-%d}"
    doubtful += [f"{row.sample_id} made on {row.made_on}" for row in rows if (row.made_on or "") > tomorrow]
    ids = [row.sample_id for row in rows]
    doubtful += [f"{name}, a name or a day" for name in ids if _MADE_A_DAY.fullmatch(name)]
    more = f" and {len(doubtful) - 5} more" if len(doubtful) > 5 else ""
    return (f"{path.name}: are these meant? {', '.join(doubtful[:5])}{more}",) if doubtful else ()


def _seen_before(sample_id: str, number: int, seen: dict[str, tuple[str, int]]) -> list[str]:
    """What is wrong with an id beside those above it: the same, or one that looks the same."""
    first, row = seen.setdefault(looks_like(sample_id), (sample_id, number))
    if row == number or not sample_id:
        return []
    if first == sample_id:
        return [f"sample_id {sample_id!r} stands in row {row} already"]
    how = how_alike(first, sample_id)
    return [f"sample_id {sample_id!r} looks like {first!r} in row {row}: they differ {how}"]


def _read_header(table: SheetTable) -> tuple[list[Column], list[str]]:
    needed = [name for name in ("sample_id", "design_route") if name not in table.header]
    columns, problems = quantity_columns(
        table, _PLAIN, ("param", "prop", "prop_sd"), lambda k, text: Column(k, text, *split_column(text))
    )
    missing = [f"column {name!r} is missing" for name in needed]
    return columns, missing + problems + _header_conflicts(columns)


def _header_conflicts(columns: list[Column]) -> list[str]:
    """The same quantity twice, a word as a property, a spread without its property."""
    problems = []
    first: dict[tuple[str, str], Column] = {}
    for column in columns:
        other = first.setdefault((column.kind, column.name), column)
        if other is not column:
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


def _read_row(header: list[str], columns: list[Column], cells: list[Any]) -> tuple[SampleRow, list[str]]:
    wrong: list[str] = []
    cells = under_header(header, cells, wrong)
    plain = words_of(header, cells, [name for name in _PLAIN if name != "date"], wrong)
    if "sample_id" in plain and not plain["sample_id"]:
        wrong.append("sample_id is empty")
    elif len(plain.get("sample_id", "").splitlines()) > 1:
        wrong.append(f"sample_id {plain['sample_id']!r} has several lines")
    elif plain.get("sample_id", "").casefold() in _SUMMARIES:
        wrong.append(f"sample_id {plain['sample_id']!r} is a summary of other rows: take the row out")
    route = half_width(plain.get("design_route", "ai")).lower()
    if route not in _ROUTES:
        wrong.append(f"design_route {plain['design_route']!r} is neither ai nor researcher")
    values = {
        (c.kind, c.name): value
        for c in columns
        if (value := value_of(c.header, c.unit, cells[c.index], wrong)) is not None
    }
    units = {(c.kind, c.name): c.unit for c in columns}
    row = SampleRow(
        sample_id=plain.get("sample_id", ""),
        design_route=cast(Literal["ai", "researcher"], route),
        campaign=plain.get("campaign", ""),
        parameters=tuple(_parameter(n, v, units[k, n]) for (k, n), v in values.items() if k == "param"),
        properties=tuple(_measured(n, values, units, wrong) for k, n in values if k == "prop"),
        images=plain.get("images") or None,
        excluded=plain.get("excluded"),
        made_on=day_of("date", cells[header.index("date")], wrong) if "date" in header else None,
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
