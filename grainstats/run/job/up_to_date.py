"""Whether tables and report are already what they would be if they were written again."""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import pandas as pd

from grainstats._version import __version__
from grainstats.run.atomic import write_bytes
from grainstats.run.failures import Failure
from grainstats.run.scope import Rows
from grainstats.share.db.database import Database
from grainstats.share.db.records import digest_of, plain

_FILE = ".report/written.json"
_PAGES = Path(__file__).parents[1] / "report"  #: what writes tables and pages
_SOURCES = {".py", ".j2", ".css", ".js"}


class Written:
    """What an earlier run wrote into an output folder, from what, and how its files then looked."""

    def __init__(self, out: Path) -> None:
        self._out = out
        try:
            self._known: dict[str, dict] = dict(json.loads((out / _FILE).read_bytes()))
        except (OSError, ValueError, TypeError):
            self._known = {}

    def is_current(self, what: str, state: str) -> bool:
        """Whether `what` was made from this state and none of its files has been touched since."""
        known = self._known.get(what, {})
        try:
            return known["state"] == state and known["files"] == self._looks(map(Path, known["files"]))
        except (KeyError, TypeError, OSError):
            return False

    def remember(self, what: str, state: str, files: Iterable[Path], said: Sequence[str] = ()) -> None:
        """`files`, which lie below the folder, have been made from `state`, and `said` was to be told."""
        inside = [path.relative_to(self._out) for path in files]
        self._known[what] = {"state": state, "files": self._looks(inside), "said": list(said)}
        write_bytes(self._out / _FILE, json.dumps(self._known, sort_keys=True).encode())

    def said(self, what: str) -> list[str]:
        """What was to be told of `what`."""
        return list(self._known[what]["said"])

    def _looks(self, files: Iterable[Path]) -> dict[str, list[int]]:
        states = {path.as_posix(): (self._out / path).stat() for path in files}
        return {name: [state.st_size, state.st_mtime_ns] for name, state in states.items()}


def state_of_tables(rows: Rows) -> str:
    """Digest of what the tables are made of: the names of analyses and results, which never change."""
    images = rows.every_image.drop(columns=["analysis_id", "artefacts", "warnings", "created_at"])
    results = rows.db.sample_results()[["sample_id", "sample_result"]].drop_duplicates()
    return digest_of(
        __version__,
        _code([_PAGES / "tables.py"]),
        list(rows.sample_ids),
        rows.model.digest,
        rows.recipe.digest(),
        *map(_content, (images, results, rows.samples)),
    )


def state_of_report(db: Database, tables: str, failures: Sequence[Failure], warnings: Sequence[str]) -> str:
    """Digest of all that the report is made of, given that of the tables."""
    loops = _content(db.suggestions().drop(columns=["suggestion_id"]))
    code = _code(path for path in _PAGES.rglob("*") if path.suffix in _SOURCES)
    return digest_of(tables, code, db.name, [plain(f) for f in failures], list(warnings), loops)


def _code(files: Iterable[Path]) -> str:
    """Digest of source files: after an upgrade what they write is written again."""
    return sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


def _content(table: pd.DataFrame) -> str:
    """Names and values of a table as text; CSV takes longer."""
    return repr([list(table), table.to_numpy(object).tolist()])
