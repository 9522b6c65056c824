"""Researchers' own proposals, recorded beside the optimizer's: a sheet read whole or refused.

Columns: process parameters ``param:<name>_<unit>`` (at least one), and optionally ``reason``, ``by`` (who
proposes), ``campaign``, and ``expect:<name>_<unit>``, what the proposer expects of a property. One row is one
experiment; ``.csv`` (UTF-8) or ``.xlsx``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grainstats.share.db.database import Database
from grainstats.share.db.records import SheetError, SuggestionRecord
from grainstats.share.quantity_units import converter, split_column
from grainstats.share.sheets.cells import (
    Column,
    SheetTable,
    quantity_columns,
    read_table,
    under_header,
    value_of,
    words_of,
)

if TYPE_CHECKING:
    from grainstats.share.optimizer.space import Constraint, Space, Value

_WHAT = "sheet of proposals"
_PLAIN = ("reason", "by", "campaign")
Units = Mapping[str, Mapping[str, str]]  #: what the database keeps parameters and properties in, by name


def import_proposals(
    db: Database, path: str | Path, *, space: Space | None = None, campaign: str = ""
) -> int:
    """Read a sheet of proposals and store it, all or nothing; returns how many are new.

    With a space, every proposal must be a point of it: all parameters, existing settings, constraints kept.
    `campaign` stands for rows that name none. `SheetError`: all problems at once. `InputError`: the file
    is missing or of another kind.
    """
    tables = {"param": db.designs(), "expect": db.properties()}
    known = {kind: dict(zip(table["name"], table["unit"], strict=True)) for kind, table in tables.items()}
    path = Path(path)
    table = read_table(path, _WHAT, "")
    columns, problems = _read_header(table, known, space)
    records: list[SuggestionRecord] = []
    seen: dict[str, int] = {}
    for number, cells in table.rows:
        record, wrong = _read_row(table.header, columns, cells, campaign)
        wrong += _outside(record.parameters, space)
        earlier = seen.setdefault(repr(sorted(record.parameters.items())), number)
        if earlier != number and not wrong:
            wrong.append(f"the same experiment stands in row {earlier} already")
        problems += [f"row {number}: {text}" for text in wrong]
        records.append(record)
    if not records:
        problems.append("there is no proposal in it")
    if problems:
        raise SheetError(path, tuple(problems), _WHAT)
    return db.add_suggestions(records)


def _read_header(table: SheetTable, known: Units, space: Space | None) -> tuple[list[Column], list[str]]:
    columns, problems = quantity_columns(
        table, _PLAIN, ("param", "expect"), lambda k, text: _column(k, text, known, space)
    )
    names = Counter(f"{c.kind}:{c.name}" for c in columns)
    problems += [f"{name} stands there in two units" for name, count in names.items() if count > 1]
    if "param" not in {c.kind for c in columns}:
        problems.append("there is no column param:<name>_<unit>")
    elif space is not None and not any(problem.startswith("column 'param:") for problem in problems):
        there = {f"{c.name}_{c.target}" for c in columns if c.kind == "param"}
        problems += [f"the space's parameter {n} has no column" for n in space.names if n not in there]
    return columns, problems


def _column(index: int, header: str, known: Units, space: Space | None) -> Column:
    """The column in the unit that the database, else the space, keeps its quantity in."""
    kind, name, unit = split_column(header)
    recorded = known[kind]
    of_space = {n.rpartition("_")[0]: n.rpartition("_")[2] for n in space.names} if space else {}
    if kind == "param" and name not in (of_space if space else recorded or {name}):
        where = "the space has" if space else "the samples have"
        raise ValueError(f"{where} no such parameter ({', '.join(sorted(of_space or recorded))})")
    if kind == "expect" and recorded and name not in recorded:
        raise ValueError(f"the samples have no such property ({', '.join(sorted(recorded))})")
    target = recorded.get(name) or (of_space.get(name) if kind == "param" else None) or unit
    converter(unit, target)
    return Column(index, header, kind, name, unit, target)


def _read_row(
    header: list[str], columns: list[Column], cells: list[Any], campaign: str
) -> tuple[SuggestionRecord, list[str]]:
    wrong: list[str] = []
    cells = under_header(header, cells, wrong)
    plain = words_of(header, cells, _PLAIN, wrong)
    parameters: dict[str, Value] = {}
    expected: dict[str, dict[str, Value]] = {}
    for c in columns:
        noted = len(wrong)
        value = value_of(c.header, c.unit, cells[c.index], wrong)
        if value is not None and c.kind == "param":
            parameters[f"{c.name}_{c.target}"] = _converted(c, value)
        elif value is not None:
            expected[c.name] = {"value": _converted(c, value)}
        elif c.kind == "param" and len(wrong) == noted:
            wrong.append(f"column {c.header!r} is empty")
    record = SuggestionRecord(
        origin="researcher",
        model=plain.get("by") or "researcher",
        parameters=parameters,
        campaign=plain.get("campaign") or campaign,
        objective=", ".join(expected) or None,
        reason=plain.get("reason") or None,
        predictions={"objectives": expected} if expected else {},
    )
    return record, wrong


def _converted(c: Column, value: Value) -> Value:
    return value if isinstance(value, str) else converter(c.unit, c.target)(value)


def _outside(point: Mapping[str, Value], space: Space | None) -> list[str]:
    """Why a point is none of the space; nothing where a parameter is missing, which is said already."""
    if space is None or not set(space.names) <= set(point):
        return []
    wrong = []
    for p in space.parameters:
        value = point[p.name]
        if isinstance(value, str) != (p.kind == "categorical"):
            wrong.append(f"{p.name}: {value!r} is {'a word' if isinstance(value, str) else 'a number'}")
        elif not p.takes(value):
            known = _settings(p.values, value)
            wrong.append(f"{p.name} = {_said(value)} is no setting of the space: {known}")
    if not wrong:
        wrong = [f"outside the space: {_rule(c)}" for c in space.constraints if not c.holds(point)]
    return wrong


def _rule(c: Constraint) -> str:
    """``"temperature_degC + 20 hold_h <= 1000 is broken"``."""
    total = " + ".join(name if factor == 1 else f"{factor:g} {name}" for name, factor in c.terms)
    low = f"{c.low:g} <= " if math.isfinite(c.low) else ""
    high = f" <= {c.high:g}" if math.isfinite(c.high) else ""
    return f"{low}{total}{high} is broken"


def _settings(values: tuple[Value, ...], value: Value) -> str:
    """All settings where they are few, else their range and the ones nearest to `value`."""
    if len(values) <= 8 or isinstance(value, str):
        return ", ".join(map(_said, values))
    near = sorted(sorted(values, key=lambda v: abs(float(v) - float(value)))[:2])
    return f"{_said(values[0])} to {_said(values[-1])}, nearest {' and '.join(map(_said, near))}"


def _said(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"
