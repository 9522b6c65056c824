"""The main job: a folder of micrographs in; boundaries, spacings and verdicts out.

The database says what is done. Every image's result is stored the moment it arrives, keyed by the digests of
the image, the model and the recipe; a run that was killed finds there what is left, and a second run finds
nothing. The order in which results arrive, and with it the number of workers, changes no number.

The way of one image: found and given its sample (`call`, `assign`, `image_sheet`), hashed and looked up
when its turn has come (`plan`, `file_identity`, `run_store`), analysed in a process (`isolated_workers`,
`one_image`), stored with its files (`run_store`, `image_files`), judged with its sample (`judge_samples`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from grainstats.run.atomic import remove_leftovers
from grainstats.run.failures import Failure
from grainstats.run.job.assign import Assignment, assign_samples
from grainstats.run.job.call import Call, chosen_of, images_of, sheets_of
from grainstats.run.job.check_first import alone_in, make_output, say_first
from grainstats.run.job.file_identity import KnownFiles
from grainstats.run.job.image_sheet import absent_in_words, excluded_in_words, exclusions, listed_images
from grainstats.run.job.isolated_workers import Crash, IsolatedWorkers, load_first, threads_per_worker
from grainstats.run.job.one_image import Analyst, IsStack, Outcome
from grainstats.run.job.plan import Job, Plan
from grainstats.run.job.progress import Progress
from grainstats.run.job.run_store import Corrected, RunStore
from grainstats.run.names import DATABASE, stored_names
from grainstats.run.recipe import Recipe, cut_alike
from grainstats.run.report.wording import first_of
from segment._threads import available_cores
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.run.job.dask_workers import DaskWorkers
    from grainstats.run.scope import Rows
    from segment.choices import Device
    from segment.unet.model_folder import Model

    Workers = IsolatedWorkers[Job, Outcome] | DaskWorkers[Job, Outcome]

MANY_IMAGES = 1000  #: above, a sample's files are spread over a further level of folders


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
    reasons: Mapping[str, str] = field(default_factory=dict)  #: of each sample's verdict
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
    from grainstats.run.scope import Rows
    from grainstats.share.db.database import Database
    from segment.unet import load_model

    load_first()
    recipe, progress = recipe or Recipe(), progress or Progress()
    name = stored_names(call.inputs)
    sheet, image_sheet = sheets_of(call)
    paths = images_of(call)
    assignment = Assignment({}) if call.report_only else assign_samples(paths, sheet)
    listed = listed_images(paths, image_sheet, assignment.sample_ids)
    model = load_model(recipe.model)
    start = make_output(call.out)
    workers = default_workers(model, call.device) if call.workers is None else call.workers
    threads = 1 if call.dask else threads_per_worker(workers)
    alone = nullcontext() if call.report_only else alone_in(call.out, call.shard)
    with alone, Database.open(call.db or call.out / DATABASE, create=not call.report_only) as db:
        alike = cut_alike(recipe, db.recipes().itertuples(index=False, name=None))
        analyst = Analyst(recipe, str(model.folder), call.device, threads, call.out.resolve(), alike)
        noted: list[str] = []
        if sheet is not None:
            noted = [*sheet.remarks, *db.emptied_by(sheet)]
            db.put_samples(sheet)
        store = RunStore(db, call.out, model.digest, recipe.digest())
        jobs = listed.jobs(paths, assignment.sample_ids)
        part = "{}of{}".format(*call.shard)
        files = KnownFiles(call.out, part, verify=call.verify, fields=listed.fields)
        chosen = chosen_of(call, jobs, name, db)
        say_first(call.out, chosen, name, store.names(), progress, recipe)
        plan = Plan(chosen, store.pending, name, files, len(jobs) > MANY_IMAGES, progress)
        try:
            done = _work(plan, store, _workers_of(call.dask, analyse or analyst, workers), progress, files)
            by_hand = Corrected(store.corrected())
            if call.corrections is not None:
                from grainstats.run.job.corrections import apply_corrections

                by_hand = apply_corrections(call.corrections, jobs, chosen, store, analyst, files, name)
            done = _corrected(done, by_hand)
            store.forget_failures((name(path) for path, _ in chosen), done.failures)
            db.exclude(exclusions(db, chosen, listed, files, sheet))
        finally:
            files.save()
        remove_leftovers(call.out, before=start)
        left = sorted(store.moved_from - set(sheet.sample_ids())) if sheet is not None else []
        renamed = db.drop_renamed(left) if left else {}
        noted += [f"{old} is taken out, {new} has its images or settings now" for old, new in renamed.items()]
        said = *noted, *assignment.warnings, *listed.warnings, *done.warnings, *store.rescaled
        done = replace(done, warnings=said)
        if call.shard[1] > 1:
            return done
        rows = Rows(db, tuple(sorted({sample for _, sample in jobs})), model, recipe)
        if call.report_only:
            rows, done = _all_stored(rows)
        elif not call.retry_failed:
            names = {name(path) for path, _ in jobs}
            said = *said, *absent_in_words(rows.images, names, files)
            others = sorted(set(rows.counting["sample_id"].dropna()) - set(rows.sample_ids))
            if others and call.db is None:
                said = (
                    *said,
                    f"{first_of(others)}: from earlier runs, not in this report. --report-only shows all",
                )
            done = replace(done, warnings=said)
        return _reported(rows, call, done, store.moved_from)


def _reported(rows: Rows, call: Call, done: Summary, moved_from: Iterable[str]) -> Summary:
    """Judge every sample of the run and write tables and report."""
    from grainstats.run.job.judge_samples import judge_samples, remarks_of_reasons, write_results
    from grainstats.run.report.tables import write_workbook

    said = [*done.warnings, *excluded_in_words(rows.excluded)]
    failures = (*done.failures, *judge_samples(rows, call.out, also=moved_from))
    said += remarks_of_reasons(rows.verdicts)
    report, said = write_results(rows, call.out, failures, said)
    tables = sorted((call.out / "tables").glob("*.parquet"))
    cut = write_workbook(tables, call.out / "results.xlsx") if call.xlsx else []
    spacings = rows.db.descriptors("sample", name="intercept_mean_nm")
    return replace(
        done,
        failures=failures,
        warnings=(*said, *cut),
        verdicts=tuple(zip(rows.verdicts["sample_id"], rows.verdicts["verdict"], strict=True)),
        reasons=rows.verdicts.set_index("sample_id")["reason"].to_dict(),
        spacings=rows.ours(spacings).set_index("sample_id")["value"].to_dict(),
        report=report,
    )


def _all_stored(rows: Rows) -> tuple[Rows, Summary]:
    """Every sample that the database holds under this model and recipe, and what it says of the run."""
    images = rows.counting
    if images.empty:
        reason = "it holds no analysis with this model and recipe"
        raise InputError(
            rows.db.safe_url,
            reason,
            "Run the images first, or give the options of that run: --pixel-size, --recipe, --model",
        )
    failed = rows.db.failures().itertuples(index=False)
    failures = tuple(Failure(row.path, row.digest, row.reason, row.remedy) for row in failed)
    samples = tuple(sorted(set(images["sample_id"].dropna())))
    return replace(rows, sample_ids=samples), Summary(len(images), 0, 0.0, 0.0, failures, ())


def default_workers(model: Model, device: Device) -> int:
    """One process per two cores (about 1 GB of memory each); as many as CUDA holds."""
    from segment.unet.choose_runtime import cuda_processes

    return cuda_processes(model, device) or max(1, available_cores() // 2)


def _workers_of(dask: str | None, analyse: Callable[[Job], Outcome], n: int) -> Workers:
    """Where the images are worked on; workers of a Dask cluster have one thread each."""
    if dask is None:
        further = (analyse.alone, analyse.prepare) if isinstance(analyse, Analyst) else ()
        return IsolatedWorkers(analyse, n, *further)
    from grainstats.run.job.dask_workers import DaskWorkers

    return DaskWorkers(analyse, dask)


def _work(plan: Plan, store: RunStore, workers: Workers, progress: Progress, files: KnownFiles) -> Summary:
    """Draw jobs, store what comes back; a stack becomes as many jobs as it has frames."""
    failures, spent = list[Failure](), list[tuple[float, float]]()
    progress.add(len(plan.jobs))
    for job, outcome in workers.results(plan.next_job):
        if isinstance(outcome, IsStack):
            files.is_stack(job.sha256, outcome.n_frames)
            plan.add_frames(job, outcome.n_frames)
            continue
        if isinstance(outcome, Crash):
            remedy = "Run again with --workers 1, or on a machine with more memory"
            outcome = job.failure(outcome.reason, f"{remedy}; the other images are not affected")
        stored = store.add(job, outcome)
        if isinstance(stored, Failure):
            failures.append(stored)
            progress.advance(stored.path, stored.reason, good=False)
        else:
            spent.append((stored.megapixels, stored.seconds))
            progress.advance(job.name, f"{stored.seconds:.1f} s", good=True)
    for failure in plan.failures:
        store.add_failure(failure)
    return Summary(
        n_images=len(spent) + plan.n_done,
        n_new=len(spent),
        megapixels=sum(megapixels for megapixels, _ in spent),
        seconds=sum(seconds for _, seconds in spent),
        failures=tuple(sorted([*plan.failures, *failures], key=lambda f: (f.path, f.digest))),
        warnings=(*plan.remarks, *plan.stacks),
    )


def _corrected(done: Summary, by_hand: Corrected) -> Summary:
    """With what came of the corrections; an image that only they give a result has one."""
    left = tuple(failure for failure in done.failures if failure.digest not in by_hand.digests)
    return replace(
        done,
        n_images=done.n_images + len(done.failures) - len(left),
        n_corrected=by_hand.n_new,
        failures=(*left, *by_hand.failures),
        warnings=(*done.warnings, *by_hand.remarks),
    )
