"""`grainstats serve`: the run on a page in the browser, for this machine only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option


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
