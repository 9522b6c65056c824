"""A verdict as it was stored: JSON had turned its tuples into lists, pandas its None into NaN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from grainstats.infer import ModalityVerdict


def stored_verdict(row: Mapping[Any, Any]) -> ModalityVerdict:
    """The verdict of a row of `Database.verdicts`, equal to the one that was stored."""
    values = {each.name: _restored(row[each.name]) for each in fields(ModalityVerdict) if each.name in row}
    if values["more_grains"] is not None:
        values["more_grains"] = int(values["more_grains"])
    return ModalityVerdict(**values)


def _restored(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_restored(item) for item in value)
    return None if isinstance(value, float) and value != value else value
