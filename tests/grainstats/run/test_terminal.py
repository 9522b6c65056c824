"""Streams that are closed or end, and signals: a command goes on, or says that it stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

MAIN = "from grainstats.run.cli import main; main()"


@pytest.mark.parametrize("ends", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault_and_no_file_takes_their_place(tmp_path: Path, ends: str) -> None:
    call = ["bash", "-c", f"{sys.executable} -c '{MAIN}' init . {ends}"]
    assert subprocess.run(call, cwd=tmp_path, capture_output=True).returncode == 0
    assert (tmp_path / "recipe.toml").read_text().startswith("#:schema")


def test_an_error_that_nobody_reads_keeps_its_status(tmp_path: Path) -> None:
    line = f"{sys.executable} -c '{MAIN}' run --out out 2>&1 >/dev/null | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", line], cwd=tmp_path).returncode == 2


def test_what_is_said_at_the_end_changes_no_status(tmp_path: Path) -> None:
    code = "import time; from grainstats.run.terminal import *; guard_terminal()\ntime.sleep(.2)"
    code += "\nwith whoever_listens(): print(1)"
    (tmp_path / "say.py").write_text(code)
    line = f"{sys.executable} say.py | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", line], cwd=tmp_path).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_stopped_says_so(number: int) -> None:
    code = "import os; from grainstats.run import cli; "
    code += f"cli.app = lambda: os.kill(os.getpid(), {int(number)}); cli.main()"
    heeded = partial(signal.signal, number, signal.SIG_DFL)  # nohup has it ignored
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, preexec_fn=heeded)
    assert done.returncode == 128 + number
    assert done.stderr.startswith("stopped; what is finished is kept")
