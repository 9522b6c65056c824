"""Cells of an Excel workbook's first sheet as the spreadsheet shows them: 001, 92.5 %, what is missing."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grainstats.share.sheets.shown import Flaw, Shown
from segment.errors import InputError

LARGEST_BYTES = 200_000_000  #: of an unpacked workbook; a sheet of ten thousand samples has two million
MOST_CELLS = 5_000_000  #: rows times columns of a sheet
_TOKENS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.')
_UPDATE = "open the file in the spreadsheet program, let it calculate, and save it again"


def read_workbook(path: Path) -> Iterator[list[Any]]:
    """Rows of the first sheet: text, numbers, dates, and `Shown` or `Flaw` where the display tells more.

    Raises
    ------
    InputError
        No workbook, damaged, or too large.
    """
    import openpyxl

    _check_size(path)
    try:
        shown, written = (openpyxl.load_workbook(path, data_only=values) for values in (True, False))
        sheet, formulas = shown.worksheets[0], written.worksheets[0]
        rows, columns = sheet.max_row, sheet.max_column
    except MemoryError as error:
        raise InputError(path, "it does not fit into memory", "Save the first sheet as CSV UTF-8") from error
    except Exception as error:  # openpyxl, zip and XML raise nearly anything for damaged bytes
        raise InputError(
            path, f"it cannot be read as a workbook ({error})", "Save it again as .xlsx"
        ) from error
    if rows * columns > MOST_CELLS:
        raise InputError(
            path, f"its first sheet claims {rows} rows and {columns} columns", "Delete the empty ones"
        )
    merged = {
        (row, column): str(area)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
        if (row, column) != (area.min_row, area.min_col)
    }
    return iter(
        [
            [_cell(sheet, formulas, row, column, merged) for column in range(1, columns + 1)]
            for row in range(1, rows + 1)
        ]
    )


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InputError(
            path, f"it cannot be read as a workbook ({error})", "Save it again as .xlsx"
        ) from None
    if size > LARGEST_BYTES:
        raise InputError(
            path, f"it would unpack to {size >> 20} MB, as no sheet of samples does", "Save it as CSV UTF-8"
        )


def _cell(sheet: Any, formulas: Any, row: int, column: int, merged: dict[tuple[int, int], str]) -> Any:
    if (row, column) in merged:
        return Flaw("(merged)", f"is part of the merged cells {merged[row, column]}: unmerge and fill them")
    cell = sheet.cell(row, column)
    if cell.value is None:
        formula = formulas.cell(row, column)
        if formula.data_type == "f":
            return Flaw(_text_of_formula(formula.value), f"holds a formula without a value: {_UPDATE}")
        return None
    if cell.data_type == "e":
        return Flaw(str(cell.value), f"shows the error {cell.value}")
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
        return as_shown(cell.value, cell.number_format or "General")
    return cell.value


def _text_of_formula(value: Any) -> str:
    return str(getattr(value, "text", value))[:60]


def as_shown(value: float, number_format: str) -> float | Shown:
    """A number, or how its format shows it where that says more: per cent, leading zeros, a word beside it.

    Examples
    --------
    >>> as_shown(0.925, "0.0%").text, as_shown(1, "000").text, as_shown(7, '"S-"00').text
    ('92.5 %', '001', 'S-07')
    """
    tokens = [t for t in _TOKENS.findall(number_format.split(";")[0]) if t[0] not in "[*_"]
    bare = [t for t in tokens if t[0] not in '"\\']
    if "%" in bare:
        return Shown(float(f"{value * 100:.12g}") / 100, f"{value * 100:.12g} %")
    digits = "".join(bare).strip()
    literal = any(t[0] in '"\\' for t in tokens)
    if (
        float(value).is_integer()
        and value >= 0
        and re.fullmatch("0+", digits)
        and (literal or len(digits) > 1)
    ):
        parts = ["0" if t == "0" else t.strip('"').removeprefix("\\") for t in tokens]
        first = parts.index("0")
        before, after = "".join(parts[:first]), "".join(p for p in parts[first:] if p != "0")
        return Shown(float(value), f"{before}{int(value):0{len(digits)}d}{after}")
    return value
