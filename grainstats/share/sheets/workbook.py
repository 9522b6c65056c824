"""Cells of an Excel workbook's first sheet as the spreadsheet shows them: 001, 92.5 %, what is missing."""

from __future__ import annotations

import io
import math
import re
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

from grainstats.share.sheets.shown import Flaw, Shown
from segment.errors import InputError

LARGEST_BYTES = 200_000_000  #: of an unpacked workbook; a sheet of ten thousand samples has two million
_TOP = 20  #: rows among which a header is looked for
MOST_CELLS = 5_000_000  #: rows times columns of a sheet
_TOKENS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.')
_OF_LOCALE = re.compile(r"\[\$([^\]-]*)[^\]]*\]")  #: ``[$€-407]`` shows €, ``[$-409]`` nothing
_LITERAL = re.compile(r'"[^"]*"|\\.|[$€£¥]')
_WORD_FOR_ZERO = re.compile(r'^[^;]*;[^;]*;(?=[^;]*[^\W\d_])[^;0#?]*?"([^"]+)"[^;0#?]*(?:;|$)')
_UPDATE = "open the file in the spreadsheet program, let it calculate, and save it again"


def read_workbook(path: Path, key: str = "") -> list[list[Any]]:
    """Rows of the visible sheet with a column `key`, else of the first: text, numbers, `Shown`, `Flaw`.

    `InputError`: no workbook, damaged, too large, or with several such sheets.
    """
    import openpyxl

    _check_size(path)
    try:
        shown, written = (
            openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=values)
            for values in (True, False)
        )
        seen = [k for k, one in enumerate(shown.worksheets) if one.sheet_state == "visible"]
        tables = [k for k in seen if key and _has_column(shown.worksheets[k], key)]
        place = (tables or seen or [0])[0]
        sheet, formulas = shown.worksheets[place], written.worksheets[place]
        rows, columns = sheet.max_row, sheet.max_column
    except MemoryError as error:
        raise InputError(path, "it does not fit into memory", "Save the first sheet as CSV UTF-8") from error
    except Exception as error:  # openpyxl, zip and XML raise nearly anything for damaged bytes
        raise InputError(
            path, f"it cannot be read as a workbook ({error})", "Save it again as .xlsx"
        ) from error
    if len(tables) > 1:
        names = " and ".join(repr(shown.worksheets[k].title) for k in tables)
        raise InputError(path, f"its sheets {names} each hold a column {key!r}", "Put all rows on one sheet")
    if rows * columns > MOST_CELLS:
        raise InputError(
            path, f"its first sheet claims {rows} rows and {columns} columns", "Delete the empty ones"
        )
    flaws = _merged(sheet) | {
        (row, 1): Flaw("(hidden)", "lies in a hidden row: show the row or delete it")
        for row in range(2, rows + 1)
        if sheet.row_dimensions[row].hidden and any(c.value is not None for c in sheet[row])
    }
    return [
        [flaws.get((row, column)) or _cell(sheet, formulas, row, column) for column in range(1, columns + 1)]
        for row in range(1, rows + 1)
    ]


def _has_column(sheet: Any, key: str) -> bool:
    """Whether a cell near the top of a sheet is the name of this column."""
    rows = sheet.iter_rows(max_row=_TOP, values_only=True)
    return any(isinstance(cell, str) and cell.strip() == key for row in rows for cell in row)


def _merged(sheet: Any) -> dict[tuple[int, int], Flaw]:
    """Cells that show nothing of their own, by row and column."""
    return {
        (row, column): Flaw("(merged)", f"is part of the merged cells {area}: unmerge and fill them")
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
        if (row, column) != (area.min_row, area.min_col)
    }


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


def _cell(sheet: Any, formulas: Any, row: int, column: int) -> Any:
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
    return text_as_shown(cell.value, cell.number_format) if isinstance(cell.value, str) else cell.value


def text_as_shown(text: str, number_format: str | None) -> str:
    """A text with what its format writes around it.

    Examples
    --------
    >>> text_as_shown("12", '0;0;0;"S-"@'), text_as_shown("12", "@"), text_as_shown("12", "General")
    ('S-12', '12', '12')
    """
    tokens = [t for t in _TOKENS.findall(number_format or "") if t[0] not in "[*_"]
    if "@" not in tokens:
        return text
    starts = [k + 1 for k, token in enumerate(tokens) if token == ";"]
    section = tokens[starts[-1] if starts else 0 :]
    return "".join(text if t == "@" else t.strip('"').removeprefix("\\") for t in section)


def _text_of_formula(value: Any) -> str:
    return str(getattr(value, "text", value))[:60]


def as_shown(value: float, number_format: str) -> float | Shown | Flaw:
    """A number, or how its format shows it where that says more: per cent, leading zeros, a word beside it.

    `Flaw`: the format shows nothing, an amount of money, a limit, or a word in place of 0.

    Examples
    --------
    >>> as_shown(0.925, "0.0%").text, as_shown(1, "000").text, as_shown(1.1, "0.00").text
    ('92.5 %', '001', '1.10')
    >>> as_shown(3.0, '0.0" µm"').beside, as_shown(92500, "0.0,").value
    ('µm', nan)
    """
    written = number_format.replace("General", "0") if number_format != "General" else ""
    written = _OF_LOCALE.sub(r'"\1"', written)
    if (why := _no_amount(value, written)) is not None:
        return Flaw(f"{value:.12g}", why)
    tokens = [t for t in _TOKENS.findall(written.split(";")[0]) if t[0] not in "[*_"]
    if "%" in tokens:
        return Shown(float(f"{value * 100:.12g}") / 100, f"{value * 100:.12g} %")
    literal = [t.strip('"').removeprefix("\\") for t in tokens]
    places = [k for k, token in enumerate(tokens) if token in "0#?"]
    if not places:
        return Shown(math.nan, "".join(literal)) if '"' in written else value
    first, last = places[0], places[-1] + 1
    if "," in tokens[last:]:
        return Shown(math.nan, f"{value:.12g} (shown as a thousandth of it)")
    before, after, number = "".join(literal[:first]), "".join(literal[last:]), f"{value:.12g}"
    if float(value).is_integer() and value >= 0 and not {".", ",", "E", "/"} & set(tokens[first:last]):
        number = _filled(str(int(value)), tokens[first:last], literal[first:last])
    elif re.fullmatch(r"[0#?]+\.0+", inside := "".join(literal[first:last])):
        padded = f"{value:.{len(inside.partition('.')[2])}f}"
        number = padded if float(padded) == value else number
    if not before and not after and number == f"{value:.12g}":
        return value
    return Shown(float(value), f"{before}{number}{after}", after.strip())


def _no_amount(value: float, written: str) -> str | None:
    """Why a format shows something else than a quantity: nothing, money, a limit, a word for 0."""
    if written and not written.strip(";"):
        return "shows nothing, by its number format: show it or delete it"
    beside = "".join(_LITERAL.findall(written.split(";")[0])).replace('"', "").replace("\\", "").strip()
    if any(unicodedata.category(c) == "Sc" or c in "<>≤≥≲≳~≈" for c in beside):
        return f"shows {beside} beside {value:.12g}: write a plain number"
    word = _WORD_FOR_ZERO.search(written) if value == 0 else None
    return f"shows {word[1]!r} for 0: leave it empty, or show the 0" if word else None


def _filled(digits: str, tokens: list[str], literal: list[str]) -> str:
    """Digits in the places of a format, from the right; the first place takes all that are left."""
    shown: list[str] = []
    n_places = sum(token in "0#?" for token in tokens)
    for token, text in zip(reversed(tokens), reversed(literal), strict=True):
        if token not in "0#?":
            shown.append(text)
            continue
        n_places -= 1
        own = digits if n_places == 0 else digits[-1:]
        digits = digits[: len(digits) - len(own)]
        shown.append(own or ("0" if token == "0" else ""))
    return "".join(reversed(shown))
