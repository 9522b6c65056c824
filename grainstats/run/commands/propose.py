"""`grainstats propose`: experiments that somebody else proposes, recorded beside the optimizer's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from grainstats.run.commands.choices import DatabaseOption


def propose(
    file: Annotated[
        Path,
        Argument(metavar="FILE", help="Sheet of proposals (.csv, .xlsx), or with --boxvia its Suggest.csv."),
    ],
    db: DatabaseOption,
    space: Annotated[
        Path | None, Option(metavar="FILE", help="Parameter space (TOML) the proposals must lie in.")
    ] = None,
    campaign: Annotated[str, Option(help="Campaign, where the sheet names none.")] = "",
    boxvia: Annotated[
        Path | None,
        Option(metavar="SIDECAR", help="FILE is BOXVIA's; the boxvia_sidecar.json of its export."),
    ] = None,
) -> None:
    """Record experiments that researchers, or BOXVIA, propose; all of them or none.

    Columns: param:NAME_UNIT, and optionally reason, by, campaign, expect:PROPERTY_UNIT.

    Examples:

    - `grainstats propose proposals.csv --db results/results.db --space space.toml`
    - `grainstats propose proposals.xlsx --db results/results.db`
    """
    from grainstats.run.report.wording import counted
    from grainstats.share.db.database import Database

    with Database.open(db, create=False) as opened:
        if boxvia is not None:
            from grainstats.share.sheets.boxvia_suggestions import import_suggestions

            new = import_suggestions(opened, file, boxvia, campaign=campaign)
        else:
            from grainstats.share.optimizer import read_space
            from grainstats.share.sheets.proposals import import_proposals

            limits = read_space(space) if space is not None else None
            new = import_proposals(opened, file, space=limits, campaign=campaign)
        total = len(opened.suggestions())
    print(f"{counted(new, 'new proposal')} recorded; the database holds {total}")
