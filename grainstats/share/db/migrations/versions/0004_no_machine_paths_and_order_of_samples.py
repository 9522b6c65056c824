"""Names of files lose the folders of the machine they came from; samples keep their order and their date."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_PLACE = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:[\\/]|[\\/]{1,2})(?:[^\s\\/\"'(),;]+[\\/])+[^\s\\/\"'(),;]+")
_MODEL = re.compile(r'^model = "(.*)"$', re.MULTILINE)


def upgrade() -> None:
    """Add two columns; keep folder and name of every absolute path, in whatever field it stands."""
    op.add_column("sample", sa.Column("made_on", sa.String(), nullable=True))
    op.add_column("sample", sa.Column("position", sa.Integer(), nullable=True))
    connection = op.get_bind()
    _rename(connection, "micrograph", "digest", "path", short_path)
    _rename(connection, "recipe", "digest", "text", _short_model)
    _rename(connection, "analysis", "id", "warnings", _short_list, kind=sa.JSON())
    _shorten_failures(connection)


def _rename(
    connection: sa.Connection,
    name: str,
    key: str,
    column: str,
    change: Callable[[Any], Any],
    kind: sa.types.TypeEngine | None = None,
) -> None:
    table = sa.table(name, sa.column(key), sa.column(column, kind or sa.String()))
    for identity, value in connection.execute(sa.select(table.c[key], table.c[column])).all():
        if (new := change(value)) != value:
            connection.execute(sa.update(table).where(table.c[key] == identity).values({column: new}))


def _shorten_failures(connection: sa.Connection) -> None:
    """Two failures that become one are kept once, the later of them."""
    names = ("path", "digest", "reason", "remedy", "created_at")
    table = sa.table("failure", *(sa.column(name) for name in names))
    kept = {}
    for row in connection.execute(sa.select(*table.c).order_by(table.c.created_at)).mappings():
        new = {**row, "path": short_path(row["path"])}
        new |= {name: _short_text(row[name]) for name in ("reason", "remedy")}
        kept[new["path"], new["digest"]] = new
    connection.execute(sa.delete(table))
    if kept:
        connection.execute(sa.insert(table), list(kept.values()))


def short_path(path: str) -> str:
    """Folder and name of an absolute path, of whatever system; other paths as they are."""
    if not re.match(r"[A-Za-z]:[\\/]|[\\/]", path):
        return path
    return "/".join(re.split(r"[\\/]+", re.sub(r"^[A-Za-z]:", "", path).strip("\\/"))[-2:])


def _short_text(text: str) -> str:
    return _PLACE.sub(lambda found: short_path(found[0]), text)


def _short_model(text: str) -> str:
    return _MODEL.sub(lambda found: 'model = "' + re.split(r"[/\\]+", found[1])[-1] + '"', text)


def _short_list(values: list | None) -> list | None:
    return [_short_text(str(value)) for value in values] if values else values
