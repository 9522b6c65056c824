"""Tables that people keep: cells of a CSV or of a workbook's first sheet, as their reader sees them."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from grainstats.share.quantity_units import CATEGORY
from grainstats.share.sheets.shown import Flaw, Shown, invisible, plain_text
from grainstats.share.sheets.workbook import read_workbook
from segment.errors import InputError

_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  #: first line that tells Excel the separator
_PERCENT = re.compile(r"([^%％]+?)\s*[%％]")
_PER_CENT = ("%", "wt%", "at%", "mol%", "vol%")
_A_DATE = "the spreadsheet made a date of it ({:%Y-%m-%d})"


@dataclass(frozen=True)
class Column:
    """A quantity's column: where it stands and what it means."""

    index: int
    header: str
    kind: str
    name: str
    unit: str


def read_cells(path: Path, what: str = "sample sheet") -> Iterator[list[Any]]:
    """Rows of cells: strings (``.csv``, UTF-8), or the spreadsheet's types and what it shows (``.xlsx``).

    Raises
    ------
    InputError
        The file is missing, of another kind, or cannot be read; cells that cannot be used are `Flaw`.
    """
    if not path.is_file():
        raise InputError(path, "there is no such file", f"Check the path of the {what}")
    if path.suffix.lower() == ".xlsx":
        return read_workbook(path)
    if path.suffix.lower() not in {".csv", ".txt"}:
        raise InputError(path, f"{what}s are .csv or .xlsx", "Save the table as one of these")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path, "the text is not UTF-8", "Save it as 'CSV UTF-8' or as .xlsx") from None
    first, _, rest = text.partition("\n")
    hint = _SEPARATOR.fullmatch(first.strip())
    if hint is not None:
        _check_commas(path, hint[1] + hint[1] if hint[1] != "," else "")
        text, first = rest, rest.partition("\n")[0]
    _check_commas(path, first)
    try:
        return iter(list(csv.reader(io.StringIO(text, newline=""))))
    except csv.Error as error:
        remedy = "Check its quotation marks, or save it again as 'CSV UTF-8'"
        raise InputError(path, f"it cannot be read as CSV ({error})", remedy) from None


def _check_commas(path: Path, header: str) -> None:
    """Spreadsheets of many countries save with semicolons and decimal commas."""
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if mark in header and "," not in header:
            remedy = "Save it with commas between cells and points in numbers, or as .xlsx"
            raise InputError(path, f"its cells are separated by {name}", remedy)


def under_header(header: list[str], cells: list[Any], wrong: list[str]) -> list[Any]:
    """A row's cells, at least one for each column; those under no header are noted in `wrong`."""
    if any(text_of(cell) for cell in cells[len(header) :]):
        wrong.append(f"{len(cells)} cells under {len(header)} columns")
    cells = [*cells, *[None] * (len(header) - len(cells))]
    loose = [text_of(c) for h, c in zip(header, cells, strict=False) if not h and text_of(c)]
    wrong += [f"{text!r} stands under no header" for text in loose]
    return cells


def text_of(cell: Any) -> str:
    """A cell as its reader sees it; Excel's 12.0 for the id 12 becomes '12', 1 shown as 001 becomes '001'."""
    if cell is None:
        return ""
    if isinstance(cell, Shown | Flaw):
        return plain_text(cell.text)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return plain_text(str(cell))


def word_of(header: str, cell: Any, wrong: list[str]) -> str:
    """The cell's text; noted in `wrong` is what would make two names of one, or a name of a date."""
    text = text_of(cell)
    if isinstance(cell, Flaw):
        wrong.append(f"column {header!r} {cell.why}")
    elif isinstance(cell, date):
        wrong.append(
            f"column {header!r}: {_A_DATE.format(cell)}; format the column as text and type it again"
        )
    elif (hidden := invisible(text)) is not None:
        wrong.append(f"column {header!r}: {text!r} holds the invisible character {hidden}: delete it")
    return text


def value_of(header: str, unit: str, cell: Any, wrong: list[str]) -> float | str | None:
    """The cell's number or word; None where it is empty or (noted in `wrong`) not a number.

    Per cent are taken as they are shown: 92.5 % is 92.5 in a column of per cent and 0.925 in one of pure
    numbers.
    """
    if isinstance(cell, Flaw):
        wrong.append(f"column {header!r} {cell.why}")
        return None
    text = text_of(cell)
    if not text:
        return None
    if unit == CATEGORY:
        return word_of(header, cell, wrong)
    if isinstance(cell, date):
        wrong.append(f"column {header!r}: {_A_DATE.format(cell)}, not a number")
        return None
    percent = _PERCENT.fullmatch(text)
    value = _number(cell, percent[1] if percent else text)
    if not math.isfinite(value):
        wrong.append(f"column {header!r}: {text!r} is not a number")
        return None
    if percent is None:
        return value
    if unit not in (*_PER_CENT, "1"):
        wrong.append(f"column {header!r}: {text!r} is per cent, the unit of the column is {unit}")
        return None
    return value if unit in _PER_CENT else float(f"{value / 100:.12g}")


def _number(cell: Any, text: str) -> float:
    """NaN where it is none."""
    if isinstance(cell, bool):
        return math.nan
    if isinstance(cell, Shown) and not _PERCENT.fullmatch(text_of(cell)):
        return cell.value
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def day_of(header: str, cell: Any, wrong: list[str]) -> str | None:
    """The cell's day as ``YYYY-MM-DD``; None where it is empty or (noted in `wrong`) no date."""
    if isinstance(cell, Flaw):
        wrong.append(f"column {header!r} {cell.why}")
        return None
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    text = text_of(cell)
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d}" if text else None
    except ValueError:
        wrong.append(f"column {header!r}: {text!r} is no date (write 2024-05-31)")
        return None


def header_flaws(cells: Sequence[Any]) -> list[str]:
    """Column names that hold what nobody sees, or are no text."""
    wrong: list[str] = []
    for cell in cells:
        word_of(text_of(cell), cell, wrong)
    return wrong
