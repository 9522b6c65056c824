"""Every table of a run as CSV and as Parquet, with nothing in it that depends on the order of the work."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from grainstats.run.atomic import write_atomically
from grainstats.share.db.database import Database
from grainstats.share.exports.spreadsheet_text import without_formulas

if TYPE_CHECKING:
    from grainstats.run.scope import Scope

_INTERNAL = ["analysis_id", "created_at", "pool", "code_version", "is_current"]


def write_tables(db: Database, folder: Path, scope: Scope) -> list[Path]:
    """Write ``<table>.csv`` and ``<table>.parquet`` for the samples in scope.

    Rows are named by sample and by ``analysis``, the short digest of image, model and recipe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in _tables(db, scope):
        for suffix in (".csv", ".parquet"):
            path = folder / f"{name}{suffix}"
            write_atomically(path, partial(_WRITERS[suffix], table))
            written.append(path)
    return written


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    """For spreadsheets: no text is taken for a formula; Parquet holds every text as it is."""
    without_formulas(table).to_csv(path, index=False)


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    table.to_parquet(path, index=False)


_WRITERS = {".csv": _write_csv, ".parquet": _write_parquet}


def _tables(db: Database, scope: Scope) -> Iterator[tuple[str, pd.DataFrame]]:
    images = scope.analyses(db)
    images = images[images["sample_id"].isin(scope.sample_ids)]
    keys = images.set_index("analysis_id")["analysis"]
    for name, table in (("samples", db.samples()), ("verdicts", db.verdicts())):
        yield name, _plain(table[table["sample_id"].isin(scope.sample_ids)])
    yield "images", _plain(images)
    yield "image_descriptors", _keyed(db.descriptors("image"), keys)
    pooled = db.descriptors("sample")
    yield "sample_descriptors", _plain(pooled[pooled["sample_id"].isin(scope.sample_ids)])
    for name in ("grains", "intercepts"):
        yield name, _measured(db, name, scope, keys)


def _measured(db: Database, name: str, scope: Scope, keys: pd.Series) -> pd.DataFrame:
    parts = [_keyed(getattr(db, name)(sample_id), keys) for sample_id in scope.sample_ids]
    full = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(full, ignore_index=True)


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
    for column in table:
        if table[column].map(lambda value: isinstance(value, list | dict | tuple)).any():
            table[column] = table[column].map(lambda value: json.dumps(value, ensure_ascii=False))
    return table
