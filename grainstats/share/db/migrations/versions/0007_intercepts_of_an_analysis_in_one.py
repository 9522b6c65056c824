"""The intercepts of an analysis are one Parquet file instead of thousands of rows."""

import pandas as pd
import sqlalchemy as sa
from alembic import op

from grainstats.share.db.bulk import INTERCEPT_COLUMNS, intercepts_to_bytes

revision = "0007"
down_revision = "0006"

_CUT_WORDS = ("none", "one", "both")


def upgrade() -> None:
    """Pack the rows, an analysis at a time."""
    packed = op.create_table(
        "analysis_intercepts",
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analysis.id"], name=op.f("fk_analysis_intercepts_analysis_id_analysis")
        ),
        sa.PrimaryKeyConstraint("analysis_id", name=op.f("pk_analysis_intercepts")),
    )
    names = (*INTERCEPT_COLUMNS[:-1], "analysis_id", "number", "cut_ends")
    old, connection = sa.table("intercept", *(sa.column(name) for name in names)), op.get_bind()
    for number in connection.execute(sa.select(old.c.analysis_id).distinct()).scalars().all():
        rows = connection.execute(
            sa.select(old).where(old.c.analysis_id == number).order_by(old.c.number)
        ).mappings()
        table = pd.DataFrame(map(dict, rows))
        table["censored"] = table["cut_ends"].map(dict(enumerate(_CUT_WORDS)))
        reals = [name for name in table if name.endswith(("_nm", "_px", "_deg"))]
        content = intercepts_to_bytes(table.astype(dict.fromkeys(reals, float))[list(INTERCEPT_COLUMNS)])
        connection.execute(sa.insert(packed), {"analysis_id": number, "content": content})
    op.drop_table("intercept")
