"""Every table of a run as Parquet, all but the longest as CSV, on request all in one workbook.

Nothing depends on the order of the work.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from csv import writer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from grainstats.run.atomic import write_atomically
from grainstats.share.db.bulk import parquet_options
from grainstats.share.spreadsheet_text import without_formulas

if TYPE_CHECKING:
    from grainstats.run.scope import Rows

_INTERNAL = ["analysis_id", "created_at", "sample_result", "code_version", "is_current"]
_LONGEST = "intercepts"  #: its CSV would be a fifth of all that a run writes: `grainstats export` makes it
_SHORT = "grains"  #: seven digits in CSV halve it
_WHOLE_NUMBERS = ["phase_ends", *(f"bbox_{end}_px" for end in ("y0", "x0", "y1", "x1"))]
_MOST_ROWS = 1_048_575  #: rows of a sheet below its header (Excel's limit); more stay in the CSV


def write_tables(rows: Rows, folder: Path) -> list[Path]:
    """Write ``<table>.csv`` and ``<table>.parquet`` for the samples in scope; intercepts as Parquet alone.

    Rows are named by sample and by ``analysis``, the short digest of image, model and recipe. Grains and
    intercepts pass sample by sample: all rows never stand in memory together. CSV is for spreadsheets, so
    that no text in it is a formula, and grains have seven digits; Parquet holds all as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keys = rows.images.set_index("analysis_id")["analysis"]
    small = {
        "samples": _plain(rows.ours(rows.samples)),
        "verdicts": _plain(rows.verdicts),
        "images": _plain(rows.ours(rows.every_image)),
        "image_descriptors": _keyed(rows.per_image, keys),
        "sample_descriptors": _plain(rows.per_sample),
    }
    written = [file for name, table in small.items() for file in _write(folder / name, iter([table]))]
    for name, read in (("grains", rows.grains), ("intercepts", rows.intercepts)):
        parts = (_keyed(read(sample_id), keys) for sample_id in rows.sample_ids)
        written += _write(folder / name, _measured(parts))
    (folder / f"{_LONGEST}.csv").unlink(missing_ok=True)  # an earlier version's: it would be out of date
    return written


def _measured(parts: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Parts with rows, or one without; numbers of pixels and ends are whole also where some are missing."""
    any_rows, last = False, pd.DataFrame()
    for part in parts:
        last = part.astype({name: "Int64" for name in _WHOLE_NUMBERS if name in part})
        if len(last):
            any_rows = True
            yield last
    if not any_rows:
        yield last


def _write(stem: Path, parts: Iterator[pd.DataFrame]) -> list[Path]:
    """The parts below each other, as Parquet and, but for the longest table, as CSV."""
    csv, parquet, short = stem.with_suffix(".csv"), stem.with_suffix(".parquet"), stem.name == _SHORT
    if stem.name == _LONGEST:
        write_atomically(parquet, lambda p: _fill(parts, p))
        return [parquet]
    write_atomically(csv, lambda to_csv: write_atomically(parquet, lambda p: _fill(parts, p, to_csv, short)))
    return [csv, parquet]


def _fill(parts: Iterator[pd.DataFrame], parquet: Path, csv: Path | None = None, short: bool = False) -> None:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    exact: pq.ParquetWriter | None = None
    with ExitStack() as stack:
        for part in parts:
            table = pa.Table.from_pandas(part, exact and exact.schema, preserve_index=False)
            if exact is None:
                options = parquet_options(table.schema)
                sink = stack.enter_context(parquet.open("wb"))  # pyarrow takes no name that is not UTF-8
                exact = stack.enter_context(
                    pq.ParquetWriter(sink, table.schema, store_schema=False, **options)
                )
                if csv is not None:
                    real = {pa.float64(): pa.float32()} if short else {}
                    shown = pa.schema(
                        [field.with_type(real.get(field.type, field.type)) for field in table.schema]
                    )
                    file = stack.enter_context(csv.open("wb"))
                    header = io.StringIO()
                    writer(header, lineterminator="\n").writerow(part.columns)
                    file.write(header.getvalue().encode())
                    plain = pa.csv.WriteOptions(include_header=False)
                    text = stack.enter_context(pa.csv.CSVWriter(file, shown, write_options=plain))
            exact.write_table(table)
            if csv is not None:
                safe = without_formulas(part)
                told = table if safe is part else pa.Table.from_pandas(safe, table.schema)
                text.write_table(told.cast(shown))


def _keyed(table: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    """Rows of the run's analyses, each with its short digest, ordered by it."""
    chosen = table[table["analysis_id"].isin(keys.index)]
    chosen = chosen.assign(analysis=chosen["analysis_id"].map(keys))
    first = ["sample_id", "analysis"]
    chosen = chosen[first + [column for column in chosen if column not in first]]
    return _plain(chosen.sort_values(first, kind="stable", ignore_index=True))


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Without internal columns; lists and dicts as JSON text."""
    import json

    table = table.drop(columns=_INTERNAL, errors="ignore").reset_index(drop=True)

    def told(value: object) -> object:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict | tuple) else value

    for column in [name for name in table if table[name].dtype == object]:
        if pd.api.types.infer_dtype(table[column], skipna=True).startswith("mixed"):
            table[column] = table[column].map(told)
    return table


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
            if n_rows > _MOST_ROWS:
                cut.append(f"{path.name}: sheet {table.stem} ends after {_MOST_ROWS} rows; the CSV has all")
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
