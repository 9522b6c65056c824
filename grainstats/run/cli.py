"""The command line: one function per command, errors turned into exit status and words."""

from __future__ import annotations

import _thread
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from grainstats._version import __version__
from grainstats.run.atomic import OutputError
from grainstats.run.commands import (
    compare,
    current,
    database,
    design_loops,
    info,
    magnet,
    measure,
    model,
    run,
    segment,
    starting,
    volume,
)
from grainstats.run.commands.choices import PlainCommand, PlainGroup
from grainstats.run.terminal import guard_terminal
from segment.errors import InputError

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

app = typer.Typer(
    name="grainstats",
    cls=PlainGroup,
    help="From electron micrographs to grain-boundary spacings and a verdict: "
    "uniform, bimodal or indeterminate.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Getting started": (starting.demo, starting.init, info.info, starting.serve),
    "From images to verdicts": (run.run, segment.segment, measure.measure, volume.volume),
    "Comparison, current, magnet": (compare.compare, current.current, magnet.magnet),
    "Design loops": (design_loops.suggest, design_loops.propose, design_loops.campaign),
    "Database": (database.import_samples, database.merge, database.export),
}
for heading, commands in COMMANDS.items():
    for command in commands:
        name = command.__name__.removesuffix("_samples")
        app.command(name, cls=PlainCommand, rich_help_panel=heading)(command)
app.add_typer(model.app, name="model", rich_help_panel="Models")

COLLECT_AT = 1_000_000  #: new objects between searches for garbage; at 700 they take a tenth of a command
_INTERRUPTED = 130  #: exit status after Ctrl-C, as shells have it; Typer ends with it, too, but in silence
_STOPPING = {  #: exit status after kill, or a batch system's end of time, and where a terminal closes
    getattr(signal, name): 128 + getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP")
    if hasattr(signal, name)
}
#: commands that go on where they were stopped; others begin again, and replace no whole file by half of one
_GO_ON = ("run", "demo", "serve", "train")
_AGAIN = 0.1  #: seconds until a stop that was lost is made again


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"grainstats {__version__}")
        raise typer.Exit


@app.callback()
def _grainstats(
    version: Annotated[
        bool, Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    del version


def main() -> None:
    """Entry point: exit 0 all done, 1 some inputs failed, 2 the call itself was wrong."""
    guard_terminal()
    _stop_in_order()
    gc.set_threshold(COLLECT_AT, 20, 20)
    try:
        app()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.strerror is None:  # no fault of the system
            raise
        remedy = "Name a folder that can be made and written, on a disk with room"
        if isinstance(error, OutputError):
            remedy = "Make room or look at the disk, and give the same command again; what is done is kept"
        print(f"error: {error.filename or 'output'}: {error.strerror}. {remedy}.", file=sys.stderr)
        sys.exit(2)
    except MemoryError:
        print("error: not enough memory. Take a machine with more, or smaller images.", file=sys.stderr)
        sys.exit(1)
    except (KeyboardInterrupt, SystemExit) as end:
        status = end.code if isinstance(end, SystemExit) else _INTERRUPTED
        if not isinstance(status, int) or status not in (_INTERRUPTED, *_STOPPING.values()):
            raise
        on = "goes on from there" if {*sys.argv[1:3]} & {*_GO_ON} else "begins again"
        print(f"stopped; what is finished is kept, the same command {on}", file=sys.stderr)
        sys.stderr.flush()
        os._exit(status)
    finally:
        if "torch" not in sys.modules:  # its compiler reports whatever is never collected as leaked
            gc.freeze()  # else the interpreter searches all modules for garbage as it ends, .4 s after a run


def _stop_in_order() -> None:
    """Let these signals end a command as Ctrl-C does; one that the caller ignores (nohup) stays ignored."""
    sys.unraisablehook = _not_lost
    for number, status in _STOPPING.items():
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda *_, status=status: sys.exit(status))


def _not_lost(lost: UnraisableHookArgs) -> None:
    """Stop again where compiled code that called back had to pass over it, as Numba's compiler does."""
    status = getattr(lost.exc_value, "code", _INTERRUPTED)
    if not isinstance(lost.exc_value, KeyboardInterrupt | SystemExit) or not isinstance(status, int):
        sys.__unraisablehook__(lost)
        return
    again = threading.Timer(_AGAIN, _thread.interrupt_main, (status - 128,))
    again.daemon = True
    again.start()
