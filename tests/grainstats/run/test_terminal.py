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


@pytest.mark.parametrize(("words", "kept"), [("run in", "goes on from there"), ("volume a", "begins again")])
def test_a_stop_within_compiled_code_that_calls_back_is_not_lost(words: str, kept: str) -> None:
    code = f"""import ctypes, os, signal, sys, time
from grainstats.run import cli
sys.argv[1:] = {words.split()}
call = ctypes.CFUNCTYPE(None)(lambda: os.kill(os.getpid(), signal.SIGINT))
cli.app = lambda: (call(), time.sleep(20))
cli.main()"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 130
    assert done.stderr == f"stopped; what is finished is kept, the same command {kept}\n"


def test_a_stop_while_the_program_loads_ends_in_words() -> None:
    code = "import os, signal, sys\n"
    code += "sys.meta_path.insert(0, type('Finder', (), {'find_spec': lambda self, name, *_: "
    code += "os.kill(os.getpid(), signal.SIGINT) if name == 'grainstats.run' else None})())\n"
    code += "from grainstats.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "stopped before it began\n")


def test_long_sums_are_made_in_one_thread_from_the_start() -> None:
    """Threads' sums end in digits that depend on their number."""
    code = "import os, sys; sys.argv[1:] = ['--version']; from grainstats.__main__ import main\n"
    code += "sys.meta_path.insert(0, type('Finder', (), {'find_spec': lambda self, name, *_: "
    code += "print(os.environ.get('OPENBLAS_NUM_THREADS')) if name == 'grainstats.run' else None})())\nmain()"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[0] == "1"
