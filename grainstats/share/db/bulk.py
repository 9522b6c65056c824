"""The tables of an image: grains as rows, intercepts as Parquet."""

import io
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from grainstats.share.db import schema
from segment.errors import UncalibratedError

#: Of `grainstats.measure.intercept_table`, as `Database.intercepts` gives them.
INTERCEPT_COLUMNS = tuple(
    "line angle_deg y0_px x0_px length_nm label phase_ends line_length_nm censored".split()
)


def insert_grains(connection: Connection, analysis_id: int, grains: pd.DataFrame, source: str) -> None:
    """Store a grain table.

    `UncalibratedError`: the table is in pixels: such grains never enter a sample's statistics.
    """
    _require(grains, ("label", "area_nm2", "equivalent_diameter_nm", "touches_frame"), source)
    columns = {c.name: _plain(grains[c.name]) for c in schema.grain.columns if c.name in grains}
    columns["analysis_id"] = [analysis_id] * len(grains)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    connection.execute(sa.insert(schema.grain), rows)


def insert_intercepts(
    connection: Connection, analysis_id: int, intercepts: pd.DataFrame, source: str
) -> None:
    """Store an intercept table. Raises as `insert_grains`."""
    _require(intercepts, ("line", "angle_deg", "length_nm", "label", "censored"), source)
    content = intercepts_to_bytes(intercepts.reindex(columns=INTERCEPT_COLUMNS))
    connection.execute(
        sa.insert(schema.analysis_intercepts), {"analysis_id": analysis_id, "content": content}
    )


def intercepts_to_bytes(intercepts: pd.DataFrame) -> bytes:
    """A table with `INTERCEPT_COLUMNS` as a Parquet file."""
    import pyarrow.parquet as pq

    table, stream = pa.Table.from_pandas(intercepts, preserve_index=False), io.BytesIO()
    pq.write_table(table, stream, **parquet_options(table.schema))
    return stream.getvalue()


def intercepts_from_bytes(contents: Iterable[bytes]) -> tuple[pd.DataFrame, list[int]]:
    """What `intercepts_to_bytes` was given, one below the other, and the rows of each.

    Positions may be float32.
    """
    import pyarrow.parquet as pq

    parts = [pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False) for content in contents]
    return pa.concat_tables(parts, promote_options="permissive").to_pandas(), [len(part) for part in parts]


def _require(table: pd.DataFrame, columns: tuple[str, ...], source: str) -> None:
    missing = [c for c in columns if c not in table]
    if not missing:
        return
    if any(c.endswith(("_nm", "_nm2")) for c in missing):
        raise UncalibratedError(
            source,
            f"the table has no {', '.join(missing)}",
            "Only calibrated tables (nanometres) are stored; give a pixel size",
        )
    raise ValueError(f"{source}: the table has no column {', '.join(missing)}")


def _plain(column: pd.Series) -> list[float | None]:
    """Python's own numbers; None for what is missing or endless."""
    finite = np.isfinite(column.to_numpy(float, na_value=np.nan))
    return [value if good else None for value, good in zip(column.tolist(), finite.tolist(), strict=True)]


def parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """Options of `pyarrow.parquet.ParquetWriter` for tables of these columns.

    Measured reals hardly repeat: their bytes are sorted by place, which takes two thirds of what a
    dictionary of them does. The rest repeats.
    """
    reals = {field.name for field in schema if pa.types.is_floating(field.type)}
    return {
        "compression": "zstd",
        "write_statistics": False,
        "use_dictionary": [name for name in schema.names if name not in reals],
        "column_encoding": dict.fromkeys(sorted(reals), "BYTE_STREAM_SPLIT"),
    }
