"""Where a database lives, spoken of without credentials, and connections that many processes can share.

WAL and immediate locks on SQLite, retries on both databases.
"""

import json
import os
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.pool import NullPool

from segment.errors import InputError, install_extra

T = TypeVar("T")

BUSY_SECONDS = 60.0  #: for the write lock of SQLite
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)  #: seconds; after deadlocks
RECONNECT_SECONDS = 120.0  #: a server restarts in some 10 s; its machine in 1 to 2 minutes
CONNECT_SECONDS = 10  #: for one try
_LONGEST_PAUSE = 5.0  #: seconds; while the server is away
_RETRY_STATES = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available


class DatabaseError(InputError):
    """A database that cannot be reached, read, or brought to this schema."""


_POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}
#: A URL that lost a character: taken for a path, messages and files would repeat its password.
_MISSPELT = re.compile(r"^\s*(?:postg\w*|pg\w*|\w*sql\w*)(?:\+\w*)?(?::|//)|:[^/\\]*@", re.IGNORECASE)
_REMEDY = "Give a path such as results.db, sqlite:///results.db, or postgresql://user@host/name"


def parse_url(url: str | Path) -> URL:
    """Turn a path or URL into a SQLAlchemy URL with the driver this package uses.

    ``results.db``, ``sqlite:///results.db``, ``postgresql://user:password@host:port/name``. PostgreSQL is
    always reached through psycopg 3; a password may stay out of the URL (``PGPASSWORD``, ``~/.pgpass``).

    `DatabaseError`, whose message never repeats the URL: another kind of database, an in-memory one, a
    misspelt URL, or no URL at all.
    """
    text = str(url)
    if "://" not in text:
        folder = os.path.dirname(text)
        if _MISSPELT.search(text) and not (folder and os.path.isdir(folder)):  # one may be called 9:30 @ 5kV
            raise DatabaseError("database URL", "it is neither a path nor a URL", _REMEDY)
        return _sqlite(text)
    try:
        parsed = make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise DatabaseError("database URL", "it cannot be read as a URL", _REMEDY) from None
    if parsed.drivername in _POSTGRESQL:
        if "@" in f"{parsed.host} {parsed.database}" or ":" in (parsed.database or ""):
            what = "its user or password holds one of @ : / ? # [ ]"
            raise DatabaseError("database URL", what, "Write these as %40 %3A %2F %3F %23 %5B %5D in the URL")
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        return _sqlite(parsed.database or "")
    raise DatabaseError("database URL", f"databases of kind {parsed.drivername!r} are not supported", _REMEDY)


def _sqlite(path: str) -> URL:
    if path in {"", ":memory:"} or path.startswith("file:"):
        raise DatabaseError(
            "database URL", "a database needs a file, for several processes write to it", _REMEDY
        )
    return URL.create("sqlite", database=str(Path(path).expanduser()))


def safe_url(url: str | Path | URL) -> str:
    """The URL without user, password and query: the only form that logs, reports and provenance may hold."""
    parsed = url if isinstance(url, URL) else parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return f"sqlite:///{parsed.database}"
    bare = URL.create(
        parsed.drivername.partition("+")[0], host=parsed.host, port=parsed.port, database=parsed.database
    )
    return bare.render_as_string()


def redact(message: str, url: URL) -> str:
    """Strike out user, password and query values of `url` wherever a driver's message repeats them."""
    secrets = [url.password, f'"{url.username}"' if url.username else None]
    for value in url.query.values():
        secrets += [value] if isinstance(value, str) else list(value)
    for secret in sorted({s for s in secrets if s}, key=len, reverse=True):
        message = message.replace(secret, "***")
    return message


def to_json(value: Any) -> str:
    """JSON with sorted keys and no NaN, the same text on both databases."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def make_engine(url: URL) -> Engine:
    """Engine for `url`; connects lazily.

    SQLite connections are not kept (opening one costs less than a millisecond, and none may cross a fork);
    PostgreSQL connections are kept per process, and a connection inherited through a fork is thrown away.
    """
    if url.get_backend_name() == "sqlite":
        reached: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}}
        if _lies_read_only(path := Path(url.database or "").absolute()):
            reached = {"creator": lambda: sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)}
        engine = sa.create_engine(url, poolclass=NullPool, json_serializer=to_json, **reached)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        wait = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS}
        engine = sa.create_engine(
            url, pool_size=2, pool_pre_ping=True, connect_args=wait, json_serializer=to_json
        )
    except ImportError:
        raise DatabaseError(
            safe_url(url),
            "the PostgreSQL driver is not installed",
            install_extra("postgres"),
        ) from None
    event.listen(engine, "connect", _remember_process)
    event.listen(engine, "checkout", _refuse_inherited)
    return engine


def _lies_read_only(path: Path) -> bool:
    """Whether a SQLite file lies where nothing can be written, and is whole by itself.

    Write-ahead logging makes files beside it even for reading; such a file is read as it is
    (https://www.sqlite.org/wal.html#readonly).
    """
    log = path.with_name(f"{path.name}-wal")
    return os.path.isfile(path) and not os.access(path.parent, os.W_OK) and not log.exists()


def _prepare_sqlite(connection: Any, record: Any) -> None:
    """Hand transactions to `_begin_sqlite`; wait for locks instead of failing."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = FULL")  # what is reported as stored survives a power cut
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: upgrading a read lock later is what SQLite answers with 'locked'."""
    write = connection.get_execution_options().get("grainstats_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _remember_process(connection: Any, record: Any) -> None:
    record.info["pid"] = os.getpid()


def _refuse_inherited(connection: Any, record: Any, proxy: Any) -> None:
    """SQLAlchemy's recipe for forks: https://docs.sqlalchemy.org/en/20/core/pooling.html."""
    if record.info["pid"] != os.getpid():
        record.dbapi_connection = proxy.dbapi_connection = None
        raise sa.exc.DisconnectionError("connection belongs to another process")


def transient(error: sa.exc.DBAPIError) -> bool:
    """Whether the same transaction may succeed when tried again."""
    if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _RETRY_STATES:
        return True
    text = str(error.orig)
    return "database is locked" in text or "database table is locked" in text


def in_transaction(engine: Engine, work: Callable[[Connection], T], *, write: bool = True) -> T:
    """Run `work(connection)` in one transaction, trying again after lock conflicts; all or nothing.

    Conflicts between writers end soon; a server that had answered before and went away may be starting again.

    `DatabaseError`: the server cannot be reached, the file cannot be read, or the lock was never free.
    """
    conflicts, lost_since, away = iter(_PAUSES), None, _PAUSES[1]
    while True:
        try:
            with engine.connect().execution_options(grainstats_write=write) as connection, connection.begin():
                engine.update_execution_options(grainstats_reached=True)
                return work(connection)
        except sa.exc.OperationalError as error:
            pause, now = None, time.monotonic()
            if _server_went_away(engine, error):
                lost_since = lost_since or now
                if now - lost_since <= RECONNECT_SECONDS:
                    pause = away = min(2 * away, _LONGEST_PAUSE)
            elif transient(error):
                pause = next(conflicts, None)
            if pause is None:
                raise unusable(engine.url, error) from None
            time.sleep(pause)
        except sa.exc.DatabaseError as error:
            if isinstance(error, sa.exc.IntegrityError | sa.exc.DataError):
                raise
            raise unusable(engine.url, error) from None


def _server_went_away(engine: Engine, error: sa.exc.OperationalError) -> bool:
    """Whether a server that this process has reached before shuts down, starts, or does not answer."""
    if engine.dialect.name == "sqlite" or not engine.get_execution_options().get("grainstats_reached"):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state.startswith(("57P", "08"))


def unusable(url: URL, error: sa.exc.DBAPIError) -> DatabaseError:
    """Say in words why the database did not answer, without its credentials."""
    text = str(error.orig).strip() or type(error.orig).__name__
    text = redact(text.splitlines()[0], url)
    other = "It was removed while in use, or is another program's: run again, or restore a copy"
    remedies = {
        **dict.fromkeys(("no such table", "no such column", "already exists", "duplicate column"), other),
        "not a database": "Give another path; the file is left as it is",
        "malformed": "Restore a copy of the database, or give --db a new name and run the images again",
        "unable to open": "Check that the folder exists and can be written",
        "readonly": "Check the permissions of the file and its folder",
        "disk I/O": "Look whether the disk is full or failing; what was stored before is kept",
        "full": "Make room on the disk; what was stored before is kept",
        "locked": "Close the program that holds the lock, or use PostgreSQL for many writers",
    }
    otherwise = "Check the address and that the server runs"
    remedy = next((r for key, r in remedies.items() if key in text), otherwise)
    return DatabaseError(safe_url(url), f"the database cannot be used ({text})", remedy)
