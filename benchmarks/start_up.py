"""What a user waits for before anything happens."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.speed_table import rows_of


def _run(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)


class StartUp:
    """Fresh processes."""

    number = 1
    timeout = 60

    def time_import(self) -> None:
        _run("-c", "import grainstats, segment")

    def time_help(self) -> None:
        _run("-m", "grainstats", "--help")


class AgainstSegment:
    """Ratios measured in one run: processor seconds of a command against `segment`, one image of 512²."""

    timeout = 300
    unit = "ratio of processor seconds"
    params = ("run", "run again", "measure")
    param_names = ("command",)

    def track_over_segment(self, command: str) -> float:
        with tempfile.TemporaryDirectory() as scratch:
            rows_of(256, Path(scratch), 1)
            rows = rows_of(512, Path(scratch), 1)
        return next(float(str(row["of_segment"])) for row in rows if row["command"] == command)
