"""Tables that people keep: cells of a CSV or of a workbook's sheet, as their reader sees them."""

import math
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from grainstats.share.quantity_units import CATEGORY, normalise_unit
from grainstats.share.sheets.csv_cells import read_csv
from grainstats.share.sheets.shown import Flaw, Shown, half_width, invisible, plain_text
from grainstats.share.sheets.workbook import TOP, read_workbook
from segment.errors import InputError
from segment.file_kind import no_file

BOOKS = (".xlsx", ".xlsm")
TEXTS = (".csv", ".txt", ".tsv")
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")  #: first bytes of a compound file (Microsoft MS-CFB 2.2)
_MOST_DIGITS = 15  #: of a number that a spreadsheet keeps
_PERCENT = re.compile(r"([^%％]+?)\s*[%％]")
PER_CENT = ("%", "wt%", "at%", "mol%", "vol%")
_ABSOLUTE_ZERO = {"degC": -273.15, "degF": -459.67}  #: by definition of the scales (SI brochure, 2.3.1)
_LARGEST = 1e60  #: of a number in any unit: the world weighs some 1e56 g, a Planck time is 5e-44 s
_A_DATE = "the spreadsheet made a date of it ({:%Y-%m-%d})"
_AND_UNIT = re.compile(r"([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*([^\W\d_].*|[°µμΩ℃].*)")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")  #: the order that means one thing
#: in a column of reasons these may mean that there is none
_NO_REASON = frozenset(
    "0 - -- / no n false none nan na n/a nein non non. falsch faux いいえ included keep ok".split()
)
_ERROR = re.compile(r"#+|#(?:NAME|N/A|REF|VALUE|NULL|NUM|DIV/0)[?!]?")  #: what a spreadsheet saves as CSV
_SHORTENED = re.compile(r"\d(?:\.\d+)?E[+]\d{2,}")  #: what spreadsheets make of long numbers


@dataclass(frozen=True)
class Column:
    """A quantity's column: where it stands and what it means."""

    index: int
    header: str
    kind: str
    name: str
    unit: str
    target: str = ""  #: unit that its values are converted to, where that is another one


@dataclass(frozen=True)
class SheetTable:
    """A sheet as its reader sees it."""

    header: list[str]
    flaws: list[str]  #: what is wrong with the header's cells
    #: number in the sheet, the header being row 1, and cells of each row that is not empty
    rows: list[tuple[int, list[Any]]]

    def repeated(self) -> list[str]:
        """Columns of one name, in words."""
        counts = Counter(filter(None, self.header))
        return [f"column {name!r} stands there {k} times" for name, k in counts.items() if k > 1]


def read_table(path: Path, what: str = "sample sheet", key: str = "sample_id") -> SheetTable:
    """The table of a CSV, or of the visible sheet with a column `key`; rows above its header are passed over.

    `InputError`: the file is missing, of another kind, or cannot be read; cells that cannot be used are
    `Flaw`.
    """
    if not os.path.isfile(path):
        raise InputError(path, no_file(path)[0], f"Check the path of the {what}")
    suffix = path.suffix.lower()
    if suffix not in (*BOOKS, *TEXTS):
        raise InputError(path, f"{what}s are .csv or .xlsx", "Save the table as one of these")
    with path.open("rb") as file:
        begins = file.read(8)
    if begins == _OLE:
        reason = "it is an Excel 97-2003 workbook, or one with a password"
        raise InputError(path, reason, "Save it as .xlsx without a password, or as CSV UTF-8")
    rows: list[list[Any]] = (
        read_workbook(path, key) if suffix in BOOKS or begins.startswith(b"PK\3\4") else read_csv(path)
    )
    filled = [any(text_of(cell) for cell in cells) for cells in rows]
    named = [key in [half_width(text_of(cell)) for cell in cells] for cells in rows[:TOP]]
    top = named.index(True) if key and any(named) else filled.index(True) if any(filled) else 0
    first = rows[top] if rows else []
    flaws: list[str] = []
    for cell in first:
        word_of(text_of(cell), cell, flaws)
    return SheetTable(
        [half_width(text_of(cell)) for cell in first],
        flaws,
        [(number, cells) for number, cells in enumerate(rows, 1) if number > top + 1 and filled[number - 1]],
    )


def quantity_columns(
    table: SheetTable, plain: Sequence[str], kinds: Sequence[str], make: Callable[[int, str], Column]
) -> tuple[list[Column], list[str]]:
    """Columns ``kind:<name>_<unit>`` of a header as `make` sees them, and what is wrong with it, in words.

    `make` gets place and text of each, and raises ValueError for one that cannot be used.
    """
    known = ", ".join([*plain, *(f"{kind}:" for kind in kinds)])
    columns: list[Column] = []
    problems = table.repeated() + table.flaws
    for index, text in enumerate(table.header):
        kind, colon, _ = text.partition(":")
        if not text or text in plain or table.header.index(text) < index:
            continue
        if not colon or kind not in kinds:
            problems.append(f"unknown column {text!r} (known: {known})")
            continue
        try:
            columns.append(make(index, text))
        except ValueError as error:
            problems.append(f"column {text!r}: {error}")
    return columns, problems


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
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, Shown | Flaw):
        return plain_text(cell.text)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return plain_text(str(cell))


def word_of(header: str, cell: Any, wrong: list[str]) -> str:
    """The cell's text; noted in `wrong` is what would make two names of one, or no name."""
    text = text_of(cell)
    why = None
    if isinstance(cell, Flaw):
        wrong.append(f"column {header!r} {cell.why}")
    elif isinstance(cell, date):
        why = f"{_A_DATE.format(cell)}; format the column as text and type it again"
    elif isinstance(cell, time | timedelta):
        why = f"the spreadsheet made a time of it ({cell}); format the column as text and type it again"
    elif (isinstance(cell, int | float) and abs(cell) >= 10**_MOST_DIGITS) or _SHORTENED.fullmatch(text):
        why = f"the spreadsheet shortened the number {text}; format the column as text and type it again"
    elif _ERROR.fullmatch(text):
        why = f"the spreadsheet saved {text} for what it could not show; correct the cell or widen its column"
    elif (hidden := invisible(text)) is not None:
        why = f"{text!r} holds the invisible character {hidden}: delete it"
    if why is not None:
        wrong.append(f"column {header!r}: {why}")
    return text


def words_of(
    header: list[str], cells: Sequence[Any], names: Sequence[str], wrong: list[str]
) -> dict[str, str]:
    """The texts of those of the plain columns that a sheet has, by name; a reason must be one."""
    words = {name: word_of(name, cells[header.index(name)], wrong) for name in names if name in header}
    if (reason := words.get("excluded", "")).casefold() in _NO_REASON:
        wrong.append(f"excluded is {reason!r}: write the reason, or leave it empty where it counts")
    return words


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
    if isinstance(cell, str):
        cell, text = _with_its_unit(text)
    if isinstance(cell, Shown):
        value, percent = cell.value, cell.beside == "%"
    else:
        per_cent = _PERCENT.fullmatch(text)
        value, percent = _number(cell, per_cent[1] if per_cent else text), per_cent is not None
    if not math.isfinite(value):
        two = "may mean two numbers: write it with a point and without marks between thousands"
        wrong.append(f"column {header!r}: {text!r} {two if isinstance(cell, Shown) else 'is not a number'}")
        return None
    if value and not 1 / _LARGEST < abs(value) < _LARGEST:
        wrong.append(f"column {header!r}: no quantity is as small or as large as {text}")
        return None
    if value < _ABSOLUTE_ZERO.get(unit, -math.inf):
        wrong.append(f"column {header!r}: {text} is below absolute zero")
        return None
    if not percent and isinstance(cell, Shown) and _other_unit(cell.beside, unit):
        wrong.append(f"column {header!r}: {text!r} is shown, the unit of the column is {unit}")
        return None
    if not percent:
        return value
    if unit not in (*PER_CENT, "1"):
        wrong.append(f"column {header!r}: {text!r} is per cent, the unit of the column is {unit}")
        return None
    return value if unit in PER_CENT else float(f"{value / 100:.12g}")


def _with_its_unit(written: str) -> tuple[str | Shown, str]:
    """A typed number, full-width or not; `Shown` where a unit stands behind it, as in ``850 °C``."""
    text = half_width(written)
    found = _AND_UNIT.fullmatch(text)
    try:
        plain = math.isfinite(_number(text, text)) or _PERCENT.fullmatch(text)
        if found is not None and not plain and normalise_unit(found[2]):
            return Shown(float(found[1]), text, found[2]), text
    except ValueError:
        pass
    return text, text


def _other_unit(written: str, unit: str) -> bool:
    """Whether there is a word beside a number, and it is not the unit."""
    try:
        return bool(written) and normalise_unit(written) != unit
    except ValueError:
        return True


def mixed_percent(columns: Sequence[Column], rows: Sequence[tuple[int, Sequence[Any]]]) -> list[str]:
    """Columns of per cent where some cells have the sign and others may be fractions, in words.

    A spreadsheet shows .93 as 93 % or as 0.93, cell by cell; of 0.93 beside 92.5 % nobody knows which.
    """
    wrong = []
    for column in columns:
        if column.unit not in PER_CENT:
            continue
        texts = [(k, text_of(cells[column.index])) for k, cells in rows if column.index < len(cells)]
        bare = [(k, t) for k, t in texts if t and not _PERCENT.fullmatch(t) and abs(_number(t, t)) <= 1]
        if bare and any(_PERCENT.fullmatch(text) for _, text in texts):
            k, text = bare[0]
            wrong.append(f"row {k}: column {column.header!r}: {text} beside cells with a per cent sign")
    return wrong


def _number(cell: Any, text: str) -> float:
    """NaN where it is none."""
    try:
        return math.nan if "_" in text or isinstance(cell, bool) else float(text)
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
        if (ymd := _DAY.fullmatch(half_width(text))) is not None:
            return f"{date(*map(int, ymd.groups())):%Y-%m-%d}"
        return f"{datetime.fromisoformat(text):%Y-%m-%d}" if text else None
    except ValueError:
        wrong.append(f"column {header!r}: {text!r} is no date (write 2024-05-31)")
        return None
