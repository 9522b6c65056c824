"""Proposals made elsewhere come back: BOXVIA's Suggest.csv, read with the sidecar of the export."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

from grainstats.share.db.database import Database
from grainstats.share.db.records import SuggestionRecord
from segment.errors import InputError


class SuggestionFileError(InputError):
    """A file of suggestions that cannot be used; every problem is named in the reason."""


def import_suggestions(db: Database, path: str | Path, sidecar: str | Path, *, campaign: str = "") -> int:
    """Store the points of BOXVIA's ``Suggest.csv`` as suggestions, all or none; returns how many are new.

    Rows that already have an objective are measured data and are passed over. The sidecar of the export that
    BOXVIA worked from gives names and units back, the values of parameters that were never changed, and the
    digest of the data. `SuggestionFileError`: the two do not belong together, or cells are not numbers.
    """
    notes = _read_sidecar(Path(sidecar))
    return db.add_suggestions(_read_suggestions(Path(path), notes, campaign))


def _read_sidecar(path: Path) -> dict[str, Any]:
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
        complete = notes["format"] == 1 and notes["parameters"] and notes["objective"]["column"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        complete = False
    if not complete:
        raise SuggestionFileError(
            path, "it is no sidecar of a BOXVIA export", "Give the export's boxvia_sidecar.json"
        )
    return dict(notes)


def _read_suggestions(path: Path, notes: dict[str, Any], campaign: str) -> list[SuggestionRecord]:
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise SuggestionFileError(path, f"it cannot be read ({error})", "Give BOXVIA's Suggest.csv") from None
    names = [column["column"] for column in notes["parameters"]]
    expected = [*names, notes["objective"]["column"]]
    header = [cell.strip() for cell in rows[0]] if rows else []
    if header not in (expected, names):
        reason = f"its columns are {', '.join(header) or 'missing'}, the sidecar's are {', '.join(expected)}"
        raise SuggestionFileError(path, reason, "Give the sidecar of the export that BOXVIA worked from")
    problems: list[str] = []
    records = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row) or "".join(row[len(names) :]).strip():
            continue
        values = _values(row[: len(names)], names, number, problems)
        if len(values) == len(names):
            records.append(_record(values, notes, campaign))
    if problems:
        raise SuggestionFileError(
            path, "\n  - ".join(["it has problems:", *problems]), "Nothing was imported"
        )
    return records


def _values(cells: list[str], names: list[str], number: int, problems: list[str]) -> list[float]:
    values = []
    for name, cell in zip(names, cells + [""] * (len(names) - len(cells)), strict=True):
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            values.append(value)
        else:
            problems.append(f"row {number}, column {name!r}: {cell!r} is not a number")
    return values


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
