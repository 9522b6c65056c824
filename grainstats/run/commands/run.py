"""`grainstats run`: a folder of micrographs in; boundaries, spacings, verdicts and a report out."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from grainstats.run.commands.choices import (
    Device,
    DeviceOption,
    MergeTwinsOption,
    MisorientationOption,
    ModelOption,
    Null,
    PhaseOption,
    TwinOption,
)

if TYPE_CHECKING:
    from grainstats.run.failures import Failure
    from grainstats.run.job.batch import Summary
    from grainstats.run.job.call import Call
    from grainstats.run.recipe import Recipe


def run(
    inputs: Annotated[
        list[str] | None,
        Argument(
            metavar="INPUT", help="Micrographs, orientation maps, folders, or patterns such as '*.tif'."
        ),
    ] = None,
    *,
    out: Annotated[Path, Option("--out", metavar="DIR", help="Folder for everything that comes out.")],
    db: Annotated[
        str | None,
        Option(
            envvar="GRAINSTATS_DB", metavar="URL", help="Shared database; default: results.db in the folder."
        ),
    ] = None,
    samples: Annotated[
        Path | None, Option(metavar="FILE", help="samples.csv; default: a sample is a folder.")
    ] = None,
    images: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="Sheet of images: fields, exclusions; default: images.csv beside samples.csv.",
        ),
    ] = None,
    pixel_size: Annotated[
        float | None, Option("--pixel-size", metavar="NM", help="Edge of a pixel, instead of the files'.")
    ] = None,
    recipe: Annotated[
        Path | None, Option(metavar="FILE", help="Settings that change results (TOML).")
    ] = None,
    null: Annotated[
        Null | None, Option(help="What a uniform network would be: plane sections, or columnar films.")
    ] = None,
    model: ModelOption = None,
    device: DeviceOption = "auto",
    workers: Annotated[
        int | None, Option(min=1, help="Processes; they share the cores. Default: one per two cores.")
    ] = None,
    shard: Annotated[
        str, Option(metavar="I/N", help="Only part I of N; a last run without it writes the report.")
    ] = "1/1",
    manifest: Annotated[
        Path | None, Option(metavar="FILE", help="Frozen list of the images; made from INPUT where missing.")
    ] = None,
    report_only: Annotated[
        bool, Option("--report-only", help="Analyse nothing; verdicts, tables and report of the database.")
    ] = False,
    retry_failed: Annotated[
        bool, Option("--retry-failed", help="Only the images that gave no result before.")
    ] = False,
    verify: Annotated[
        bool, Option("--verify", help="Read every file again; default: only where size or times changed.")
    ] = False,
    dask: Annotated[
        str | None, Option(metavar="ADDRESS", help="Run on the cluster behind this Dask scheduler.")
    ] = None,
    xlsx: Annotated[bool, Option("--xlsx", help="All tables as one workbook, too.")] = False,
    corrections: Annotated[
        Path | None,
        Option(metavar="DIR", help="Maps corrected by hand, named like their images; they count."),
    ] = None,
    volumes: Annotated[
        bool, Option("--volumes", help="INPUT are stacks of slices: each is one volume (see `volume`).")
    ] = False,
    voxel_size: Annotated[
        tuple[float, float, float] | None,
        Option("--voxel-size", metavar="X Y Z", help="With --volumes: edges in nanometres."),
    ] = None,
    quiet: Annotated[
        bool, Option("--quiet", "-q", help="Say nothing but warnings and inputs without a result.")
    ] = False,
    verbose: Annotated[
        bool, Option("--verbose", "-v", help="Say at the end what was noticed at each image, too.")
    ] = False,
    misorientation_deg: MisorientationOption = None,
    merge_twins: MergeTwinsOption = False,
    twin: TwinOption = None,
    phase: PhaseOption = None,
) -> None:
    """Analyse micrographs: boundaries, spacings, a verdict per sample, one report.

    May be stopped at any moment and started again: finished images are not done twice. Exit status 1 where
    some inputs gave no result (they are named, the rest is complete).

    Examples: `grainstats run films --samples samples.csv --out results`, and one of eight jobs of a cluster,
    `grainstats run films --out results --manifest films.txt --shard 3/8 --db shard-3.db`.
    """
    from grainstats.run.job.call import Call
    from grainstats.run.job.selection import parse_shard
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
        of_images = {
            "--pixel-size": pixel_size, "--samples": samples, "--images": images, "--recipe": recipe,
            "--null": null, "--workers": workers, "--shard": None if shard == "1/1" else shard,
            "--manifest": manifest, "--report-only": report_only or None, "--verify": verify or None,
            "--retry-failed": retry_failed or None, "--dask": dask, "--xlsx": xlsx or None,
            "--corrections": corrections, "--misorientation-deg": misorientation_deg,
            "--merge-twins": merge_twins or None, "--twin": twin, "--phase": phase,
        }  # fmt: skip
        for name, given in of_images.items():
            if given is not None:
                raise InputError(name, "it is for images, not for --volumes", "Leave one of the two out")
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
    from grainstats.run.report.wording import counted
    from grainstats.run.volume.batch import run_volumes
    from segment.volume import VoxelSize
    from segment.volume.pipeline import StackSettings

    done = run_volumes(
        inputs,
        out,
        StackSettings(device=device),
        voxel_size=None if voxel_size is None else VoxelSize(*voxel_size),
        model=model,
        report=None if quiet else lambda name: print(f"{name} ...", file=sys.stderr),
    )
    _tell_failures(done.failures)
    if not quiet:
        for row in done.rows:
            if row["warnings"]:
                print(f"warning: {row['volume']}: {row['warnings']}", file=sys.stderr)
            print(f"{row['volume']}: {row['n_grains']} grains, {row['verdict']} ({row['reason']})")
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

    if quiet:
        summary = run_batch(call, recipe)
        _tell_problems(summary)
        return summary
    with ProgressBar() as progress:
        summary = run_batch(call, recipe, progress=progress)
    _tell_problems(summary)
    _tell(summary, call.shard)
    return summary


def _tell_problems(summary: Summary) -> None:
    for warning in summary.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    _tell_failures(summary.failures)


def _tell_failures(failures: Sequence[Failure]) -> None:
    for failure in failures:
        print(f"no result: {failure.path}: {failure.reason}. {failure.remedy}.", file=sys.stderr)


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
        print(f"{sample_id}: {words}")
    speed = f", {summary.seconds / summary.megapixels:.1f} s per megapixel" if summary.megapixels else ""
    failed = f"; {len(summary.failures)} without a result" if summary.failures else ""
    images = counted(summary.n_images, "image")
    maps = counted(summary.n_corrected, "corrected map")
    corrected = f"; {maps} measured now" if summary.n_corrected else ""
    print(f"{images} measured, {summary.n_new} of them now{speed}{corrected}{failed}")
    if summary.report is not None:
        print(f"report: {summary.report}")
    else:
        print(f"part {shard[0]} of {shard[1]} is done")
        print("when all are: grainstats merge, where each has its own database; then run --report-only")
