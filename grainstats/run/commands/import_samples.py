"""`grainstats import`: the laboratory's sample sheet into the database, without running anything."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from typer import Argument

from grainstats.run.commands.choices import NewDatabaseOption


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
