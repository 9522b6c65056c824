"""`grainstats import`, `merge` and `export`: what goes into a database and comes out of it."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from grainstats.run.commands.choices import DatabaseOption, FilesOption, NewDatabaseOption
from grainstats.share.exports import FORMS, Form
from grainstats.share.exports import export as write
from segment.errors import InputError

boxvia = partial(Option, rich_help_panel="BOXVIA")


def import_samples(
    file: Annotated[Path, Argument(metavar="FILE", help="samples.csv or .xlsx.")],
    db: NewDatabaseOption,
) -> None:
    """Store samples with their designs, process parameters and properties; all of them or none.

    Known samples are corrected, so that a property measured later is imported with the same sheet; an empty
    cell takes its value out.

    Examples:

    - `grainstats import samples.csv --db results/results.db`
    - `grainstats import samples.xlsx --db postgresql://lab@host/grains`
    """
    from grainstats.run.report.wording import counted
    from grainstats.share.db.database import Database
    from grainstats.share.sheets.samples import read_samples

    sheet = read_samples(file)
    with Database.open(db) as opened:
        for said in (*sheet.remarks, *opened.emptied_by(sheet)):
            print(f"warning: {said}", file=sys.stderr)
        new = opened.put_samples(sheet)
    print(f"{counted(len(sheet.rows), 'sample')} read, {new} of them new")


def merge(
    databases: Annotated[list[Path], Argument(metavar="DATABASE", help="SQLite files that shards wrote.")],
    db: NewDatabaseOption,
) -> None:
    """Merge the databases of several shards; doing it twice changes nothing.

    Verdicts are judged afterwards, of whole samples: `grainstats run --report-only --out results`.

    Examples:

    - `grainstats merge shard-*.db --db results/results.db`
    - `grainstats merge shard-1.db shard-2.db --db postgresql://lab@host/grains`
    """
    from grainstats.run.report.wording import counted, first_of
    from grainstats.share.db.database import Database
    from grainstats.share.db.merging import merge as add

    for path in databases:
        Database.open(path, create=False).close()  # a wrong name is said before the first is merged
    with Database.open(db) as target:
        for path in databases:
            with Database.open(path, create=False) as source:
                done = add(target, source)
            analyses = "1 analysis" if done.n_analyses == 1 else f"{done.n_analyses} analyses"
            print(f"{path}: {analyses} and {counted(done.n_samples, 'sample')} added")
            if done.n_replaced:
                print(
                    f"warning: {path}: {counted(done.n_replaced, 'image')} counted by another model, recipe "
                    "or correction before; those of this database count now",
                    file=sys.stderr,
                )
            if done.differing:
                print(
                    f"warning: {path}: another design or other properties of {', '.join(done.differing)} "
                    "than in the databases before, which stay; import the right samples.csv afterwards",
                    file=sys.stderr,
                )
            if done.elsewhere:
                print(
                    f"warning: {path}: {counted(len(done.elsewhere), 'image')} of another sample than in the "
                    f"databases before, where they stay: {first_of(done.elsewhere)}; to move them, give run "
                    "the right samples.csv",
                    file=sys.stderr,
                )


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
