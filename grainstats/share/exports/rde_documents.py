"""The JSON documents of an RDE data set (NIMS, ARIM): invoice, its schema, metadata and their definition.

Checked against rdetoolkit 1.7: `invoice.schema.json` is JSON Schema draft 2020-12 in which each custom field
has a label in Japanese and English; `metadata.json` holds ``constant`` and ``variable`` values with units;
`metadata-def.json` names them. Ids that only RDE can give (data set, owner) are placeholders.
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from grainstats.share.catalogue import Field, field_of

OWNER = "0" * 56  #: placeholder for the 56-character id of an RDE user
_DATASET = "assigned-by-rde"
_MAX_BYTES = 1000  # rdetoolkit refuses text values above 1024 bytes


def key_of(column: str) -> str:
    """``"param:temp_degC"`` -> ``"param_temp_degC"``: letters, digits and ``_`` only."""
    return re.sub(r"\W+", "_", column.replace("%", "pct"), flags=re.ASCII).strip("_")


def invoice(data_name: str, sample_id: str, date: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """`invoice.json` of one tile; `row` is the sample's row of the samples table."""
    return {
        "datasetId": _DATASET,
        "basic": {
            "dateSubmitted": date,
            "dataOwnerId": OWNER,
            "dataName": data_name,
            "instrumentId": None,
            "experimentId": None,
            "description": None,
        },
        "custom": {key_of(c): _plain(v) for c, v in row.items() if c != "sample_id" and _known(v)},
        "sample": {
            "sampleId": "",
            "names": [sample_id],
            "composition": None,
            "referenceUrl": None,
            "description": None,
            "generalAttributes": [],
            "specificAttributes": [],
            "ownerId": OWNER,
        },
    }


def invoice_schema(fields: Iterable[Field]) -> dict[str, Any]:
    """`invoice.schema.json` with the design, parameters and properties as custom fields."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://rde.nims.go.jp/rde/dataset-templates/grainstats/invoice.schema.json",
        "description": "grainstats: grain-boundary spacings of one sample, an image per tile",
        "type": "object",
        "required": ["custom", "sample"],
        "properties": {
            "custom": {
                "type": "object",
                "label": {"ja": "固有情報", "en": "Custom Information"},
                "required": [],
                "properties": {key_of(f.name): _schema_of(f) for f in fields if f.name != "sample_id"},
            },
            "sample": {
                "type": "object",
                "label": {"ja": "試料情報", "en": "Sample Information"},
                "properties": {},
            },
        },
    }


def _schema_of(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"label": {"ja": field.ja, "en": field.en}, "type": field.kind}
    if field.unit:
        schema["options"] = {"unit": field.unit}
    return schema


def metadata(constant: Mapping[str, Any], variable: Mapping[str, Any]) -> dict[str, Any]:
    """`metadata.json` of one tile: facts of sample and analysis, and the image's descriptors."""
    return {"constant": _values(constant), "variable": [_values(variable)]}


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for column, value in values.items():
        if not _known(value):
            continue
        field = field_of(column)
        entry = {"value": int(value) if field.kind == "integer" else _plain(value)}
        out[key_of(column)] = entry if field.unit in ("", "1") else {**entry, "unit": field.unit}
    return out


def metadata_definition(constant: Iterable[str], variable: Iterable[str]) -> dict[str, Any]:
    """`metadata-def.json`: names in both languages, type and unit of everything in `metadata.json`."""
    definition: dict[str, Any] = {}
    for columns, varies in ((constant, False), (variable, True)):
        for column in columns:
            field = field_of(column)
            entry: dict[str, Any] = {"name": {"ja": field.ja, "en": field.en}, "schema": {"type": field.kind}}
            if field.unit not in ("", "1"):
                entry["unit"] = field.unit
            entry |= {"order": len(definition) + 1, "originalName": column}
            definition[key_of(column)] = {**entry, "variable": 1} if varies else entry
    return definition


def _known(value: Any) -> bool:
    return not pd.isna(value) and value != ""


def _plain(value: Any) -> Any:
    """JSON's types; long texts are cut where RDE cuts them off."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value.encode()[:_MAX_BYTES].decode(errors="ignore")
    return value
