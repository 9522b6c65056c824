"""Thousands of rows at once: grains through the fastest door of each database, intercepts as Parquet."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from grainstats.share.db import schema
from grainstats.share.parquet import parquet_options
from segment.errors import UncalibratedError

#: Of `grainstats.measure.intercept_table`, as `Database.intercepts` gives them.
INTERCEPT_COLUMNS = tuple(
    "line angle_deg y0_px x0_px length_nm label phase_ends line_length_nm censored".split()
)


def insert_grains(connection: Connection, analysis_id: int, grains: pd.DataFrame, source: str) -> int:
    """Store a grain table; returns the number of rows.

    `UncalibratedError`: the table is in pixels: such grains never enter a sample's statistics.
    """
    _require(grains, ("label", "area_nm2", "equivalent_diameter_nm", "touches_frame"), source)
    return _insert(connection, schema.grain, grains.assign(analysis_id=analysis_id))


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
    import pyarrow as pa
    import pyarrow.parquet as pq

    table, stream = pa.Table.from_pandas(intercepts, preserve_index=False), io.BytesIO()
    pq.write_table(table, stream, **parquet_options(table.schema))
    return stream.getvalue()


def intercepts_from_bytes(content: bytes) -> pd.DataFrame:
    """What `intercepts_to_bytes` was given; positions may be float32."""
    import pyarrow.parquet as pq

    return pq.ParquetFile(io.BytesIO(content)).read().to_pandas()


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


def _insert(connection: Connection, table: sa.FromClause, frame: pd.DataFrame) -> int:
    assert isinstance(table, sa.Table)
    names = [column.name for column in table.columns if column.name in frame]
    rows = _rows(table, frame, names)
    if connection.dialect.name == "postgresql":
        _copy(connection, table.name, names, rows)
    else:
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"
        cursor: Any = connection.connection.cursor()
        cursor.executemany(statement, rows)
    return len(frame)


def _copy(connection: Connection, table: str, names: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _rows(table: sa.Table, frame: pd.DataFrame, names: list[str]) -> Iterator[tuple[Any, ...]]:
    """Rows of plain Python numbers; NaN becomes NULL."""
    return zip(*(_plain(frame[name], table.c[name].type) for name in names), strict=True)


def _plain(column: pd.Series, kind: sa.types.TypeEngine) -> list[Any]:
    if isinstance(kind, sa.Boolean):
        return column.astype(bool).tolist()
    values = column.astype(float).to_numpy()
    finite = np.isfinite(values)
    whole = np.where(finite, values, 0).astype(np.int64 if isinstance(kind, sa.Integer) else float)
    plain = whole.astype(object)
    plain[~finite] = None
    return plain.tolist()
