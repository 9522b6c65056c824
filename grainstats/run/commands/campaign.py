"""`grainstats campaign`: how far the AI's and the researchers' loops have come."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from grainstats.run.commands.choices import DatabaseOption


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
