"""Tables as files: CSV that reads back to the same numbers, Parquet with units in its schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grainstats.share.db.database import Database
from grainstats.share.exports.tables import ExportTable, export_tables

if TYPE_CHECKING:
    import pyarrow as pa


def export_csv(db: Database, out: Path) -> list[Path]:
    """One UTF-8 CSV per table; numbers in their shortest exact form, missing values empty."""
    return [write_csv(table, out / f"{table.name}.csv") for table in export_tables(db)]


def write_csv(table: ExportTable, path: Path) -> Path:
    """Write one table, part by part."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(_quoted(field.name) for field in table.fields) + "\n")
        for part in table.parts():
            part.to_csv(file, header=False, index=False, lineterminator="\n")
    return path


def _quoted(name: str) -> str:
    return f'"{name}"' if "," in name else name


def export_parquet(db: Database, out: Path) -> list[Path]:
    """One Parquet file per table; each field's metadata holds its unit and labels."""
    return [_write_parquet(table, out / f"{table.name}.parquet") for table in export_tables(db)]


def _write_parquet(table: ExportTable, path: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _arrow_schema(table)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in table.parts():
            writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False).cast(schema))
    return path


def _arrow_schema(table: ExportTable) -> pa.Schema:
    import pyarrow as pa

    kinds = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
    return pa.schema(
        [
            pa.field(f.name, kinds[f.kind], metadata={"unit": f.unit, "label_en": f.en, "label_ja": f.ja})
            for f in table.fields
        ]
    )
