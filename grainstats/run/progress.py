"""How far a run is, on standard error: a bar for people, one line per image for log files."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Protocol


class Progress(Protocol):
    """What a batch tells while it works."""

    def add(self, n_images: int) -> None:
        """More images were found."""

    def skip(self, n_images: int) -> None:
        """Images were found done already."""

    def advance(self, name: str, words: str, *, good: bool) -> None:
        """One image is finished, with or without a result."""


class Silence:
    """A progress that nobody sees."""

    def add(self, n_images: int) -> None: ...

    def skip(self, n_images: int) -> None: ...

    def advance(self, name: str, words: str, *, good: bool) -> None: ...


class ProgressBar:
    """A rich bar with the time left on a terminal; plain lines where standard error is a file.

    The time left counts images that were worked on, not those found done.
    """

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._console = Console(stderr=True, highlight=False)
        self._bar: Any = None
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[left]}"),
            )
            self._bar = Progress(*columns, console=self._console)
            self._task = self._bar.add_task("analysing", total=0, left="")
        self._total = self._skipped = self._worked = 0
        self._start = time.monotonic()

    def __enter__(self) -> ProgressBar:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def add(self, n_images: int) -> None:
        self._total += n_images
        self._show()

    def skip(self, n_images: int) -> None:
        self._skipped += n_images
        self._show()

    def advance(self, name: str, words: str, *, good: bool) -> None:
        self._worked += 1
        if self._bar is None:
            done = self._skipped + self._worked
            print(f"{done}/{self._total} {name}: {words}{self._left()}", file=sys.stderr, flush=True)
        elif not good:
            self._console.print(f"[yellow]{name}[/]: {words}")
        self._show()

    def _show(self) -> None:
        if self._bar is not None:
            done = self._skipped + self._worked
            self._bar.update(self._task, total=self._total, completed=done, left=self._left().lstrip(", "))

    def _left(self) -> str:
        remaining = self._total - self._skipped - self._worked
        if not remaining or not self._worked:
            return ""
        seconds = (time.monotonic() - self._start) / self._worked * remaining
        return f", {duration(seconds)} left"


def duration(seconds: float) -> str:
    """``"40 s"``, ``"12 min"``, ``"3 h 20 min"``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
