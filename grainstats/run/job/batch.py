"""The main job: a folder of micrographs in; boundaries, spacings and verdicts out.

The database is the ledger. Every image's result is stored the moment it arrives, keyed by the digests of the
image, the model and the recipe; a run that was killed finds there what is left to do, and a second run finds
nothing. The order in which results arrive, and with it the number of workers, changes no number.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from grainstats.run.atomic import remove_leftovers
from grainstats.run.failures import Failure
from grainstats.run.job.assign import Assignment, assign_samples
from grainstats.run.job.call import Call
from grainstats.run.job.check_first import say_first
from grainstats.run.job.corrections import Corrected, apply_corrections
from grainstats.run.job.file_identity import KnownFiles
from grainstats.run.job.image_sheet import ListedImages, exclusions, listed_images
from grainstats.run.job.job_ledger import Ledger
from grainstats.run.job.one_image import Analysed, Analyst, Device, IsStack, Outcome
from grainstats.run.job.plan import Job, Plan
from grainstats.run.job.progress import Progress
from grainstats.run.job.selection import chosen_of, frozen_listing
from grainstats.run.job.worker_pool import Crash, IsolatedPool, threads_per_worker
from grainstats.run.names import stored_names
from grainstats.run.recipe import Recipe, cut_alike
from segment._threads import available_cores
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.run.scope import Scope
    from grainstats.share.db.database import Database
    from grainstats.share.db.records import SampleSheet
    from segment.unet.model_folder import Model

DATABASE = "results.db"
MANY_IMAGES = 1000  #: above, a sample's files are spread over a further level of folders
Analyse = Callable[[Job], Outcome]


class Mapper(Protocol):
    """Something that runs jobs elsewhere: a process pool here, a Dask cluster there."""

    def results(self, next_job: Callable[[], Job | None]) -> Iterable[tuple[Job, Outcome | Crash]]:
        """Yield (job, result) as they are ready, in any order."""


@dataclass(frozen=True)
class Alone:
    """The only image of a run is analysed in this process, unless its file is so large that memory may
    end."""

    analyse: Analyse
    most_bytes: int = 64 << 20  #: an 8192 x 8192 image of 8 bits; some 3 GB while it is worked on

    def __call__(self, job: Job) -> Outcome | None:
        try:
            large = job.path.stat().st_size > self.most_bytes
        except OSError:
            large = False  # the analysis says why
        return None if large else self.analyse(job)


@dataclass(frozen=True)
class Summary:
    """What a run did."""

    n_images: int  #: with a result, new ones and those found done
    n_new: int  #: images analysed in this run
    megapixels: float  #: of the new images
    seconds: float  #: that their workers spent on them
    failures: tuple[Failure, ...]
    warnings: tuple[str, ...]
    n_corrected: int = 0  #: maps corrected by hand that were measured in this run
    verdicts: tuple[tuple[str, str], ...] = ()  #: sample and verdict
    spacings: Mapping[str, float] = field(default_factory=dict)  #: mean intercept of each sample, nanometres
    report: Path | None = None  #: None for one part of several

    @property
    def exit_status(self) -> int:
        """0 all done, 1 some inputs failed."""
        return 1 if self.failures else 0


def run_batch(
    call: Call,
    recipe: Recipe | None = None,
    *,
    progress: Progress | None = None,
    analyse: Callable[[Job], Outcome] | None = None,
) -> Summary:
    """Analyse every image, judge every sample, write the tables and the report.

    Without a recipe, by the released method; `analyse` stands in for the analysis of one image, in tests.

    `InputError`: the call itself cannot be carried out: no such input, an unusable sample sheet, model or
    database.
    """
    from grainstats.run.scope import Scope
    from grainstats.share.db.database import Database
    from grainstats.share.sheets.samples import read_samples
    from segment.unet import load_model

    _check_corrections(call)
    recipe, start, progress = recipe or Recipe(), time.time(), progress or Progress()
    name = stored_names(call.inputs)
    sheet = None if call.samples is None else read_samples(call.samples)
    paths, assignment = ([], Assignment({})) if call.report_only else _find(call, sheet)
    listed = _listed(call, paths, assignment)
    model = load_model(recipe.model)
    call.out.mkdir(parents=True, exist_ok=True)
    workers = default_workers(model, call.device) if call.workers is None else call.workers
    threads = 1 if call.dask else threads_per_worker(workers)
    alone = None
    with Database.open(call.db or call.out / DATABASE) as db:
        alike = cut_alike(recipe, db.recipes().itertuples(index=False, name=None))
        analyst = Analyst(recipe, str(model.folder), call.device, threads, call.out.resolve(), alike)
        if analyse is None:
            analyse, alone = analyst, Alone(replace(analyst, threads=threads_per_worker(1)))
        if sheet is not None:
            db.put_samples(sheet)
        ledger = Ledger(db, call.out, model.digest, recipe.digest())
        jobs = listed.jobs(paths, assignment.sample_ids)
        part = "{}of{}".format(*call.shard)
        files = KnownFiles(call.out, part, verify=call.verify, fields=listed.fields)
        chosen = chosen_of(call, jobs, name, db)
        say_first(call.out, chosen, name, ledger.names(), progress, scales=recipe.pixel_size_nm is None)
        plan = Plan(
            chosen,
            ledger.pending,
            name,
            digest=files.identity,
            fields=listed.fields,
            n_frames=files.n_frames,
            deep=len(jobs) > MANY_IMAGES,
        )
        try:
            work = _work(plan, ledger, _mapper(call.dask, analyse, workers, alone), progress, files)
            by_hand = Corrected(ledger.corrected())
            if call.corrections is not None:
                by_hand = apply_corrections(call.corrections, jobs, chosen, ledger, analyst, files, name)
            work.correct(by_hand)
            db.exclude(exclusions(db, chosen, listed, files, sheet))
        finally:
            files.save()
        remove_leftovers(call.out, before=start)
        said = (*assignment.warnings, *listed.warnings, *work.warnings)
        done = Summary(**vars(work) | {"failures": tuple(work.failures), "warnings": said})
        if call.shard[1] > 1:
            return done
        scope = Scope(tuple(sorted({sample for _, sample in jobs})), model, recipe)
        if call.report_only:
            scope, done = _all_stored(db, scope)
        return _reported(db, call, scope, done, ledger.moved_from)


def _reported(db: Database, call: Call, scope: Scope, done: Summary, moved_from: Iterable[str]) -> Summary:
    """Judge every sample of the run and write tables and report."""
    from grainstats.run.job.image_sheet import excluded_in_words
    from grainstats.run.job.judge_samples import copies_in_words, judge_samples, write_results
    from grainstats.run.scope import Rows

    rows = Rows(db, scope)
    said = [*done.warnings, *excluded_in_words(rows.excluded)]
    failures = (*done.failures, *judge_samples(rows, call.out, also=moved_from))
    said += copies_in_words(rows.verdicts)
    report, said = write_results(rows, call.out, failures, said)
    spacings = db.descriptors("sample", name="intercept_mean_nm")
    return replace(
        done,
        failures=failures,
        warnings=(*said, *(_workbook(call.out) if call.xlsx else ())),
        verdicts=tuple(zip(rows.verdicts["sample_id"], rows.verdicts["verdict"], strict=True)),
        spacings=rows.ours(spacings).set_index("sample_id")["value"].to_dict(),
        report=report,
    )


def _workbook(out: Path) -> list[str]:
    """All tables as one workbook in the output folder; returns what did not fit."""
    from grainstats.run.report.workbook import write_workbook

    return write_workbook(sorted((out / "tables").glob("*.parquet")), out / "results.xlsx")


def _all_stored(db: Database, scope: Scope) -> tuple[Scope, Summary]:
    """Every sample that the database holds under this model and recipe, and what it says of the run."""
    from grainstats.run.scope import Rows

    images = Rows(db, scope).counting
    if images.empty:
        reason = "it holds no analysis with this model and recipe"
        raise InputError(
            db.safe_url, reason, "Run the images first, or give the --model and --recipe of that run"
        )
    rows = db.failures().itertuples(index=False)
    failures = tuple(Failure(row.path, row.digest, row.reason, row.remedy) for row in rows)
    scope = replace(scope, sample_ids=tuple(sorted(set(images["sample_id"].dropna()))))
    return scope, Summary(len(images), 0, 0.0, 0.0, failures, ())


def _listed(call: Call, paths: Sequence[Path], assignment: Assignment) -> ListedImages:
    """What the sheet of images says of the run's files."""
    from grainstats.share.sheets.images import read_images

    sheet = None if call.image_sheet is None else read_images(call.image_sheet)
    return listed_images(paths, sheet, assignment.sample_ids)


def default_workers(model: Model, device: Device) -> int:
    """One process per two cores (about 1 GB of memory each); as many as CUDA holds."""
    from segment.unet.choose_runtime import cuda_processes

    return cuda_processes(model, device) or max(1, available_cores() // 2)


def _find(call: Call, sheet: SampleSheet | None) -> tuple[list[Path], Assignment]:
    """Images of the call without our own output, and their samples."""
    from grainstats.run.orientation_input import find_inputs

    own = {call.out.resolve()}
    if call.corrections is not None:
        own.add(_real(call.corrections))

    def outside(path: Path) -> bool:
        place = _real(path)
        return own.isdisjoint([place, *place.parents])

    def listing() -> list[Path]:
        found = find_inputs(call.inputs)
        good = {folder: outside(folder) for folder in {path.parent for path in found}}
        return [path for path in found if good[path.parent] and (not path.is_symlink() or outside(path))]

    paths = listing() if call.manifest is None else frozen_listing(call.manifest, listing)
    if not paths:
        reason = "all micrographs of the input lie in the output folder, whose files are not read"
        raise InputError(f"--out {call.out}", reason, "Name a folder of its own, such as results")
    return paths, assign_samples(paths, sheet)


def _check_corrections(call: Call) -> None:
    """Corrections need images, and a folder that no run writes into."""
    if call.corrections is None:
        return
    named = f"--corrections {call.corrections}"
    if call.report_only:
        raise InputError(named, "--report-only analyses nothing", "Leave one of the two out")
    if _real(call.corrections).is_relative_to(call.out.resolve()):
        remedy = "Copy the maps to be corrected into a folder of their own"
        raise InputError(named, "it lies in the output folder, whose files are the run's own", remedy)


def _real(path: Path) -> Path:
    """`path` with links followed, as far as they lead."""
    return Path(os.path.realpath(path))


def _mapper(dask: str | None, analyse: Analyse, workers: int, alone: Alone | None) -> Mapper:
    """Where the images are worked on; workers of a Dask cluster have one thread each."""
    if dask is None:
        return IsolatedPool(analyse, workers, alone)
    from grainstats.run.job.dask_pool import DaskPool

    return DaskPool(analyse, dask)


@dataclass
class _Work:
    """The tally of a run, before any sample is judged."""

    n_images: int = 0
    n_new: int = 0
    megapixels: float = 0.0
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    n_corrected: int = 0

    def correct(self, by_hand: Corrected) -> None:
        """Add what came of the corrections; an image that only they give a result has one."""
        rescued = [failure for failure in self.failures if failure.digest in by_hand.digests]
        self.n_images += len(rescued)
        self.n_corrected = by_hand.n_new
        self.failures = [failure for failure in self.failures if failure not in rescued] + by_hand.failures
        self.warnings += by_hand.remarks


def _work(plan: Plan, ledger: Ledger, mapper: Mapper, progress: Progress, files: KnownFiles) -> _Work:
    """Draw jobs, store what comes back; a stack becomes as many jobs as it has frames."""
    tally, told = _Work(), (0, 0)

    def tell() -> None:
        nonlocal told
        now = plan.n_extra, plan.n_done + len(plan.failures) + len(plan.remarks)
        progress.add(now[0] - told[0])
        progress.skip(now[1] - told[1])
        told = now

    progress.add(len(plan.jobs))
    for job, outcome in mapper.results(plan.next_job):
        tell()
        if isinstance(outcome, IsStack):
            files.is_stack(job.sha256, outcome.n_frames)
            plan.add_frames(job, outcome.n_frames)
            continue
        _tally(job, outcome, ledger, tally, progress)
    tell()
    for failure in plan.failures:
        ledger.store_failure(failure)
    tally.failures = sorted([*plan.failures, *tally.failures], key=lambda f: (f.path, f.digest))
    tally.warnings = [*plan.remarks, *plan.stacks]
    tally.n_images = tally.n_new + plan.n_done
    return tally


def _tally(
    job: Job, outcome: Analysed | Failure | Crash, ledger: Ledger, tally: _Work, progress: Progress
) -> None:
    if isinstance(outcome, Crash):
        remedy = (
            "Run again with --workers 1, or on a machine with more memory; the other images are not affected"
        )
        outcome = job.failure(outcome.reason, remedy)
    stored = ledger.store(job, outcome)
    if isinstance(stored, Failure):
        tally.failures.append(stored)
        progress.advance(stored.path, stored.reason, good=False)
        return
    outcome = stored
    tally.n_new += 1
    tally.megapixels += outcome.megapixels
    tally.seconds += outcome.seconds
    progress.advance(job.name, f"{outcome.seconds:.1f} s", good=True)
