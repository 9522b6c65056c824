"""Cells of a CSV in any of the ways that spreadsheets save one: UTF-8 or UTF-16, comma, semicolon or tab."""

import codecs
import csv
import io
import math
import re
from pathlib import Path

from grainstats.share.sheets.shown import Shown
from segment.errors import InputError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT = 400  #: bytes, of which every second one is zero in UTF-16
_HINT = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  #: first line that tells Excel the separator
_SEPARATORS = (",", ";", "\t", "|")
#: a Latin, Greek or Cyrillic character, or several of any script, as UTF-7 writes them
_UTF7 = re.compile(
    r"\+(?:A[A-X3-9+/][A-Za-z0-9+/]|B[A-F][A-Za-z0-9+/]|[A-Za-z0-9+/]{6,})(?:-|(?![A-Za-z0-9+/]))"
)
_LINE_END = re.compile(r"\r\n?")
_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")
_POINT = re.compile(r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?")
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+(,\d+)?")
_AS_TEXT = re.compile(r'="([^"]*)"')  #: a formula by which exports keep leading zeros: spreadsheets show 001
_PERCENT = re.compile(r"\s*[%％]$")

Cell = str | Shown


def read_csv(path: Path) -> list[list[Cell]]:
    """Rows of cells; numbers with a decimal comma are `Shown`, not a number where they may be thousands.

    Where cells are parted by semicolons or tabs, a comma in a number is its decimal mark.

    `InputError`: neither UTF-8 nor UTF-16, or no CSV.
    """
    text = _LINE_END.sub("\n", _decoded(path))
    first, _, rest = text.partition("\n")
    hint = _HINT.fullmatch(first.strip(" "))
    if hint is not None:
        text, first = rest, rest.partition("\n")[0]
    separator = _separator(first, hint[1] if hint else "")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        remedy = "Check its quotation marks, or save it again as 'CSV UTF-8'"
        raise InputError(path, f"it cannot be read as CSV ({error})", remedy) from None
    rows = [[_AS_TEXT.sub(r"\1", cell) for cell in row] for row in rows]
    return [list(row) for row in rows] if separator == "," else _with_decimal_commas(rows)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "")
    if not encoding:
        even, odd = (raw[k:_LOOKED_AT:2].count(0) for k in (0, 1))
        half = len(raw[:_LOOKED_AT]) // 4
        encoding = "utf-16-le" if odd > half else "utf-16-be" if even > half else "utf-8-sig"
    remedy = "Save it as 'CSV UTF-8' or as .xlsx"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        what = "UTF-8" if encoding == "utf-8-sig" else "UTF-16"
        raise InputError(path, f"the text is not {what}", remedy) from None
    if text.isascii() and any(_is_utf7(found[0]) for found in _UTF7.finditer(text)):
        raise InputError(path, "the text is UTF-7", remedy)
    return text


def _is_utf7(code: str) -> bool:
    """Whether such characters stand for others, as in RFC 2152."""
    try:
        return code.encode().decode("utf-7").isprintable()
    except UnicodeDecodeError:
        return False


def _separator(header: str, hint: str) -> str:
    """The mark that parts the header into most cells; the hint's, then the comma, where several do."""

    def cells(mark: str) -> int:
        return len(next(csv.reader([header], delimiter=mark), []))

    return max((hint, *_SEPARATORS) if hint else _SEPARATORS, key=cells)


def _with_decimal_commas(rows: list[list[str]]) -> list[list[Cell]]:
    """Cells of a table that is not parted by commas."""
    numbers = {_PERCENT.sub("", cell.strip()) for row in rows for cell in row}
    points = any(_POINT.fullmatch(number) and not _GROUPED.fullmatch(number) for number in numbers)
    return [[_cell(cell, points) for cell in row] for row in rows]


def _cell(cell: str, points: bool) -> Cell:
    """A cell as it is, or its number where that has a decimal comma; NaN where points are decimal too."""
    text = cell.strip()
    bare = _PERCENT.sub("", text)
    grouped = _GROUPED.fullmatch(bare)
    if _COMMA.fullmatch(bare):
        value = math.nan if points else float(bare.replace(",", "."))
    elif grouped and (grouped[1] or not points):
        value = math.nan if points or not grouped[1] else float(bare.replace(".", "").replace(",", "."))
    else:
        return cell
    return f"{value:.15g} %" if bare != text and math.isfinite(value) else Shown(value, text)
