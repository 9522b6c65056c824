"""Intercepts keep which of their ends lie at a pore or second phase, and how long their test line is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add two columns; NULL where an older analysis did not measure them."""
    op.add_column("intercept", sa.Column("phase_ends", sa.SmallInteger(), nullable=True))
    op.add_column("intercept", sa.Column("line_length_nm", sa.Double(), nullable=True))
