"""The time left: from images that gave a result, whatever else there was."""

from __future__ import annotations

import io
from functools import partial

import pytest
from rich.console import Console

from grainstats.run.job.progress import ProgressBar, duration


def test_refused_files_do_not_promise_a_quick_end(capsys: pytest.CaptureFixture, monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    progress = ProgressBar()
    progress.add(1000)
    progress.skip(10)
    for k in range(90):
        progress.advance(f"{k}.txt", "no image", good=False)
    assert "left" not in capsys.readouterr().err
    for k in range(3):
        now[0] += 10
        progress.advance(f"{k}.tif", "10.0 s", good=True)
    assert f"{duration(10 * 897)} left" in capsys.readouterr().err


def test_brackets_in_names_and_reasons_are_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", screen)
    terminal = partial(Console, file=screen, force_terminal=True, width=120)
    monkeypatch.setattr("rich.console.Console", lambda **options: terminal(highlight=False))
    with ProgressBar() as bar:
        bar.add(1)
        bar.advance("S1/film[bold].tif", "needs grainstats[vendor]", good=False)
    assert "film[bold].tif" in screen.getvalue() and "grainstats[vendor]" in screen.getvalue()
