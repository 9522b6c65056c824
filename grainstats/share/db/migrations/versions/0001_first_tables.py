"""The first tables, which every database has: a new one gets those of the newest version at once."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing is older."""
