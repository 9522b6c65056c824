"""What a user waits for before anything happens."""

from __future__ import annotations

import subprocess
import sys


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
