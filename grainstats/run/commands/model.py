"""`grainstats model ...`."""

from __future__ import annotations

import typer

app = typer.Typer(help="List, evaluate, train, fine-tune, export and preview models.", no_args_is_help=True)


@app.command("list")
def list_models() -> None:
    """Not yet built."""
    raise NotImplementedError("model list")
