"""`grainstats volume`: grains, surfaces and verdict of a stack of slices, in three dimensions."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer import Argument, Option

from grainstats.run.commands.choices import (
    DeviceOption,
    JsonOption,
    ModelOption,
    VoxelSizeOption,
    voxels,
)

grey = partial(Option, rich_help_panel="Grey slices")
sections = partial(Option, rich_help_panel="EBSD sections")


def volume(
    stack: Annotated[
        Path,
        Argument(
            metavar="STACK",
            help="Multi-page TIFF, MRC, HDF5 / NeXus, NPY, folder of slices or of EBSD sections: one volume.",
        ),
    ],
    out: Annotated[Path | None, Option("--out", help="Folder for tables, labels and report.")] = None,
    labels: Annotated[
        bool, Option("--labels", help="The stack is a label volume: a number for each grain, 0 for none.")
    ] = False,
    voxel_size: VoxelSizeOption = None,
    dataset: Annotated[
        str | None, Option("--dataset", metavar="PATH", help="Path of the stack inside an HDF5 file.")
    ] = None,
    align: Annotated[
        Literal["drift", "reference", "none"] | None,
        Option(
            help="Register slices: drift leaves a steady shift as it is, reference takes it out too. "
            "Default: drift for grey slices, none for EBSD sections."
        ),
    ] = None,
    shifts: Annotated[
        Path | None, sections(metavar="FILE", help="Rows and columns to move each section by (CSV).")
    ] = None,
    phases: Annotated[
        int | None,
        grey(min=1, max=3, help="1 solid; 2 void, solid; 3 void, solid, second phase. Default: as seen."),
    ] = None,
    phases_only: Annotated[
        bool, grey("--phases-only", help="Find no grains: porosity, connectivity and thickness alone.")
    ] = False,
    curtains: Annotated[
        bool, grey("--curtains/--keep-curtains", help="Take vertical stripes out of the slices.")
    ] = True,
    every_direction: Annotated[
        bool | None,
        grey(
            "--three-directions/--one-direction",
            help="Slices that the network sees. Default: three where voxels are about cubic.",
        ),
    ] = None,
    model_name: ModelOption = None,
    device: DeviceOption = "auto",
    surfaces: Annotated[
        str | None,
        Option("--surfaces", metavar="LABELS", help="Grains whose surfaces are written as STL: 3,17,20."),
    ] = None,
    as_zarr: Annotated[
        bool, Option("--zarr", help="Write the labels as OME-Zarr, too (extra zarr).")
    ] = False,
    misorientation: Annotated[
        float,
        sections(
            "--misorientation-deg",
            metavar="DEG",
            min=0.1,
            max=90.0,
            help="Degrees from which neighbouring points are two grains.",
        ),
    ] = 5.0,
    law: Annotated[
        Path | None, Option(metavar="FILE", help="What boundaries carry (TOML); adds the limiting current.")
    ] = None,
    as_json: JsonOption = False,
    seed: Annotated[int, Option(min=0, help="Seed of the draws of the current.")] = 0,
) -> None:
    """Measure a stack of slices as one volume and judge whether its grain size is uniform or bimodal.

    Grey slices, a label volume (--labels) or EBSD sections. Exit status 1 where the stack cannot be used.

    Examples:

    - `grainstats volume slices --voxel-size 10 10 20 --out volume`
    - `grainstats volume stack.tif --labels --out volume --json`
    """
    from grainstats.run.volume.analysis import add_current, analyse_stack, in_words
    from grainstats.run.volume.page import write_volume
    from segment.errors import InputError
    from segment.volume.pipeline import StackSettings

    wanted, size = _numbers(surfaces), voxels(voxel_size)
    settings = StackSettings(
        align or "drift", curtains, phases, not phases_only, every_direction, device=device
    )
    try:
        found = analyse_stack(
            stack,
            settings,
            labels=labels,
            voxel_size=size,
            dataset=dataset,
            model=model_name,
            misorientation_deg=misorientation,
            align_sections=align or "none",
            shifts=shifts,
            seed=seed,
        )
        if law is not None:
            add_current(found, law, seed)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    for warning in found.document["warnings"]:
        print(f"warning: {stack}: {warning}", file=sys.stderr)
    if out is not None:
        write_volume(found, out, stack.stem, wanted, as_zarr=as_zarr)
    print(json.dumps(found.document, indent=2) if as_json else in_words(found.document))


def _numbers(text: str | None) -> tuple[int, ...]:
    from segment.errors import InputError

    try:
        return tuple(int(t) for t in text.split(",")) if text else ()
    except ValueError:
        raise InputError(
            "--surfaces", f"{text} is no list of labels", "Give numbers such as 3,17,20"
        ) from None
