"""`grainstats run`: a folder of micrographs in; boundaries, spacings, verdicts and a report out."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from grainstats.run.commands.choices import (
    DeviceOption,
    MergeTwinsOption,
    MisorientationOption,
    ModelOption,
    PhaseOption,
    PixelSizeOption,
    TwinOption,
    VoxelSizeOption,
    many,
    method,
    output,
    scale,
    voxels,
)
from grainstats.run.terminal import whoever_listens
from segment.choices import Device, Null

if TYPE_CHECKING:
    from grainstats.run.failures import Failure
    from grainstats.run.job.batch import Summary
    from grainstats.run.job.call import Call
    from grainstats.run.recipe import Recipe


#: parameters that mean something of stacks, too
_OF_VOLUMES = {"inputs", "out", "volumes", "voxel_size", "device", "model", "quiet"}


def run(
    ctx: typer.Context,
    inputs: Annotated[
        list[str] | None,
        Argument(
            metavar="INPUT", help="Micrographs, orientation maps, folders, or patterns such as '*.tif'."
        ),
    ] = None,
    *,
    out: Annotated[
        Path, output("--out", metavar="DIR", help="Folder for report, pictures, tables and database.")
    ],
    db: Annotated[
        str | None,
        output(
            envvar="GRAINSTATS_DB",
            metavar="URL",
            help="SQLite path or PostgreSQL URL. Default: results.db in --out.",
        ),
    ] = None,
    samples: Annotated[
        Path | None, scale(metavar="FILE", help="Sample sheet. Default: a folder is a sample.")
    ] = None,
    images: Annotated[
        Path | None,
        scale(
            metavar="FILE",
            help="Sheet of images: fields, exclusions. Default: images.csv beside samples.csv.",
        ),
    ] = None,
    pixel_size: PixelSizeOption = None,
    recipe: Annotated[
        Path | None, method(metavar="FILE", help="Settings (TOML); options of the command line override it.")
    ] = None,
    null: Annotated[Null | None, method(help="What a uniform network is. Default: section.")] = None,
    model: ModelOption = None,
    device: DeviceOption = "auto",
    workers: Annotated[int | None, many(min=1, help="Processes. Default: one for two cores.")] = None,
    shard: Annotated[
        str, many(metavar="I/N", help="Do part I of N only; a last run without it writes the report.")
    ] = "1/1",
    manifest: Annotated[
        Path | None, many(metavar="FILE", help="Frozen list of the images; made where it is missing.")
    ] = None,
    report_only: Annotated[
        bool, many("--report-only", help="Only write verdicts, tables and report of the database.")
    ] = False,
    retry_failed: Annotated[
        bool, many("--retry-failed", help="Try only the images that gave no result before.")
    ] = False,
    verify: Annotated[
        bool, many("--verify", help="Read every file again, not only those that changed.")
    ] = False,
    dask: Annotated[
        str | None,
        many(metavar="ADDRESS", help="Run on the cluster behind this Dask scheduler, as tcp://host:8786."),
    ] = None,
    xlsx: Annotated[bool, output("--xlsx", help="Write all tables as one workbook, too.")] = False,
    corrections: Annotated[
        Path | None,
        scale(metavar="DIR", help="Maps corrected by hand, named like their images."),
    ] = None,
    volumes: Annotated[
        bool,
        Option(
            "--volumes",
            rich_help_panel="Volumes",
            help="INPUT are stacks: each is one volume (see `volume`).",
        ),
    ] = False,
    voxel_size: VoxelSizeOption = None,
    quiet: Annotated[
        bool, output("--quiet", "-q", help="Say nothing but warnings and inputs without a result.")
    ] = False,
    verbose: Annotated[
        bool, output("--verbose", "-v", help="Say at the end what was noticed at each image.")
    ] = False,
    misorientation_deg: MisorientationOption = None,
    merge_twins: MergeTwinsOption = False,
    twin: TwinOption = None,
    phase: PhaseOption = None,
) -> None:
    """Analyse micrographs: boundaries, spacings, a verdict per sample, one report.

    You may stop it at any moment and start it again: finished images are not done twice. Exit status 1 where
    some inputs gave no result; they are named, and the rest is complete.

    Examples:

    - `grainstats run films --samples samples.csv --out results`
    - `grainstats run films --out results --manifest films.txt --shard 3/8 --db shard-3.db`
    """
    from grainstats.run.job.call import Call, parse_shard
    from segment.errors import InputError

    if not inputs and not report_only:
        raise InputError(
            "INPUT", "no micrograph, folder or pattern is named", "Name one, or give --report-only"
        )

    if voxel_size is not None and not volumes:
        raise InputError("--voxel-size", "it is for stacks", "Give --volumes too, or --pixel-size for images")
    settings = {"pixel_size_nm": pixel_size, "null": null, "model": model, "twin": twin, "phase": phase}
    settings |= {"misorientation_deg": misorientation_deg, "merge_twins": merge_twins or None}
    if volumes:
        for name in sorted(set(ctx.params) - _OF_VOLUMES):
            source = ctx.get_parameter_source(name)
            if source is not None and source.name == "COMMANDLINE":
                option = f"--{name.replace('_', '-')}"
                raise InputError(option, "it is for images, not for --volumes", "Leave one of the two out")
        return _volumes(inputs or [], out, voxel_size, device, model, quiet=quiet)
    call = Call(
        tuple(inputs or ()),
        out,
        db=db,
        samples=samples,
        device=device,
        workers=workers,
        shard=parse_shard(shard),
        manifest=manifest,
        retry_failed=retry_failed,
        report_only=report_only,
        verify=verify,
        dask=dask,
        xlsx=xlsx,
        corrections=corrections,
        images=images,
    )
    summary = run_and_tell(call, read(recipe, settings), quiet=quiet)
    if verbose and summary.report is not None:
        with whoever_listens():
            _tell_remarks(out / "tables" / "images.csv")
    if summary.exit_status:
        raise typer.Exit(summary.exit_status)


def _volumes(
    inputs: list[str],
    out: Path,
    voxel_size: tuple[float, float, float] | None,
    device: Device,
    model: str | None,
    *,
    quiet: bool,
) -> None:
    from grainstats.run.job.check_first import alone_in, make_output
    from grainstats.run.report.wording import counted, sentence
    from grainstats.run.volume.batch import run_volumes
    from segment.volume.pipeline import StackSettings

    make_output(out)
    with alone_in(out, (1, 1)):
        done = run_volumes(
            inputs,
            out,
            StackSettings(device=device),
            voxel_size=voxels(voxel_size),
            model=model,
            report=None if quiet else lambda name: print(f"{name} ...", file=sys.stderr),
        )
    said = [f"{row['volume']}: {row['warnings']}" for row in done.rows if row["warnings"]]
    _tell_problems(said, done.failures, quiet=quiet)
    if not quiet:
        for row in done.rows:
            print(f"{row['volume']}: {row['n_grains']} grains, {row['verdict']}. {sentence(row['reason'])}")
        print(
            f"{counted(len(done.rows), 'volume')} measured, {done.n_new} of them now: {out / 'volumes.csv'}"
        )
    if done.failures:
        raise typer.Exit(1)


def read(path: Path | None, settings: Mapping[str, object]) -> Recipe:
    """The recipe of the file, with what the command line says on top of it."""
    from grainstats.run.recipe import Recipe, read_recipe, with_settings

    said = {name: value for name, value in settings.items() if value is not None}
    return with_settings(read_recipe(path) if path else Recipe(), said)


def run_and_tell(call: Call, recipe: Recipe, *, quiet: bool = False) -> Summary:
    """Run the batch under a progress bar, then say in words what came out; quiet: only what went wrong."""
    from grainstats.run.job.batch import run_batch
    from grainstats.run.job.progress import ProgressBar

    with nullcontext() if quiet else ProgressBar() as progress:
        summary = run_batch(call, recipe, progress=progress)
    _tell_problems(summary.warnings, summary.failures, quiet=quiet)
    if not quiet:
        with whoever_listens():
            _tell(summary, call.shard)
    return summary


def _tell_problems(warnings: Sequence[str], failures: Sequence[Failure], *, quiet: bool) -> None:
    """Each reason once; every name where the progress has not told it (quiet)."""
    from grainstats.run.failures import by_reason
    from grainstats.run.report.wording import first_of

    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for paths, reason, remedy in by_reason(failures):
        names = first_of(paths, len(paths) if quiet else 3)
        print(f"no result: {names}: {reason}. {remedy}.", file=sys.stderr)


def _tell_remarks(table: Path) -> None:
    """What was noticed at each image, from the table of images."""
    import csv
    import json

    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for warning in json.loads(row["warnings"] or "[]"):
                print(f"{row['path']}: {warning}")


def _tell(summary: Summary, shard: tuple[int, int]) -> None:
    from grainstats.run.report.wording import counted

    for sample_id, words in summary.verdicts:
        why = f": {summary.reasons[sample_id].partition('. ')[0]}" if words == "indeterminate" else ""
        print(f"{sample_id}: {words}{why}")
    speed = f", {summary.seconds / summary.megapixels:.1f} s per megapixel" if summary.megapixels >= 1 else ""
    failed = f"; {len(summary.failures)} without a result" if summary.failures else ""
    images = counted(summary.n_images, "image")
    maps = counted(summary.n_corrected, "corrected map")
    corrected = f"; {maps} measured now" if summary.n_corrected else ""
    print(f"{images} measured, {summary.n_new} of them now{speed}{corrected}{failed}")
    if summary.report is not None:
        print(f"report: {summary.report}")
    else:
        print(f"part {shard[0]} of {shard[1]} is done")
        print("when all are: grainstats merge, where each has its own database; then run --report-only with")
        print("the same options")
