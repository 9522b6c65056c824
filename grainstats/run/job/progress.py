"""How far a run is, on standard error: a bar for people, one line per image for log files."""

import sys
import time
from types import TracebackType
from typing import Any, Self

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
            # drawn where something changes: a thread that draws it would forbid to fork workers
            self._bar = Progress(*columns, console=self._console, auto_refresh=False)
            self._task = self._bar.add_task("analysing", total=0, left="")
        self._total = self._skipped = self._worked = self._results = 0
        self._start = time.monotonic()

    def __enter__(self) -> Self:
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
        self._results += good
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
            left = self._left().lstrip(", ")
            self._bar.update(self._task, total=self._total, completed=done, left=left, refresh=True)

    def _left(self) -> str:
        """Images found done, or refused at a glance, say nothing about the others."""
        remaining = self._total - self._skipped - self._worked
        if not remaining or not self._results:
            return ""
        return f", {duration((time.monotonic() - self._start) / self._results * remaining)} left"


def duration(seconds: float) -> str:
    """``"40 s"``, ``"12 min"``, ``"3 h 20 min"``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
