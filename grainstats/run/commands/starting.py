"""`grainstats demo`, `init` and `serve`: ways to begin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from grainstats.run.commands.choices import DeviceOption, many
from grainstats.run.commands.run import run_and_tell

if TYPE_CHECKING:
    from grainstats.run.job.batch import Summary


def demo(
    out: Annotated[Path, Option("--out", metavar="DIR", help="Folder for everything that comes out.")] = Path(
        "demo_out"
    ),
    device: DeviceOption = "auto",
    workers: Annotated[int | None, many(min=1, help="Processes. Default: one for two cores.")] = None,
) -> None:
    """Run the whole job on sample micrographs of known truth, and say how close it came.

    Examples:

    - `grainstats demo`
    - `grainstats demo --out first_try --workers 1`
    """
    from grainstats.run.job.call import Call
    from grainstats.run.recipe import Recipe

    folder = samples_folder()
    call = Call((str(folder),), out, samples=folder / "samples.csv", device=device, workers=workers)
    summary = run_and_tell(call, Recipe())
    _compare_with_truth(summary, json.loads((folder / "truth.json").read_text(encoding="utf-8")))
    if summary.exit_status:
        raise typer.Exit(summary.exit_status)


def samples_folder() -> Path:
    """`data_samples/` of a checkout, `grainstats/_samples` of an installed wheel.

    `InputError`: the installation came without sample micrographs.
    """
    from segment.errors import InputError

    package = Path(__file__).resolve().parents[2]
    for folder in (package / "_samples", package.parent / "data_samples"):
        if (folder / "samples.csv").is_file():
            return folder
    raise InputError(
        "demo", "this installation has no sample micrographs", "Install the wheel, or use a checkout"
    )


def _compare_with_truth(summary: Summary, truth: dict[str, Any]) -> None:
    """Print verdict and spacing of each sample beside what its mosaic was made with."""
    print("\nAgainst the known truth (synthetic micrographs):")
    for sample_id, verdict in summary.verdicts:
        made = truth[sample_id]
        spacing = summary.spacings.get(sample_id)
        told = "no spacing" if spacing is None else f"{spacing:.1f} nm"
        mark = "" if verdict == "indeterminate" else "right" if verdict == made["modality"] else "WRONG"
        print(
            f"  {sample_id:15} {verdict:14} (truth {made['modality']:8} {mark:5})   "
            f"mean intercept {told} (truth {made['intercept_nm']['mean']:.1f} nm)"
        )
    print("Boundaries that were not found make spacings read large; the report corrects for them.")


def init(
    folder: Annotated[Path, Argument(metavar="DIR", help="Where the files are written; made if missing.")],
) -> None:
    """Write samples.csv, recipe.toml and space.toml to fill in; files that are there stay as they are.

    Examples:

    - `grainstats init .`
    - `grainstats init new_campaign`
    """
    from grainstats.run.atomic import write_bytes
    from grainstats.run.starting_files import starting_files

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in starting_files().items():
        path = folder / name
        if path.exists():
            print(f"{path}: is there, left as it is")
            continue
        write_bytes(path, text.encode())
        print(path)


def serve(
    folder: Annotated[
        Path, Argument(metavar="DIR", help="Where images, corrections and results are kept.")
    ] = Path("grainstats_page"),
    port: Annotated[int, Option(min=0, max=65535, help="Port of the page; 0: any free one.")] = 0,
    show: Annotated[bool, Option("--show/--no-show", help="Open the browser.")] = True,
) -> None:
    """Open a page in the browser: drop images, set scale and samples, run, read the report, correct.

    The page answers this machine alone, and only with the token in the address. Nothing is sent anywhere.

    Examples:

    - `grainstats serve`
    - `grainstats serve films --no-show`
    """
    from grainstats.run.serve.project import Project
    from grainstats.run.serve.server import serve as start

    start(Project(folder), port, show=show)
