"""Answers -> others: database, exports, optimizer features and suggestions."""

from grainstats.share.db.database import Database
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
from grainstats.share.db.urls import DatabaseError, safe_url

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
