"""The database as the ledger of a run: what is done already, and where results go the moment they arrive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grainstats.run.failures import Failure
from grainstats.run.job.one_image import Analysed
from grainstats.run.job.plan import Job

if TYPE_CHECKING:
    from grainstats.share.db.database import Database
    from grainstats.share.db.records import AnalysisKey


class Ledger:
    """What the database knows of this model and recipe, and where results go."""

    def __init__(self, db: Database, out: Path, model_digest: str, recipe_digest: str) -> None:
        self._db, self._out, self._digests = db, out, (model_digest, recipe_digest)
        self.moved_from: set[str] = set()
        known = db.analyses(current=False)
        ours = known[(known["model_digest"] == model_digest) & (known["recipe_digest"] == recipe_digest)]
        self._artefacts = dict(zip(ours["micrograph_digest"], ours["artefacts"], strict=True))
        self._samples = dict(zip(known["micrograph_digest"], known["sample_id"], strict=True))

    def key(self, digest: str) -> AnalysisKey:
        from grainstats.share.db.records import AnalysisKey

        return AnalysisKey(digest, *self._digests)

    def pending(self, job: Job) -> Job | None:
        """None where result and files are there; else the job, under the names that the database knows."""
        before = self._samples.get(job.digest)
        if before is not None and before != job.sample_id:
            self.moved_from.add(before)
        artefacts = self._artefacts.get(job.digest)
        if artefacts is None:
            return job
        if all((self._out / path).is_file() for path in artefacts.values()):
            self._db.use_analysis(self.key(job.digest), job.sample_id, job.name)
            return None
        stem = str(artefacts["labels"]).removeprefix("images/").removesuffix(".labels.tif")
        return replace(job, stored_stem=stem)

    def store(self, outcome: Analysed | Failure) -> None:
        """Keep a result or a failure."""
        if isinstance(outcome, Analysed):
            self._db.add_analysis(outcome.record)
        else:
            self._db.add_failure(outcome.path, outcome.digest, outcome.reason, outcome.remedy)
