"""`grainstats init`: the files that a new project begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument


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
