"""A run in a process of its own, and what it says of its progress."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

_LINE = re.compile(r"^(\d+)/(\d+) (.*)$")  #: as `job.progress` prints it where standard error is no terminal
_KEPT = 400  #: lines of its words


@dataclass
class Running:
    """The last run of the page."""

    done: int = 0  #: images finished
    total: int = 0  #: images to be done in all
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))  #: what it said last
    _process: subprocess.Popen[str] | None = None
    _reader: threading.Thread | None = None

    @property
    def active(self) -> bool:
        """Whether it is at work."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """0 all done, 1 some images failed, else it could not; None before it has ended."""
        return None if self._process is None or self.active else self._process.returncode

    def start(self, command: Sequence[str]) -> None:
        """Start the run; nothing where one is at work already."""
        if self.active:
            return
        self.done = self.total = 0
        self.lines.clear()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Ask it to stop; finished images are kept, and the next start goes on from there."""
        if self._process is not None and self.active:
            if sys.platform == "win32":
                self._process.terminate()
            else:
                self._process.send_signal(signal.SIGINT)  # as Ctrl-C in a terminal

    def wait(self, seconds: float) -> None:
        """Until it has ended and all its words are read, at most so long."""
        if self._process is not None and self._reader is not None:
            self._process.wait(seconds)
            self._reader.join(seconds)

    def hear(self, line: str) -> None:
        """Take in one line of its words."""
        match = _LINE.match(line)
        if match is not None:
            self.done, self.total = int(match.group(1)), int(match.group(2))
        if line.strip():
            self.lines.append(line.rstrip())

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            for line in stream:
                self.hear(line)
