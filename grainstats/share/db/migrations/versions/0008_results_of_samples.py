"""What the analyses of a sample came to is its result: tables, columns and the view say so."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.engine import Connection

revision = "0008"
down_revision = "0007"

_TABLES = ("pool", "pool_member", "current_pool", "descriptor", "verdict")  #: no table before its owner


def upgrade() -> None:
    """Rename; SQLite renames no constraint, so that there these tables, all small, are written anew."""
    connection = op.get_bind()
    (_rename if connection.dialect.name == "postgresql" else _write_anew)(connection)


def _new(text: str) -> str:
    return text.replace("pool_member", "sample_result_analysis").replace("pool", "sample_result")


def _rename(connection: Connection) -> None:
    """In place: rights that were given on tables and view stay."""
    inspector = sa.inspect(connection)
    for table in _TABLES:
        constraints = sa.text("SELECT conname FROM pg_constraint WHERE conrelid = CAST(:t AS regclass)")
        for name in connection.execute(constraints, {"t": table}).scalars().all():
            if name != _new(name):
                op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {name} TO {_new(name)}")
        for index in inspector.get_indexes(table):
            if "duplicates_constraint" not in index:
                op.execute(f"ALTER INDEX {index['name']} RENAME TO {_new(str(index['name']))}")
        if table != "pool":
            op.alter_column(table, "pool_id", new_column_name="sample_result_id")
        if table != _new(table):
            op.rename_table(table, _new(table))
    op.execute("ALTER SEQUENCE pool_id_seq RENAME TO sample_result_id_seq")
    op.alter_column("optimizer_table", "pool", new_column_name="sample_result")


def _write_anew(connection: Connection) -> None:
    made = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :t AND sql IS NOT NULL ORDER BY type DESC")
    statements = {table: connection.execute(made, {"t": table}).scalars().all() for table in _TABLES}
    view = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = 'optimizer_table'"))
    op.execute("DROP VIEW optimizer_table")
    for table in _TABLES:
        op.rename_table(table, f"old_{table}")
    for table, (create, *_) in statements.items():
        op.execute(_new(create))
        op.execute(f"INSERT INTO {_new(table)} SELECT * FROM old_{table}")
    for table in reversed(_TABLES):
        op.drop_table(f"old_{table}")
        for index in statements[table][1:]:
            op.execute(_new(index))
    op.execute(_new(str(view)))
