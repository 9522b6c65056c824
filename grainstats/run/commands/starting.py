"""`grainstats demo`, `init` and `serve`: ways to begin."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from grainstats.run.commands.choices import DeviceOption, many
from grainstats.run.commands.run import run_and_tell
from grainstats.run.recipe import Recipe
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.run.job.batch import Summary

_AS_THEY_ARE = ("samples.csv", "space.toml", "space.schema.json")  #: in the folder `starting`
_JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


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

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in starting_files().items():
        path = folder / name
        if path.exists():
            print(f"{path}: is there, left as it is")
            continue
        write_bytes(path, text.encode())
        print(path)
    sheet = folder / "samples.csv"
    print(f"Fill in {sheet}, then: grainstats run FOLDER --samples {sheet} --out results", file=sys.stderr)


def starting_files() -> dict[str, str]:
    """Content of each file by its name; editors complete the two in TOML by their JSON schemas.

    >>> sorted(starting_files())
    ['recipe.schema.json', 'recipe.toml', 'samples.csv', 'space.schema.json', 'space.toml']
    """
    folder = Path(__file__).parents[1] / "starting"
    return {
        **{name: (folder / name).read_text(encoding="utf-8") for name in _AS_THEY_ARE},
        "recipe.toml": blank_recipe(),
        "recipe.schema.json": json.dumps(recipe_schema(), indent=1) + "\n",
    }


def blank_recipe() -> str:
    """Every key of a recipe with its meaning and its default, commented out."""
    meaning = attribute_meanings(Recipe)
    lines = [
        "#:schema ./recipe.schema.json",
        "# Everything that changes a result. As it stands this is the released method.",
        "",
    ]
    for one in dataclasses.fields(Recipe):
        lines.append(f"# {meaning[one.name]}")
        default = json.dumps(list(one.default) if isinstance(one.default, tuple) else one.default)
        lines += [f"# {one.name} = {'...' if one.default is None else default}", ""]
    return "\n".join(lines)


def recipe_schema() -> dict[str, Any]:
    """JSON schema of a recipe, from the dataclass."""
    meaning, kinds = attribute_meanings(Recipe), typing.get_type_hints(Recipe)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Recipe",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            one.name: {"description": meaning[one.name], **_json_type(kinds[one.name])}
            for one in dataclasses.fields(Recipe)
        },
    }


def attribute_meanings(kind: type) -> dict[str, str]:
    """Meaning of each attribute in a numpydoc docstring, one line each."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in inspect.cleandoc(kind.__doc__ or "").splitlines():
        head = re.match(r"^([\w, ]+) : ", line)
        if head:
            names = [name.strip() for name in head[1].split(",")]
            found.update(dict.fromkeys(names, ""))
        elif line.startswith("    "):
            for name in names:
                found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def _json_type(kind: Any) -> dict[str, Any]:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kind, *others = (part for part in typing.get_args(kind) if part is not type(None))
        if others:
            return {}
    if typing.get_origin(kind) is typing.Literal:
        return {"enum": list(typing.get_args(kind))}
    if typing.get_origin(kind) is tuple:
        return {"type": "array", "items": _json_type(typing.get_args(kind)[0])}
    return {"type": _JSON_TYPES[kind]} if kind in _JSON_TYPES else {}


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
