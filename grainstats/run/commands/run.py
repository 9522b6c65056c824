"""`grainstats run`: a folder of micrographs in; boundaries, spacings, verdicts and a report out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grainstats.run.commands.choices import (
    DeviceChoice,
    MergeTwinsOption,
    MisorientationOption,
    NullChoice,
    PhaseOption,
    TwinOption,
)

if TYPE_CHECKING:
    from grainstats.run.job.batch import Call, Summary
    from grainstats.run.recipe import Recipe


def run(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT", help="Micrographs, orientation maps, folders, or patterns such as '*.tif'."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for everything that comes out.")],
    db: Annotated[
        str | None,
        typer.Option(
            envvar="GRAINSTATS_DB", metavar="URL", help="Shared database; default: results.db in the folder."
        ),
    ] = None,
    samples: Annotated[
        Path | None, typer.Option(metavar="FILE", help="samples.csv; default: a sample is a folder.")
    ] = None,
    pixel_size: Annotated[
        float | None,
        typer.Option("--pixel-size", metavar="NM", help="Edge of a pixel, instead of the files'."),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings that change results (TOML).")
    ] = None,
    null: Annotated[
        NullChoice | None,
        typer.Option(help="What a uniform network would be: plane sections, or columnar films."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="A released model's name or a model folder.")] = None,
    device: Annotated[DeviceChoice, typer.Option(help="Where the network runs.")] = DeviceChoice.AUTO,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; they share the cores. Default: one per two cores.")
    ] = None,
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Only part I of N; a last run without it writes the report.")
    ] = "1/1",
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on the cluster behind this Dask scheduler.")
    ] = None,
    misorientation_deg: MisorientationOption = None,
    merge_twins: MergeTwinsOption = False,
    twin: TwinOption = None,
    phase: PhaseOption = None,
) -> None:
    """Analyse micrographs: boundaries, spacings, a verdict per sample, one report.

    May be stopped at any moment and started again: finished images are not done twice. Exit status 1 where
    some inputs gave no result (they are named, the rest is complete).
    """
    from grainstats.run.job.batch import Call
    from grainstats.run.job.plan import parse_shard

    settings = {"pixel_size_nm": pixel_size, "null": null and null.value, "model": model}
    settings |= {"misorientation_deg": misorientation_deg, "merge_twins": merge_twins or None}
    settings |= {"twin": twin, "phase": phase}
    call = Call(
        tuple(inputs),
        out,
        db=db,
        samples=samples,
        device=device.value,
        workers=workers,
        shard=parse_shard(shard),
        dask=dask,
    )
    summary = run_and_tell(call, read(recipe, settings))
    if summary.exit_status:
        raise typer.Exit(summary.exit_status)


def read(path: Path | None, settings: Mapping[str, object]) -> Recipe:
    """The recipe of the file, with what the command line says on top of it."""
    from grainstats.run.recipe import Recipe, read_recipe, with_settings

    said = {name: value for name, value in settings.items() if value is not None}
    return with_settings(read_recipe(path) if path else Recipe(), said)


def run_and_tell(call: Call, recipe: Recipe) -> Summary:
    """Run the batch under a progress bar, then say in words what came out."""
    from grainstats.run.job.batch import run_batch
    from grainstats.run.job.progress import ProgressBar

    with ProgressBar() as progress:
        summary = run_batch(call, recipe, progress=progress)
    _tell(summary, call.shard)
    return summary


def _tell(summary: Summary, shard: tuple[int, int]) -> None:
    from grainstats.run.report.wording import counted

    for warning in summary.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for failure in summary.failures:
        print(f"no result: {failure.path}: {failure.reason}. {failure.remedy}.", file=sys.stderr)
    for sample_id, words in summary.verdicts:
        print(f"{sample_id}: {words}")
    speed = f", {summary.seconds / summary.megapixels:.1f} s per megapixel" if summary.megapixels else ""
    failed = f"; {len(summary.failures)} without a result" if summary.failures else ""
    images = counted(summary.n_images, "image")
    print(f"{images} measured, {summary.n_new} of them now{speed}{failed}")
    if summary.report is not None:
        print(f"report: {summary.report}")
    else:
        print(f"part {shard[0]} of {shard[1]} is done; when all are, run once without --shard for the report")
