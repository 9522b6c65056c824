"""Fields of several pictures, and images that do not count, with the reason."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add two columns; NULL for single pictures and for images that count."""
    op.add_column("micrograph", sa.Column("pictures", sa.JSON(), nullable=True))
    op.add_column("micrograph", sa.Column("excluded", sa.String(), nullable=True))
