"""Cells of an Excel workbook's first sheet as the spreadsheet shows them: 001, 92.5 %, what is missing."""

import io
import math
import operator
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from grainstats.share.sheets.shown import Flaw, Shown
from segment.errors import InputError

LARGEST_BYTES = 200_000_000  #: of an unpacked workbook; a sheet of ten thousand samples has two million
TOP = 20  #: rows among which a header is looked for
MOST_CELLS = 5_000_000  #: rows times columns of a sheet
_TOKENS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.')
_OF_LOCALE = re.compile(r"\[\$([^\]-]*)[^\]]*\]")  #: ``[$€-407]`` shows €, ``[$-409]`` nothing
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[\d.]+)\]")  #: of a section, as in ``[<1]"<1";0``
_COMPARE = {"<": operator.lt, ">": operator.gt, "=": operator.eq, "<=": operator.le, ">=": operator.ge}
_HEAD = "xl/workbook.xml"
_TO_BE_CALCULATED = re.compile(rb"""fullCalcOnLoad\s*=\s*["'](?:1|true)""")  #: XlsxWriter's formulas hold 0
_AREA = re.compile(rb"""mergeCell\s[^>]*ref\s*=\s*["']([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)""")
_UPDATE = "open the file in the spreadsheet program, let it calculate, and save it again"


def read_workbook(path: Path, key: str = "") -> list[list[Any]]:
    """Rows of the visible sheet with a column `key`, else of the first: text, numbers, `Shown`, `Flaw`.

    `InputError`: no workbook, damaged, too large, or with several such sheets.
    """
    import openpyxl

    old = _is_to_be_calculated(path)
    try:
        shown, written = (
            openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=values, rich_text=values)
            for values in (True, False)
        )
        seen = [k for k, one in enumerate(shown.worksheets) if one.sheet_state == "visible"]
        tables = [k for k in seen if key and _row_of(shown.worksheets[k], key)]
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
    flaws = _hidden(sheet, _row_of(sheet, key) or 1) | _merged(sheet)
    return [
        [
            flaws.get((row, column)) or _cell(sheet.cell(row, column), formulas.cell(row, column), old)
            for column in range(1, columns + 1)
        ]
        for row in range(1, rows + 1)
    ]


def _row_of(sheet: Any, key: str) -> int:
    """Row near the top of a sheet in which a cell is the name of this column; 0 where there is none."""
    rows = enumerate(sheet.iter_rows(max_row=TOP, values_only=True), 1)
    return next((k for k, row in rows if any(isinstance(c, str) and c.strip() == key for c in row)), 0)


def _hidden(sheet: Any, top: int) -> dict[tuple[int, int], Flaw]:
    """First cells of hidden rows, and heads of hidden columns, by row and column."""
    flaws = {
        (row, 1): Flaw("(hidden)", "lies in a hidden row: show the row or delete it")
        for row, size in sheet.row_dimensions.items()
        if row > top and (size.hidden or size.ht == 0) and any(c.value is not None for c in sheet[row])
    }
    for size in sheet.column_dimensions.values():
        for column in range(size.min or 1, min(size.max or 0, sheet.max_column) + 1):
            head = sheet.cell(top, column).value
            if head is not None and (size.hidden or size.width == 0):
                why = "lies in a hidden column: show the column or delete it"
                flaws[top, column] = Flaw(str(head), why)
    return flaws


def _merged(sheet: Any) -> dict[tuple[int, int], Flaw]:
    """Cells that show nothing of their own, by row and column."""
    return {
        (row, column): Flaw("(merged)", f"is part of the merged cells {area}: unmerge and fill them")
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
        if (row, column) != (area.min_row, area.min_col)
    }


def _is_to_be_calculated(path: Path) -> bool:
    """Whether its writer left all formulas to the next program; `InputError`: no workbook, or too large.

    openpyxl makes every cell of a merged area, without end where that is the whole sheet.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            names = [name for name in archive.namelist() if name.endswith(".xml") and size <= LARGEST_BYTES]
            parts = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise InputError(
            path, f"it cannot be read as a workbook ({error})", "Save it again as .xlsx"
        ) from None
    if size > LARGEST_BYTES:
        raise InputError(
            path, f"it would unpack to {size >> 20} MB, as no sheet of samples does", "Save it as CSV UTF-8"
        )
    if (
        n_merged := sum(_n_cells(*area) for part in parts.values() for area in _AREA.findall(part))
    ) > MOST_CELLS:
        raise InputError(path, f"{n_merged} of its cells are merged", "Unmerge them, or save it as CSV UTF-8")
    return _TO_BE_CALCULATED.search(parts.get(_HEAD, b"")) is not None


def _n_cells(left: bytes, top: bytes, right: bytes, bottom: bytes) -> int:
    from openpyxl.utils import column_index_from_string as place

    return (place(right.decode()) - place(left.decode()) + 1) * (int(bottom) - int(top) + 1)


def _cell(cell: Any, formula: Any, old: bool) -> Any:
    """A cell's value as it is shown; `old`: values of formulas are those of before the last change."""
    if formula.data_type == "f" and (old or (cell.value is None and cell.data_type != "str")):
        written = str(getattr(formula.value, "text", formula.value))[:60]
        return Flaw(written, f"holds a formula without a value: {_UPDATE}")
    if cell.value is None:
        return None
    if cell.data_type == "e":
        return Flaw(str(cell.value), f"shows the error {cell.value}")
    if cell.has_style and cell.font.strike:
        return Flaw(str(cell.value), "is struck through: delete it")
    if isinstance(cell.value, str | list):
        return _of_parts([cell.value] if isinstance(cell.value, str) else cell.value)
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
        return as_shown(cell.value, cell.number_format or "General")
    return cell.value


def _of_parts(parts: list[Any]) -> str | Flaw:
    """Text with fonts of its own for some letters; `Flaw`: letters struck through, or 10⁵ as 105."""
    from openpyxl.utils.escape import unescape

    text = ""
    for part in parts:
        font, more = getattr(part, "font", None), unescape(str(part))
        if font is not None and font.strike:
            return Flaw(text + more, "is partly struck through: delete that part")
        if font is not None and font.vertAlign and text[-1:].isdigit() and more[:1].isdigit():
            return Flaw(text + more, f"shows {more} raised or lowered behind {text}: write 1e5 for 10⁵")
        text += more
    return text


def as_shown(value: float, number_format: str) -> float | Shown | Flaw:
    """A number, or how its format shows it where that says more: per cent, leading zeros, a word beside it.

    `Flaw`: the format shows nothing, or a word in place of the number.

    >>> as_shown(0.925, "0.0%").text, as_shown(1, "000").text, as_shown(1.1, "0.00").text
    ('92.5%', '001', '1.10')
    >>> as_shown(3.0, '0.0" µm"').beside, as_shown(92500, "0.0,").value, as_shown(1e5, "0E+00").text
    ('µm', nan, '1E+05')
    """
    written = number_format.replace("General", "0") if number_format != "General" else ""
    section = _section(value, _OF_LOCALE.sub(r'"\1"', written))
    if written and not section:
        return Flaw(f"{value:.12g}", "shows nothing, by its number format: show it or delete it")
    tokens = [t for t in _TOKENS.findall(section) if t[0] not in "[*_"]
    literal = [t.strip('"').removeprefix("\\") for t in tokens]
    places = [k for k, token in enumerate(tokens) if token in "0#?"]
    if not places:
        words = "".join(literal).strip()
        in_its_place = '"' in section and words != "-"
        why = f"shows {words!r} for {value:.12g}: leave it empty, or show the number"
        return Flaw(words, why) if in_its_place else value
    first, last = places[0], places[-1] + 1
    if "," in tokens[last:]:
        return Shown(math.nan, f"{value:.12g} (shown as a thousandth of it)")
    percent = "%" in tokens
    size = float(f"{value * 100:.12g}") if percent else float(value)
    drawn = abs(size) if ";" in written else size  # the section for negative numbers writes the sign
    before, after, number = "".join(literal[:first]), "".join(literal[last:]), f"{drawn:.12g}"
    inside = "".join(literal[first:last])
    if drawn.is_integer() and not {".", ",", "E", "/"} & set(inside):
        digits = _filled(str(abs(int(drawn))), tokens[first:last], literal[first:last])
        number = f"-{digits}" if drawn < 0 else digits
    elif re.fullmatch(r"[0#?,]+(?:\.0+)?", inside) and "General" not in number_format:
        number = f"{drawn:.{len(inside.partition('.')[2])}f}"
    elif shortened := re.fullmatch(r"[0#?]+\.?([0#?]*)E[+-]0+", inside):
        number = f"{drawn:.{len(shortened[1])}E}"
    if not before and not after and number == f"{value:.12g}":
        return value
    return Shown(size, f"{before}{number}{after}", (before + after).strip(" ()+-"))


def _section(value: float, written: str) -> str:
    """The part of a number format that shows this value (ECMA-376 part 1, 18.8.31)."""
    parts = written.split(";")
    if conditions := _CONDITION.search(parts[0]):
        for part in parts:
            told = _CONDITION.search(part)
            if told is None or _COMPARE.get(told[1], operator.ne)(value, float(told[2])):
                return part
    place = 1 if value < 0 else 2 if value == 0 else 0
    return parts[place if place < len(parts) and not conditions else 0]


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
