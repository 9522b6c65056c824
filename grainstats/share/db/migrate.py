"""The schema's version: older databases are brought to it, newer and foreign ones are refused."""

import os
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from grainstats.share.db.engine import DatabaseError, in_transaction, safe_url
from grainstats.share.db.schema import METADATA, VIEW

#: Schema versions this program knows, from that of release 0.1.0 on; the last one is what it writes.
VERSIONS = ("0004", "0005", "0006", "0007", "0008")
_PAGE_BYTES = 1024  #: of SQLite, for 40 tables and indices: an empty database of 40 kB instead of 160
_LOCK = 7_214_901_733  # advisory lock on PostgreSQL: one process migrates, the others wait


def to_newest_schema(engine: Engine, *, create: bool) -> None:
    """Bring the database to the newest schema, or refuse it.

    `DatabaseError`: the database is missing (and `create` is False), is another program's, or is newer than
    this one.
    """
    sqlite = engine.dialect.name == "sqlite"
    if sqlite and not create and not os.path.isfile(engine.url.database or ""):
        raise DatabaseError(
            safe_url(engine.url), "no such database", "Check the path, or make it with grainstats run"
        )
    if in_transaction(engine, version_of, write=False) == VERSIONS[-1]:
        return
    if sqlite:
        _write_ahead(engine)
    in_transaction(engine, lambda connection: _migrate(connection, create=create))


def version_of(connection: Connection) -> str | None:
    """Schema version of the database behind `connection`; None where it has no tables of ours."""
    tables = set(sa.inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if tables:
            raise DatabaseError(
                safe_url(connection.engine.url),
                f"this is a database of another program (its tables: {', '.join(sorted(tables)[:5])})",
                "Give the path of a grainstats database, or a new path",
            )
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _write_ahead(engine: Engine) -> None:
    """Switch a SQLite file to write-ahead logging (kept in the file): readers and one writer at a time."""

    def switch(connection: Connection) -> None:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"PRAGMA page_size = {_PAGE_BYTES}")  # heeded where the file is empty
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN")

    in_transaction(engine, switch, write=False)


def _migrate(connection: Connection, *, create: bool) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    version = version_of(connection)
    if version == VERSIONS[-1]:
        return
    source = safe_url(connection.engine.url)
    if version is None:
        if not create:
            raise DatabaseError(source, "the database is empty", "Fill it with grainstats run")
        return _make(connection)
    if version < VERSIONS[0]:
        what = f"its schema version {version} is older than release 0.1.0"
        raise DatabaseError(source, what, "Run the images again into a new database")
    if version not in VERSIONS:
        raise DatabaseError(
            source,
            f"its schema version {version} is newer than this program knows (up to {VERSIONS[-1]})",
            "Update grainstats (pip install --upgrade grainstats); the database is left as it is",
        )
    upgrade(connection, VERSIONS[-1])


def _make(connection: Connection) -> None:
    """All tables at once: a new database needs no Alembic, which takes .1 s to import."""
    METADATA.create_all(connection, checkfirst=False)
    connection.execute(sa.text(VIEW))
    version = sa.Table(
        "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
    )
    version.create(connection)
    connection.execute(sa.insert(version), {"version_num": VERSIONS[-1]})


def upgrade(connection: Connection, to: str) -> None:
    """Run the migrations up to version `to` on an open transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
