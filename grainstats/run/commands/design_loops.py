"""`grainstats suggest`, `propose` and `campaign`: the design loops of the optimizer and of researchers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from grainstats.run.commands.choices import DatabaseOption, JsonOption

if TYPE_CHECKING:
    from grainstats.share.optimizer import Proposal


def suggest(
    db: DatabaseOption,
    space: Annotated[Path, Option(help="Parameter space (TOML).")],
    objective: Annotated[
        list[str], Option(help="Property to improve; NAME:minimise to lower it; repeat for several.")
    ],
    n: Annotated[int, Option("-n", help="How many experiments.", min=1, max=96)] = 3,
    seed: Annotated[int, Option(help="Seed; the same data and seed give the same proposal.")] = 0,
    campaign: Annotated[str, Option(help="Campaign to store the suggestions under.")] = "",
    ignore_open: Annotated[
        bool, Option("--ignore-open", help="Forget earlier suggestions that were never made.")
    ] = False,
    no_store: Annotated[bool, Option("--no-store", help="Do not record the suggestions.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Propose the next experiments, say why, and record them.

    Examples:

    - `grainstats suggest --db results/results.db --space space.toml --objective Tc_K`
    - `grainstats suggest --db results/results.db --space space.toml --objective Tc_K -n 5 --no-store`
    """
    from grainstats.share import Database
    from grainstats.share.optimizer import read_space
    from grainstats.share.optimizer import suggest as compute

    with Database.open(db, create=False) as database:
        proposal = compute(
            database, read_space(space), tuple(objective), n, seed=seed, ignore_open=ignore_open
        )
        records = proposal.records(campaign)
        stored = 0 if no_store else database.add_suggestions(records)
    if as_json:
        document = {
            "model": proposal.model,
            "evidence": proposal.densities,
            "suggestions": [
                {"parameters": r.parameters, "reason": r.reason, **r.predictions} for r in records
            ],
            "snapshot_digest": proposal.snapshot_digest,
            "seed": proposal.seed,
            "stored": stored,
            "notes": list(proposal.notes),
        }
        typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1))
    else:
        typer.echo(_text(proposal))
        typer.echo(f"{stored} new suggestions recorded in {database.safe_url}", err=True)


def _text(proposal: Proposal) -> str:
    lines = [f"{name}: {words}" for name, words in proposal.evidence.items()]
    for number, s in enumerate(proposal.suggestions, 1):
        settings = ", ".join(
            f"{k} = {v if isinstance(v, str) else f'{v:g}'}" for k, v in s.parameters.items()
        )
        lines += ["", f"{number}. {settings}", f"   {s.reason}"]
    tail = f"data {proposal.snapshot_digest[:12]}, seed {proposal.seed}, {proposal.model}"
    return "\n".join([*lines, "", *proposal.notes, tail])


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


def campaign(
    db: DatabaseOption,
    out: Annotated[Path, Option(metavar="FILE", help="HTML page to write.")] = Path("campaign.html"),
    objective: Annotated[
        list[str] | None,
        Option(help="Property; NAME:minimise where less is better. Default: what suggestions are for."),
    ] = None,
    campaign: Annotated[str | None, Option(help="Only this campaign.")] = None,
) -> None:
    """Show both design loops: best property against experiments, and what came of every proposal.

    Examples:

    - `grainstats campaign --db results/results.db --out loops.html`
    - `grainstats campaign --db results/results.db --out loops.html --campaign first`
    """
    from grainstats.run.report.loop_page import write_campaign_page
    from grainstats.share.db.database import Database

    with Database.open(db, create=False) as opened:
        sections = write_campaign_page(opened, out, tuple(objective or ()), campaign=campaign)
    for section in sections:
        print(f"{section['loops'].name.replace('_', ' ')}: {' '.join(section['words'])}")
    print(f"page: {out}")
