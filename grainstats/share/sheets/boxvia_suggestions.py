"""Proposals made elsewhere come back: BOXVIA's Suggest.csv, read with the sidecar of the export."""

import json
from pathlib import Path
from typing import Any

from grainstats.share.db.database import Database
from grainstats.share.db.records import SheetError, SuggestionRecord
from grainstats.share.sheets.cells import read_table, text_of, value_of
from segment.errors import InputError
from segment.file_kind import file_text

_WHAT = "file of suggestions"


def import_suggestions(db: Database, path: str | Path, sidecar: str | Path, *, campaign: str = "") -> int:
    """Store the points of BOXVIA's ``Suggest.csv`` as suggestions, all or none; returns how many are new.

    Rows that already have an objective are measured data and are passed over. The sidecar of the export that
    BOXVIA worked from gives names and units back, the values of parameters that were never changed, and the
    digest of the data. `InputError`: the two do not belong together. `SheetError`: cells are not
    numbers.
    """
    notes = _read_sidecar(Path(sidecar))
    return db.add_suggestions(_read_suggestions(Path(path), notes, campaign))


def _read_sidecar(path: Path) -> dict[str, Any]:
    try:
        notes = json.loads(file_text(path))
        complete = notes["format"] == 1 and notes["parameters"] and notes["objective"]["column"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        complete = False
    if not complete:
        raise InputError(path, "it is no sidecar of a BOXVIA export", "Give the export's boxvia_sidecar.json")
    return dict(notes)


def _read_suggestions(path: Path, notes: dict[str, Any], campaign: str) -> list[SuggestionRecord]:
    table = read_table(path, _WHAT, "")
    names = [column["column"] for column in notes["parameters"]]
    expected = [*names, notes["objective"]["column"]]
    if table.header not in (expected, names):
        there = ", ".join(table.header) or "missing"
        reason = f"its columns are {there}, the sidecar's are {', '.join(expected)}"
        raise InputError(path, reason, "Give the sidecar of the export that BOXVIA worked from")
    problems: list[str] = []
    records = []
    for number, cells in table.rows:
        if any(text_of(cell) for cell in cells[len(names) :]):
            continue
        wrong: list[str] = []
        values = [value_of(name, "1", cell, wrong) for name, cell in zip(names, cells, strict=False)]
        numbers = [value for value in values if isinstance(value, float)]
        if len(numbers) < len(names) and not wrong:
            wrong.append(f"{len(numbers)} of {len(names)} parameters have a value")
        problems += [f"row {number}: {text}" for text in wrong]
        if not wrong:
            records.append(_record(numbers, notes, campaign))
    if problems:
        raise SheetError(path, tuple(problems), _WHAT)
    return records


def _record(values: list[float], notes: dict[str, Any], campaign: str) -> SuggestionRecord:
    """One point in the laboratory's own names and units, with the parameters that were never changed."""
    parameters = {
        column["parameter"]: float(f"{value / column['scale']:.12g}")
        for column, value in zip(notes["parameters"], values, strict=True)
    }
    fixed = {p["parameter"]: p["value"] for p in notes.get("left_out", []) if "value" in p}
    return SuggestionRecord(
        origin="ai",
        model="BOXVIA",
        parameters={**fixed, **parameters},
        snapshot_digest=str(notes.get("snapshot_digest", "")),
        campaign=campaign,
        objective=notes["objective"]["parameter"],
    )
