"""Where a database lives: SQLite path or PostgreSQL URL, and how to speak of it without credentials."""

from __future__ import annotations

import os
import re
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from segment.errors import InputError


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

    Raises
    ------
    DatabaseError
        Another kind of database, an in-memory one, a misspelt URL, or no URL at all. The message never
        repeats the URL.
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
