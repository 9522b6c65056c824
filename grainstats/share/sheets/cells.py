"""Tables that people keep: cells of a CSV or of a workbook's first sheet, as their reader sees them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from grainstats.share.quantity_units import CATEGORY
from segment.errors import InputError


@dataclass(frozen=True)
class Column:
    """A quantity's column: where it stands and what it means."""

    index: int
    header: str
    kind: str
    name: str
    unit: str


def read_cells(path: Path, what: str = "sample sheet") -> Iterator[list[Any]]:
    """Rows of cells, as strings (``.csv``, UTF-8) or as the spreadsheet's own types (``.xlsx``).

    Raises
    ------
    InputError
        The file is missing, of another kind, or cannot be read.
    """
    if not path.is_file():
        raise InputError(path, "there is no such file", f"Check the path of the {what}")
    if path.suffix.lower() == ".xlsx":
        return _excel(path)
    if path.suffix.lower() not in {".csv", ".txt"}:
        raise InputError(path, f"{what}s are .csv or .xlsx", "Save the table as one of these")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path, "the text is not UTF-8", "Save it as 'CSV UTF-8' or as .xlsx") from None
    _check_commas(path, text.partition("\n")[0])
    return iter(list(csv.reader(io.StringIO(text, newline=""))))


def _check_commas(path: Path, header: str) -> None:
    """Spreadsheets of many countries save with semicolons and decimal commas."""
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if mark in header and "," not in header:
            remedy = "Save it with commas between cells and points in numbers, or as .xlsx"
            raise InputError(path, f"its cells are separated by {name}", remedy)


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


def under_header(header: list[str], cells: list[Any], wrong: list[str]) -> list[Any]:
    """A row's cells, at least one for each column; those under no header are noted in `wrong`."""
    if any(text_of(cell) for cell in cells[len(header) :]):
        wrong.append(f"{len(cells)} cells under {len(header)} columns")
    cells = [*cells, *[None] * (len(header) - len(cells))]
    loose = [text_of(c) for h, c in zip(header, cells, strict=False) if not h and text_of(c)]
    wrong += [f"{text!r} stands under no header" for text in loose]
    return cells


def text_of(cell: Any) -> str:
    """A cell as its reader sees it; Excel's 12.0 for the id 12 becomes '12'."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()


def value_of(header: str, unit: str, cell: Any, wrong: list[str]) -> float | str | None:
    """The cell's number or word; None where it is empty or (noted in `wrong`) not a number."""
    text = text_of(cell)
    if not text:
        return None
    if unit == CATEGORY:
        return text
    try:
        value = float("nan") if isinstance(cell, bool) or "_" in text else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        wrong.append(f"column {header!r}: {text!r} is not a number")
        return None
    return value


def day_of(header: str, cell: Any, wrong: list[str]) -> str | None:
    """The cell's day as ``YYYY-MM-DD``; None where it is empty or (noted in `wrong`) no date."""
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    text = text_of(cell)
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d}" if text else None
    except ValueError:
        wrong.append(f"column {header!r}: {text!r} is no date (write 2024-05-31)")
        return None
