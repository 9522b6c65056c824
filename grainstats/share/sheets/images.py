"""The sheet of images (images.csv or .xlsx): which files show one field, and which are not to count.

Columns: ``file`` (path from the sheet's folder, or as much of its end as is unique), and optionally
``sample_id``, ``field`` (a name: files of one sample with the same name are pictures of one field, the first
row is the reference), ``tilt_deg`` and ``excluded`` (the reason why the image does not count).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grainstats.share.db.records import ImageRow, ImageSheet, SheetError
from grainstats.share.sheets.cells import (
    Column,
    quantity_columns,
    read_table,
    under_header,
    value_of,
    words_of,
)

_WHAT = "sheet of images"
COLUMNS = ("file", "sample_id", "field", "tilt_deg", "excluded")


def read_images(path: str | Path) -> ImageSheet:
    """Read and check a sheet of images, ``.csv`` (UTF-8 or UTF-16) or ``.xlsx``.

    `SheetError`, with all problems at once: unknown, missing or repeated columns, a file twice, a tilt that
    is no number. `InputError`: the file is missing or of another kind.
    """
    path = Path(path)
    table = read_table(path, _WHAT, "file")
    problems = [] if "file" in table.header else ["column 'file' is missing"]
    problems += quantity_columns(table, COLUMNS, (), lambda k, text: Column(k, text, "", "", ""))[1]
    rows: list[ImageRow] = []
    seen: dict[str, int] = {}
    for number, cells in table.rows if "file" in table.header else ():
        row, wrong = _read_row(table.header, cells)
        if not row.file:
            wrong.append("file is empty")
        elif seen.setdefault(row.file, number) != number:
            wrong.append(f"{row.file!r} stands in row {seen[row.file]} already")
        problems += [f"row {number}: {text}" for text in wrong]
        rows.append(row)
    if problems:
        raise SheetError(path, tuple(problems), _WHAT)
    return ImageSheet(str(path), tuple(rows))


def _read_row(header: list[str], cells: Sequence[Any]) -> tuple[ImageRow, list[str]]:
    wrong: list[str] = []
    cells = under_header(header, list(cells), wrong)
    words = words_of(header, cells, [name for name in COLUMNS if name != "tilt_deg"], wrong)
    tilt: float | str | None = None
    if "tilt_deg" in header:
        tilt = value_of("tilt_deg", "deg", cells[header.index("tilt_deg")], wrong)
    return ImageRow(tilt_deg=tilt if isinstance(tilt, float) else None, **words), wrong
