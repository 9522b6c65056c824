"""How far a run is, on standard error: a bar for people, one line per image for log files."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from grainstats.run.names import printable


class Progress:
    """What a batch tells while it works; this one tells nobody."""

    def add(self, n_images: int) -> None:
        """More images were found."""

    def skip(self, n_images: int) -> None:
        """Images were found done already."""

    def note(self, text: str) -> None:
        """Something to know before the first image is done."""

    def advance(self, name: str, words: str, *, good: bool) -> None:
        """One image is finished, with or without a result."""


class Pace:
    """Time left, from the images that gave a result.

    Images found done and files that are refused at a glance say nothing about the others, and the first
    result waits for the model to load: from the second on, the time since the first is shared out.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._start = now()
        self._first = self._last = 0.0
        self._results = 0

    def result(self) -> None:
        """One more image has a result."""
        self._results += 1
        self._last = self._now()
        self._first = self._first if self._results > 1 else self._last

    def seconds_left(self, remaining: int) -> float | None:
        """For so many images; None before the first result."""
        if not self._results:
            return None
        if self._results == 1:
            return (self._last - self._start) * remaining
        each = (self._last - self._first) / (self._results - 1)
        return max(0.0, each * remaining - (self._now() - self._last))


class ProgressBar(Progress):
    """A rich bar with the time left on a terminal; plain lines where standard error is a file."""

    def __init__(self) -> None:
        stream = getattr(sys.stderr, "_stream", sys.stderr)  # the bar moves the cursor
        self._bar: Any = None
        if stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            self._console = Console(file=stream, highlight=False)
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[left]}"),
            )
            self._bar = Progress(*columns, console=self._console)
            self._task = self._bar.add_task("analysing", total=0, left="")
        self._total = self._skipped = self._worked = 0
        self._pace = Pace()

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

    def note(self, text: str) -> None:
        if self._bar is None:
            print(printable(text), file=sys.stderr, flush=True)
        else:
            self._console.print(printable(text), markup=False)

    def advance(self, name: str, words: str, *, good: bool) -> None:
        self._worked += 1
        if good:
            self._pace.result()
        if self._bar is None:
            done = self._skipped + self._worked
            line = f"{done}/{self._total} {name}: {words}{self._left()}"
            print(printable(line), file=sys.stderr, flush=True)
        elif not good:
            from rich.markup import escape

            self._console.print(f"[yellow]{escape(printable(name))}[/]: {escape(printable(words))}")
        self._show()

    def _show(self) -> None:
        if self._bar is not None:
            done = self._skipped + self._worked
            self._bar.update(self._task, total=self._total, completed=done, left=self._left().lstrip(", "))

    def _left(self) -> str:
        remaining = self._total - self._skipped - self._worked
        seconds = self._pace.seconds_left(remaining) if remaining else None
        return "" if seconds is None else f", {duration(seconds)} left"


def duration(seconds: float) -> str:
    """``"40 s"``, ``"12 min"``, ``"3 h 20 min"``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
