"""Images of a run: what is done already, and where results go the moment they arrive."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grainstats.run.failures import Failure, forget_trace, reason_of
from grainstats.run.job.image_files import artefacts_of
from grainstats.run.job.one_image import Analysed
from grainstats.run.job.plan import Job
from grainstats.share.safe_paths import FilesBelow, is_relative
from segment.micrograph import read_micrographs
from segment.micrograph.sidecar import sidecar

if TYPE_CHECKING:
    import pandas as pd

    from grainstats.share.db.database import Database
    from grainstats.share.db.records import AnalysisKey, AnalysisRecord


@dataclass
class Corrected:
    """What came of the corrections of a run."""

    digests: set[str] = field(default_factory=set)  #: of the images that they give a result
    n_new: int = 0  #: corrections measured in this run
    failures: list[Failure] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class RunStore:
    """What the database knows of this model and recipe, and where results go."""

    def __init__(self, db: Database, out: Path, model_digest: str, recipe_digest: str) -> None:
        self._db, self._out, self._digests = db, out, (model_digest, recipe_digest)
        self.moved_from: set[str] = set()
        self.rescaled: list[str] = []  #: what is said of images whose text states another size by now
        known = db.analyses(current=False)
        ours = known[(known["model_digest"] == model_digest) & (known["recipe_digest"] == recipe_digest)]
        self._ours = {row.micrograph_digest: row for row in ours.itertuples()}
        self._artefacts = {digest: row.artefacts for digest, row in self._ours.items()}
        self._samples = dict(zip(known["micrograph_digest"], known["sample_id"], strict=True))
        self._by_hand = _corrections(known[known["recipe_digest"] == recipe_digest])
        self._corrected = {key.micrograph_digest: key for key, old in self._by_hand.items() if old.is_current}
        self._files = FilesBelow(out)

    def key(self, digest: str) -> AnalysisKey:
        from grainstats.share.db.records import AnalysisKey

        return AnalysisKey(digest, *self._digests)

    def names(self) -> set[str]:
        """What the images are called that count under this model and recipe."""
        return {row.path for row in (*self._by_hand.values(), *self._ours.values()) if row.is_current}

    def pending(self, job: Job) -> Job | None:
        """None where result and files are there; else the job, under the names that the database knows."""
        before = self._samples.get(job.digest)
        if before is not None and before != job.sample_id:
            self.moved_from.add(before)
        artefacts = self._artefacts.get(job.digest)
        if artefacts is None:
            return job
        if all(path in self._files for path in artefacts.values()):
            known = self._ours[job.digest]
            if (by_hand := self._corrected.get(job.digest)) is not None:
                self._use(by_hand, job)
            elif not _counts_as(known, job):
                self._db.use_analysis(self.key(job.digest), job.sample_id, job.name)
            if known.scale_source == "sidecar":
                self.rescaled += _other_size(job, known.pixel_size_nm, known.created_at)
            return None
        return replace(job, stored_stem=_stem(artefacts))

    def add(self, job: Job, outcome: Analysed | Failure) -> Analysed | Failure:
        """Keep a result or a failure; returns what was kept, a failure where the result's rows are at fault.

        `DatabaseError`: the database itself cannot be used. Whatever else is wrong with the rows is the
        image's failure.
        """
        from grainstats.share.db.engine import DatabaseError

        if isinstance(outcome, Analysed):
            try:
                self._db.add_analysis(outcome.record)
                self._artefacts[job.digest] = outcome.record.artefacts
                forget_trace(self._out, job.name)
                if (by_hand := self._corrected.get(job.digest)) is not None:
                    self._db.use_analysis(by_hand, job.sample_id, job.name)
                return outcome
            except DatabaseError:
                raise
            except Exception as error:
                outcome = job.failure(*reason_of(error, self._out, job.name))
        self.add_failure(outcome)
        return outcome

    def labels_of(self, job: Job) -> str | None:
        """Label map of what the network cut, below the output folder; None where there is none."""
        return self._artefacts.get(job.digest, {}).get("labels")

    def corrected(self) -> set[str]:
        """Digests of the images whose correction counted when the run began."""
        return set(self._corrected)

    def use_correction(self, job: Job, key: AnalysisKey) -> bool:
        """Let a stored correction count; False where it, or a file of it, is not there."""
        old = self._by_hand.get(key)
        if old is None or not all(path in self._files for path in old.artefacts.values()):
            return False
        self._use(key, job)
        return True

    def add_correction(self, record: AnalysisRecord) -> None:
        """Keep the measured correction, which counts from now on."""
        self._db.add_analysis(record)

    def uncorrect(self, job: Job) -> bool:
        """Let the network's analysis count again; False where no correction counted or there is none."""
        if job.digest not in self._corrected:
            return False
        return self._db.use_analysis(self.key(job.digest), job.sample_id, job.name)

    def _use(self, key: AnalysisKey, job: Job) -> None:
        """Let a correction count under the sample and the name that its image has now."""
        if not _counts_as(self._by_hand[key], job):
            self._db.use_analysis(key, job.sample_id, job.name)

    def add_failure(self, failure: Failure) -> None:
        """Keep the row of an image without a result; one that is corrected by hand has one."""
        if failure.digest in self._corrected:
            return
        self._db.add_failure(failure.path, failure.digest, failure.reason, failure.remedy)

    def forget_failures(self, names: Iterable[str], failures: Iterable[Failure]) -> None:
        """Drop what earlier runs said of images of these names that are not among the `failures` now."""
        stored = set(self._db.failures()["path"]) - {failure.path for failure in failures}
        if stored:
            self._db.forget_failures(sorted(stored.intersection(names)))


def _counts_as(row: Any, job: Job) -> bool:
    """Whether a stored analysis counts, under the sample and the name that its image has now."""
    return row.is_current and (row.sample_id, row.path) == (job.sample_id, job.name)


def _corrections(known: pd.DataFrame) -> dict[AnalysisKey, Any]:
    """Rows of the corrections that the database holds."""
    from grainstats.share.db.records import CORRECTION, AnalysisKey

    by_hand = known[known["model_digest"].str.startswith(CORRECTION)]
    return {
        AnalysisKey(row.micrograph_digest, row.model_digest, row.recipe_digest): row
        for row in by_hand.itertuples()
    }


def _other_size(job: Job, stored_nm: float, made_at: str) -> list[str]:
    """What is said where a text beside the image is newer than its analysis and states another size."""
    texts = sidecar(job.path, ".txt"), sidecar(job.path, ".hdr", f"-{job.path.suffix.lower()[1:]}.hdr")
    made = datetime.fromisoformat(made_at).timestamp()
    if not any(text is not None and text.stat().st_mtime >= made for text in texts):
        return []
    size = next(read_micrographs(job.path, frame=job.frame or 0)).pixel_size_nm
    if size is None or math.isclose(size, stored_nm, rel_tol=1e-6):
        return []
    said = f"{job.name}: the text beside it states {size:.6g} nm a pixel now, its results hold for"
    return [f"{said} {stored_nm:.6g} nm; give --pixel-size, or another --out, to measure it again"]


def _stem(artefacts: Mapping[str, object]) -> str:
    """Under which names the database knows an image's files; empty where they are not as a run names them.

    The database may be shared: a name that would lead out of the output folder is not taken.
    """
    labels = str(artefacts.get("labels"))
    stem = labels.removeprefix("images/").removesuffix(".labels.tif")
    ours = is_relative(labels) and labels == f"images/{stem}.labels.tif"
    return stem if ours and artefacts_of(stem).items() <= artefacts.items() else ""
