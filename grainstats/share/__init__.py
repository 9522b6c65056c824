"""Answers -> others: database, exports, optimizer features and suggestions."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grainstats.share.db.database import Database
    from grainstats.share.db.engine import DatabaseError, safe_url
    from grainstats.share.db.records import (
        AnalysisKey,
        AnalysisRecord,
        Measured,
        MicrographFacts,
        Quantity,
        SampleRow,
        SampleSheet,
        SuggestionRecord,
    )

__all__ = [
    "AnalysisKey",
    "AnalysisRecord",
    "Database",
    "DatabaseError",
    "Measured",
    "MicrographFacts",
    "Quantity",
    "SampleRow",
    "SampleSheet",
    "SuggestionRecord",
    "safe_url",
]
_ELSEWHERE = {"Database": "db.database", "DatabaseError": "db.engine", "safe_url": "db.engine"}


def __getattr__(name: str) -> Any:
    """The public names, loaded when first asked for: SQLAlchemy and pandas cost a start-up second."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'db.records')}"), name)
