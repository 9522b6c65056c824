"""`grainstats export`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

from typer import Option

from grainstats.run.commands.choices import DatabaseOption, FilesOption
from grainstats.share.exports import FORMS, Form
from segment.errors import InputError

boxvia = partial(Option, rich_help_panel="BOXVIA")


def export(
    db: DatabaseOption,
    to: Annotated[Form, Option(metavar="FORM", help=f"Form to write: {', '.join(FORMS)}.")],
    out: Annotated[Path, Option(help="Folder to write: new, empty, or of an earlier export.")],
    objective: Annotated[str | None, boxvia(help="Property to optimise, such as jc or jc_kA/cm2.")] = None,
    limit: Annotated[
        list[str] | None,
        boxvia("--range", help="Range of a parameter, as temperature_degC=800:900; repeatable."),
    ] = None,
    files: FilesOption = None,
) -> None:
    """Write the database as CSV, Parquet, Data Package, RDE data set or BOXVIA table, or as ImageJ regions.

    Examples:

    - `grainstats export --db results/results.db --to csv --out tables`
    - `grainstats export --db results/results.db --to rde --out for_rde`
    """
    from grainstats.run.report.wording import counted
    from grainstats.share.db.database import Database
    from grainstats.share.exports import export as write
    from grainstats.share.exports.tables import n_texts_shown

    ranges = dict(_range(text) for text in limit or ())
    with Database.open(db, create=False) as opened:
        written = write(opened, to, out, objective=objective, ranges=ranges, files=files)
    print(f"{counted(len(written), 'file')} in {out}")
    folders = [path.parent.name for path in written]
    if to == "rde" and (bare := folders.count("invoice") - folders.count("main_image")):
        print(
            f"warning: {bare} of {folders.count('invoice')} tiles have no main image: "
            "name the folder of the run with --files",
            file=sys.stderr,
        )
    if to == "csv" and (shown := n_texts_shown(written)):
        print(
            f"texts that begin like a formula: {shown}; each stands behind an apostrophe, so that no "
            "spreadsheet runs it; --to parquet and --to datapackage keep them as they are",
            file=sys.stderr,
        )


def _range(text: str) -> tuple[str, tuple[float, float]]:
    """``temperature_degC=800:900`` -> its name and limits."""
    name, _, limits = text.partition("=")
    low, _, high = limits.partition(":")
    try:
        bounds = float(low), float(high)
        if name and bounds[0] < bounds[1]:
            return name, bounds
    except ValueError:
        pass
    raise InputError("--range", f"{text!r} is no range", "Write it as temperature_degC=800:900")
