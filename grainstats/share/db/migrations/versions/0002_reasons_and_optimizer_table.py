"""Suggestions say their objective and why; the view `optimizer_table` for people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from grainstats.share.db.optimizer_view import VIEW

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add two columns and the read-only view."""
    op.add_column("suggestion", sa.Column("objective", sa.String(), nullable=True))
    op.add_column("suggestion", sa.Column("reason", sa.String(), nullable=True))
    op.execute(VIEW)
