"""Tables as files: CSV that reads back to the same numbers, Parquet with units in its schema."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from grainstats.share.db.database import Database
from grainstats.share.exports.tables import ExportTable, export_tables
from grainstats.share.parquet import parquet_options
from grainstats.share.spreadsheet_text import FORMULA, spreadsheet_text, without_formulas

if TYPE_CHECKING:
    import pyarrow as pa


def export_csv(db: Database, out: Path) -> None:
    """One UTF-8 CSV per table; numbers in their shortest exact form, missing values empty.

    For spreadsheets: texts that these would take for formulas are written as text (`spreadsheet_text`).
    """
    for table in export_tables(db):
        write_csv(table, out / f"{table.name}.csv", spreadsheet=True)


_SHOWN = re.compile(rf"""(?:^|,)"?'[{re.escape(FORMULA)}]""", re.MULTILINE)


def n_texts_shown(files: Iterable[Path]) -> int:
    """Texts of exported CSV files that stand behind an apostrophe, lest a spreadsheet run them."""
    small = (path for path in files if path.suffix == ".csv" and path.stem not in ("grains", "intercepts"))
    return sum(len(_SHOWN.findall(path.read_text(encoding="utf-8"))) for path in small)


def write_csv(table: ExportTable, path: Path, *, spreadsheet: bool = False) -> Path:
    """Write one table, part by part; `spreadsheet`: no cell is a formula, else texts stay as they are."""
    with path.open("w", encoding="utf-8", newline="") as file:
        names = [spreadsheet_text(field.name) if spreadsheet else field.name for field in table.fields]
        pd.DataFrame(columns=names).to_csv(file, index=False, lineterminator="\n")
        for part in table.parts():
            part = without_formulas(part) if spreadsheet else part
            part.to_csv(file, header=False, index=False, lineterminator="\n")
    return path


def export_parquet(db: Database, out: Path) -> None:
    """One Parquet file per table; each field's metadata holds its unit and labels."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for table in export_tables(db):
        schema = _arrow_schema(table)
        path, options = out / f"{table.name}.parquet", parquet_options(schema)
        with path.open("wb") as file, pq.ParquetWriter(file, schema, **options) as writer:
            for part in table.parts():
                rows = pa.Table.from_pandas(part, schema=schema, preserve_index=False)
                writer.write_table(rows.cast(schema))


def _arrow_schema(table: ExportTable) -> pa.Schema:
    import pyarrow as pa

    kinds = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
    return pa.schema(
        [
            pa.field(f.name, kinds[f.kind], metadata={"unit": f.unit, "label_en": f.en, "label_ja": f.ja})
            for f in table.fields
        ]
    )
