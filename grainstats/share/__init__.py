"""Answers -> others: database, exports, optimizer features and suggestions."""

from typing import TYPE_CHECKING

from segment._lazy import lazily

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
_ELSEWHERE = {"db.database": "Database", "db.engine": "DatabaseError safe_url"}
__getattr__ = lazily(  # SQLAlchemy and pandas take a second
    __name__, {"db.records": " ".join(__all__), **_ELSEWHERE}
)
