"""All tables of a run in one workbook, one sheet a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from grainstats.run.atomic import write_atomically
from grainstats.share.spreadsheet_text import without_formulas

MOST_ROWS = 1_048_575  #: rows of a sheet below its header (Excel's limit); more stay in the CSV


def write_workbook(tables: Sequence[Path], path: Path) -> list[str]:
    """Write the Parquet tables of a run as the sheets of one workbook; returns in words what did not fit.

    Text that a spreadsheet would take for a formula is written as text.
    """
    from openpyxl import Workbook

    book, cut = Workbook(write_only=True), []
    for table in tables:
        sheet = book.create_sheet(table.stem[:31])
        n_rows = 0
        for row in _rows(table):
            if n_rows > MOST_ROWS:
                cut.append(f"{path.name}: sheet {table.stem} ends after {MOST_ROWS} rows; the CSV has all")
                break
            sheet.append(row)
            n_rows += 1
    write_atomically(path, book.save)
    return cut


def _rows(table: Path) -> Iterator[list[Any]]:
    """Header and rows of a Parquet file, a batch of rows in memory at a time; None for what is missing."""
    import pyarrow.parquet as pq

    with table.open("rb") as content, pq.ParquetFile(content) as file:
        yield list(file.schema_arrow.names)
        for batch in file.iter_batches(50_000):
            part = without_formulas(batch.to_pandas()).astype(object)
            yield from part.where(part.notna(), None).to_numpy().tolist()
