"""What the stability check needs is kept with the analysis; pools name the rules that judged."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """One table, one column."""
    op.create_table(
        "analysis_segmentation",
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analysis.id"], name=op.f("fk_analysis_segmentation_analysis_id_analysis")
        ),
        sa.PrimaryKeyConstraint("analysis_id", name=op.f("pk_analysis_segmentation")),
    )
    op.add_column("pool", sa.Column("judging_digest", sa.String(80), nullable=True))
