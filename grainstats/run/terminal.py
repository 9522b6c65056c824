"""What reaches the terminal: text, never commands to it."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from grainstats.run.names import printable

_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")  #: the only escapes a message of ours may hold (help, bars)
_LINES = re.compile(r"([\n\t])")


class PlainStream:
    """A text stream that writes control characters out instead of sending them.

    File names and metadata come from anywhere; a terminal obeys the escapes in them. Line ends and tabs pass;
    colours pass where the stream is a terminal.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._kept = re.compile(f"{_COLOUR.pattern}|{_LINES.pattern}") if stream.isatty() else _LINES

    def write(self, text: str) -> int:
        """Write `text`, harmless."""
        if not text.isprintable():
            text = "".join(
                part if part and self._kept.fullmatch(part) else printable(part or "")
                for part in self._kept.split(text)
                if part is not None
            )
        self._stream.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """As of a file."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class LastingStream:
    """A text stream for messages: where nobody takes them (a lost connection, a full log), work goes on."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write `text` where that can be done."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """As of a file."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def whoever_listens() -> Iterator[None]:
    """What is printed within may go into a closed pipe (``| head``): the work is done, its status stands."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def guard_terminal() -> None:
    """Let standard output and error of this process pass through `PlainStream`; never fail on a character.

    Where one is closed (``2>&-``), what is written to it goes nowhere, and no file takes its place. Standard
    error never ends a command.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            if _is_closed(number):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, this one
            stream = open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8")
            setattr(sys, name, stream)
        if name == "stdin" or isinstance(stream, PlainStream):
            continue
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, PlainStream(LastingStream(stream) if name == "stderr" else stream))


def _is_closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False
