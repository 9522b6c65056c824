"""The command line: one function per command, errors turned into exit status and words."""

from __future__ import annotations

import sys

import typer

from grainstats.run.commands import compare, demo, export, info, measure, model, run, segment, suggest
from segment.errors import InputError

app = typer.Typer(
    name="grainstats",
    help="From electron micrographs to grain-boundary spacings and a verdict: uniform, bimodal or undecided.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (
    demo.demo,
    run.run,
    segment.segment,
    measure.measure,
    info.info,
    compare.compare,
    export.export,
    suggest.suggest,
):
    app.command()(command)
app.add_typer(model.app, name="model")


def main() -> None:
    """Entry point: exit 0 all done, 1 some inputs failed, 2 the call itself was wrong."""
    try:
        app()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
