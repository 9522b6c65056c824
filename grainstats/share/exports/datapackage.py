"""Frictionless Data Package: the CSV tables with a descriptor that states type, unit and key of every field.

Descriptor after https://specs.frictionlessdata.io/data-package/ and /table-schema/; ``unit`` and ``title_ja``
are additional properties, which the specification allows.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from grainstats._version import __version__
from grainstats.share.catalogue import Field
from grainstats.share.db.database import Database
from grainstats.share.exports.tables import ExportTable, export_tables, write_csv


def export_datapackage(db: Database, out: Path) -> None:
    """Write ``datapackage.json`` and ``data/<table>.csv``."""
    folder = out / "data"
    folder.mkdir(exist_ok=True)
    resources = [
        _resource(table, write_csv(table, folder / f"{table.name}.csv")) for table in export_tables(db)
    ]
    descriptor = {
        "profile": "tabular-data-package",
        "name": "grainstats",
        "title": "Grain-boundary spacings, verdicts, process parameters and properties",
        "version": __version__,
        "resources": resources,
    }
    text = json.dumps(descriptor, indent=1, ensure_ascii=False) + "\n"
    (out / "datapackage.json").write_text(text, encoding="utf-8")


def _resource(table: ExportTable, path: Path) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": [_field(f) for f in table.fields], "missingValues": [""]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    if table.references:
        schema["foreignKeys"] = [
            {"fields": [column], "reference": {"resource": other, "fields": [column]}}
            for column, other in table.references.items()
        ]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "name": table.name,
        "title": table.title,
        "path": f"data/{path.name}",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "header": True},
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
        "schema": schema,
    }


def _field(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": field.name,
        "type": field.kind,
        "title": field.en,
        "title_ja": field.ja,
    }
    if field.unit:
        described["unit"] = field.unit
    if field.kind == "boolean":
        described |= {"trueValues": ["True"], "falseValues": ["False"]}
    return described
