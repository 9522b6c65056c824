"""The shared database: open it by path or URL, write records, read DataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from grainstats._version import __version__
from grainstats.share.db import schema, writing
from grainstats.share.db.designs import drop_renamed, emptied_in_words, put_samples
from grainstats.share.db.engine import in_transaction, make_engine, parse_url, safe_url
from grainstats.share.db.migrate import to_newest_schema
from grainstats.share.db.reading import Readers
from grainstats.share.db.records import AnalysisKey, AnalysisRecord, SampleSheet, SuggestionRecord

if TYPE_CHECKING:
    from grainstats.infer.modality.verdict import ModalityVerdict
    from grainstats.measure.descriptors.descriptor import Descriptor


class Database(Readers):
    """Samples, micrographs, analyses and verdicts in SQLite or PostgreSQL, shared by many processes.

    Every writing method is one transaction: all of it is stored or nothing; doing it twice changes nothing.
    Open one `Database` per process.

    Examples
    --------
    >>> with Database.open("results.db") as db:          # doctest: +SKIP
    ...     db.add_analysis(record)
    ...     db.grains("S1")
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str | Path, *, create: bool = True) -> Database:
        """Open a database, bringing an older one to this version's tables.

        Parameters
        ----------
        url : str or Path
            A SQLite path, ``sqlite:///path`` or ``postgresql://user:password@host:port/name``.
        create : bool
            Whether a missing or empty database is made.

        Raises
        ------
        DatabaseError
            (an `InputError`) Missing, unreachable, no database, another program's, or newer than this one.
        """
        engine = make_engine(parse_url(url))
        try:
            to_newest_schema(engine, create=create)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    @property
    def safe_url(self) -> str:
        """The URL without user and password, for logs, reports and provenance."""
        return safe_url(self._engine.url)

    @property
    def name(self) -> str:
        """What reports call the database: the file's name, or the server's address without credentials."""
        url = self._engine.url
        return Path(url.database or "").name if url.get_backend_name() == "sqlite" else safe_url(url)

    @property
    def folder(self) -> Path | None:
        """Folder of a SQLite file, where a run leaves its pictures; None for a server."""
        url = self._engine.url
        return Path(url.database or "").parent if url.get_backend_name() == "sqlite" else None

    def __repr__(self) -> str:
        return f"Database({self.safe_url!r})"

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add_analysis(self, record: AnalysisRecord) -> bool:
        """Store an analysis with its grains, intercepts and descriptors; False where it was there already.

        It becomes the micrograph's current analysis; older ones stay and are superseded. Failures recorded
        for the same image or path are dropped.

        Raises
        ------
        UncalibratedError
            The tables are in pixels.
        """
        return in_transaction(self._engine, lambda c: writing.add_analysis(c, record))

    def use_analysis(self, key: AnalysisKey, sample_id: str | None = None, path: str | None = None) -> bool:
        """Let a stored analysis count again; False where there is none.

        A run that finds its work done calls this. With `sample_id`, its micrograph belongs to that sample
        from now on; with `path`, it is called so.
        """
        return in_transaction(self._engine, lambda c: writing.use_analysis(c, key, sample_id, path))

    def add_failure(self, path: str | Path, digest: str | None, reason: str, remedy: str) -> None:
        """Record that an input could not be analysed; the latest reason per path and digest is kept."""
        values = {"path": str(path), "digest": digest or "", "reason": reason, "remedy": remedy}
        values["created_at"] = writing.now()
        in_transaction(self._engine, lambda c: writing.put(c, schema.failure, ["path", "digest"], **values))

    def forget_failures(self, paths: Sequence[str]) -> None:
        """Drop the failures recorded for these inputs; without any, nothing is written."""
        if paths:
            untrue = sa.delete(schema.failure).where(schema.failure.c.path.in_(paths))
            in_transaction(self._engine, lambda c: c.execute(untrue))

    def put_samples(self, sheet: SampleSheet) -> int:
        """Store a sample sheet (`grainstats.share.sheets.samples.read_samples`); returns how many samples
        are new.

        Known samples are corrected; an empty cell takes its value out. Quantities are converted to the unit
        the database first saw them in.

        Raises
        ------
        SheetError
            Some units cannot be converted; nothing is stored.
        """
        return in_transaction(self._engine, lambda c: put_samples(c, sheet))

    def emptied_by(self, sheet: SampleSheet) -> list[str]:
        """Which measured values `put_samples` would take out, for the sheet's cells are empty; in words."""
        return in_transaction(self._engine, lambda c: emptied_in_words(c, sheet), write=False)

    def drop_renamed(self, sample_ids: Sequence[str]) -> dict[str, str]:
        """Take design and properties from samples without images that another sample has too: old to new."""
        return in_transaction(self._engine, lambda c: drop_renamed(c, sample_ids))

    def exclude(self, reasons: Mapping[str, str]) -> None:
        """Keep micrographs out of every statistic, or let them count again.

        Parameters
        ----------
        reasons : mapping of str to str
            SHA-256 of a file, or of a field, to the reason; empty: it counts. Others stay as they are.
        """
        in_transaction(self._engine, lambda c: writing.exclude_micrographs(c, reasons))

    def put_verdict(
        self,
        sample_id: str,
        verdict: ModalityVerdict | None,
        analysis_ids: Sequence[int],
        *,
        descriptors: Sequence[Descriptor] = (),
        judging_digest: str | None = None,
    ) -> bool:
        """Store the verdict and descriptors of one sample, with the analyses they came from.

        Parameters
        ----------
        sample_id : str
        verdict : ModalityVerdict or None
        analysis_ids : sequence of int
            Column ``analysis_id`` of `analyses`.
        descriptors : sequence of Descriptor
            Of the sample (level ``"sample"``).
        judging_digest : str, optional
            Of the rules and null mosaics that judged (`grainstats.infer.judging_digest`).

        Returns
        -------
        bool
            False where the same result from the same analyses was stored already. It counts from now on
            either way; what it supersedes is kept.
        """
        ids = [int(i) for i in analysis_ids]
        rest = (descriptors, __version__, judging_digest)
        return in_transaction(
            self._engine, lambda c: writing.put_sample_result(c, sample_id, verdict, ids, *rest)
        )

    def add_suggestions(self, suggestions: Sequence[SuggestionRecord]) -> int:
        """Store proposals, all or none; returns how many are new."""
        return in_transaction(self._engine, lambda c: sum(writing.add_suggestion(c, s) for s in suggestions))
