"""Maps corrected by hand count instead of the network's; both stay in the database.

A correction is an analysis of its micrograph whose model is `CORRECTION` and the digest of the map's bytes.
It counts until a newer one comes, or until a folder of corrections is given that holds none for its image.
"""

import getpass
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from grainstats.run.failures import reason_of
from grainstats.run.job.corrected_maps import (
    changed_share,
    find_corrections,
    read_correction,
    reason_beside,
)
from grainstats.run.job.file_identity import KnownFiles, file_digest
from grainstats.run.job.one_image import Analyst, IsStack, frame_of
from grainstats.run.job.plan import Job
from grainstats.run.job.run_store import Corrected, RunStore
from grainstats.run.names import printable
from grainstats.share.db.records import BY_HAND, CORRECTION, AnalysisKey
from grainstats.share.safe_paths import file_below
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.label_maps.reading import read_label_map
from segment.label_maps.record import note_in
from segment.orientation import is_orientation_map

DAY = "%Y-%m-%d %H:%M UTC"


def apply_corrections(
    folder: Path,
    every: Sequence[tuple[Path, str]],
    chosen: Sequence[tuple[Path, str]],
    store: RunStore,
    analyst: Analyst,
    files: KnownFiles,
    name: Callable[[Path], str],
) -> Corrected:
    """Measure and store the corrections of the chosen images; whatever is wrong with one costs only itself.

    `every` are all images of the run with their samples, `chosen` those that this process works on.
    """
    found = find_corrections(folder, every)
    done = Corrected(remarks=list(found.warnings))
    seen: set[str] = set()
    for path, sample_id in chosen:
        try:
            pictures = files.fields.get(path, ())
            job = Job(path, name(path), files.identity(path), sample_id, pictures=pictures)
        except OSError:
            continue  # the run has said why
        if job.sha256 in seen:
            continue  # a copy counts once
        seen.add(job.sha256)
        maps = found.files.get(path, ())
        try:
            _one(job, maps, store, analyst, done)
        except Exception as error:
            reason, remedy = reason_of(error, analyst.out, job.name)
            counts = "; what counted before still counts" if store.labels_of(job) is not None else ""
            done.failures.append(job.failure(f"its correction does not count: {reason}{counts}", remedy))
    return done


def _one(job: Job, maps: tuple[Path, ...], store: RunStore, analyst: Analyst, done: Corrected) -> None:
    if not maps:
        if store.uncorrect(job):
            done.remarks.append(f"{job.name}: no correction any more, what the network cut counts again")
        return
    if len(maps) > 1:
        both = ", ".join(printable(file.name) for file in maps)
        raise InputError(maps[0], f"it has {len(maps)} corrections ({both})", "Keep the one that shall count")
    file = maps[0]
    key = AnalysisKey(job.digest, CORRECTION + file_digest(file), analyst.recipe.digest())
    known = store.use_correction(job, key)
    remark = "" if known else _analyse(job, file, key, store, analyst)
    if remark:
        done.remarks.append(remark)
        return
    done.digests.add(job.digest)
    done.n_new += not known


def _analyse(job: Job, file: Path, key: AnalysisKey, store: RunStore, analyst: Analyst) -> str:
    """Measure one correction and store it; returns why not, where that is no fault."""
    if is_orientation_map(job.path):
        raise InputError(
            job.path, "orientation maps take no correction", "Clean the map where it was indexed"
        )
    micrograph = frame_of(job, analyst.recipe)
    if isinstance(micrograph, IsStack):
        raise InputError(job.path, "a stack takes no correction", "Save each frame as a file of its own")
    if micrograph.pixel_size_nm is None:
        return f"correction {printable(file.name)} not used: its image has no pixel size"
    network = _network_map(store, analyst.out, job)
    grains = read_correction(file, micrograph, network)
    said = _said(file)
    if network is not None:
        share = changed_share(network, grains)
        if share == 0 and network.n_grains == grains.n_grains:
            store.uncorrect(job)
            return f"correction {printable(file.name)} not used: it is what the network cut, unchanged"
        said += f"; {share:.1%} of the area belongs to another grain, "
        said += f"{network.n_grains} grains before, {grains.n_grains} after"
    why = reason_beside(file)
    said += f"; reason: {why}" if why else ""
    grains = replace(grains, warnings=(said, *grains.warnings))
    store.add_correction(replace(analyst.finish(job, key, micrograph, grains), model_name=BY_HAND))
    return ""


def _network_map(store: RunStore, out: Path, job: Job) -> GrainMap | None:
    """What the network cut, where it is still there."""
    labels = file_below(out, store.labels_of(job))
    return None if labels is None else read_label_map(labels)


def _said(file: Path) -> str:
    """Who corrected it, and when."""
    day = note_in(file, "corrected_at") or datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime(DAY)
    who = note_in(file, "corrected_by") or user()
    return f"{BY_HAND} by {printable(who)}, map {printable(file.name)} saved {printable(day)}"


def user() -> str:
    """The name of who sits here; "unknown" where the system has none."""
    try:
        return printable(getpass.getuser())
    except (KeyError, OSError, ImportError):
        return "unknown"
