"""How tables are written as Parquet: small, and to the last digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """Options of `pyarrow.parquet.ParquetWriter` for tables of these columns.

    Measured reals hardly repeat: their bytes are sorted by place, which takes two thirds of what a
    dictionary of them does. The rest repeats.
    """
    import pyarrow as pa

    reals = {field.name for field in schema if pa.types.is_floating(field.type)}
    return {
        "compression": "zstd",
        "write_statistics": False,
        "use_dictionary": [name for name in schema.names if name not in reals],
        "column_encoding": dict.fromkeys(sorted(reals), "BYTE_STREAM_SPLIT"),
    }
