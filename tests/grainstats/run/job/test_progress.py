"""The time left: from images that gave a result, whatever else there was."""

from __future__ import annotations

import io
from functools import partial

import pytest
from rich.console import Console

from grainstats.run.job.progress import Pace, ProgressBar, duration


class Clock:
    """Time that a test lets pass."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_wait_for_the_model_is_not_counted_for_every_image() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.seconds_left(10) is None
    clock.now += 8  # seven seconds of loading, one of work
    pace.result()
    assert pace.seconds_left(10) == 80
    for _ in range(3):
        clock.now += 1
        pace.result()
    assert pace.seconds_left(7) == pytest.approx(7)
    clock.now += 0.5
    assert pace.seconds_left(7) == pytest.approx(6.5)


def test_refused_files_do_not_promise_a_quick_end(capsys: pytest.CaptureFixture, monkeypatch) -> None:
    clock = Clock()
    monkeypatch.setattr("grainstats.run.job.progress.Pace.__init__.__defaults__", (clock,))
    progress = ProgressBar()
    progress.add(1000)
    progress.skip(10)
    for k in range(90):
        progress.advance(f"{k}.txt", "no image", good=False)
    assert "left" not in capsys.readouterr().err
    for k in range(3):
        clock.now += 10
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
