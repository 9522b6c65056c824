"""What would spoil a run is said before the first image is segmented."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call
from grainstats.run.job.check_first import (
    alone_in,
    check_output,
    check_scales,
    make_output,
    mixed_scales,
)
from grainstats.run.job.progress import Progress
from grainstats.run.recipe import Recipe
from segment.errors import InputError
from segment.micrograph.reading import stated_pixel_size

Usage = namedtuple("Usage", "total used free")


class Notes(Progress):
    """Keeps what is said, and in which order things happen."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)

    def advance(self, name: str, words: str, *, good: bool) -> None:
        self.said.append("image")


def test_one_file_of_each_folder_is_asked_for_its_scale(tmp_path, monkeypatch, write_micrograph):
    with_scale = [write_micrograph(tmp_path / f"A/{k}.tif", k) for k in range(3)]
    without = [write_micrograph(tmp_path / f"B/{k}.tif", k, pixel_size_nm=None) for k in range(3)]
    broken = tmp_path / "C/c.tif"
    broken.parent.mkdir()
    broken.write_text("no image")
    paths = [*with_scale, *without, broken, tmp_path / "gone.tif"]
    (said,) = check_scales(paths, [path.name for path in paths])
    assert "no pixel size in 0.tif," in said and "--pixel-size" in said
    monkeypatch.setattr("segment.micrograph.reading.prepare_frame", None)
    assert not list(check_scales(with_scale, ["a", "b", "c"])), (
        "no pixel is read where metadata state the size"
    )
    assert [stated_pixel_size(path) for path in paths[2:4]] == [2.0, None]


def test_samples_of_mixed_scales_are_named_before_they_are_segmented(tmp_path, write_micrograph):
    sizes = {"A": (2.0, 2.0, 2000.0), "B": (2.0, 20.0, 2.0), "C": (2.0, None, 2.0)}
    chosen = [
        (write_micrograph(tmp_path / f"{sample}/{k}.tif", k, pixel_size_nm=size), sample)
        for sample, pixels in sizes.items()
        for k, size in enumerate(pixels)
    ]
    (said,) = mixed_scales(chosen, lambda path: path.name)
    assert said.startswith("A: scales do not fit") and "2.tif has 2000 nm a pixel, exactly 1,000" in said


def test_a_disk_that_is_full_or_will_be_is_said(tmp_path, monkeypatch, write_micrograph):
    path = write_micrograph(tmp_path / "a.tif", 0)
    make_output(tmp_path / "out")
    assert not list(check_output(tmp_path / "out", [path]))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(1, 1, 1))
    with pytest.raises(InputError, match="disk is full"):
        list(check_output(tmp_path / "out", [path]))
    monkeypatch.setattr("grainstats.run.job.check_first.LEAST_FREE", 0)
    (said,) = check_output(tmp_path / "out", [path])
    assert "GB free" in said


def test_a_folder_that_cannot_be_made_is_an_error_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("a" * 300)):
        with pytest.raises(InputError, match=r"it cannot be written .*Name a folder"):
            make_output(out)


def test_words_come_before_work(tmp_path, edge_model, write_micrograph):
    for k in range(2):
        write_micrograph(tmp_path / f"data/S1/{k}.tif", k, pixel_size_nm=None)
    notes = Notes()
    run_batch(
        Call((str(tmp_path / "data"),), tmp_path / "out", workers=0),
        Recipe(model=str(edge_model)),
        progress=notes,
    )
    assert notes.said[0] == "2 files in 1 sample" and "no pixel size" in notes.said[1]
    assert notes.said[2] == "image"


HOLD = """
import sys
from pathlib import Path
from grainstats.run.job.check_first import alone_in
with alone_in(Path(sys.argv[1]), (int(sys.argv[2]), int(sys.argv[3]))):
    print("in", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_run(out: Path, shard: tuple[int, int]) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-c", HOLD, str(out), *map(str, shard)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"in\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("theirs", "ours", "allowed"),
    [((1, 1), (1, 1), False), ((1, 1), (2, 3), False), ((2, 3), (1, 1), False), ((2, 3), (2, 3), False),
     ((2, 3), (2, 4), False), ((2, 3), (1, 3), True)],
)  # fmt: skip
def test_a_second_run_into_one_folder_is_told_of_the_first(tmp_path, theirs, ours, allowed):
    with another_run(tmp_path, theirs) as process:
        told = (
            nullcontext() if allowed else pytest.raises(InputError, match=rf"process {process.pid} on .*UTC")
        )
        with told, alone_in(tmp_path, ours):
            pass


def test_a_run_that_was_killed_or_has_ended_blocks_nobody(tmp_path):
    with another_run(tmp_path, (1, 1)) as process:
        process.kill()
        process.wait()
        assert list(tmp_path.iterdir())
        for shard in ((2, 3), (1, 1)):
            with alone_in(tmp_path, shard):
                pass
    assert not list(tmp_path.iterdir())


def test_a_disk_without_locks_is_no_obstacle(tmp_path, monkeypatch):
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr("fcntl.lockf", no_locks)
    with alone_in(tmp_path, (1, 1)):
        pass


def test_windows_locks_tell_the_same(tmp_path, monkeypatch):
    """By its interface: a byte is locked, an open file cannot be removed."""
    fcntl = pytest.importorskip("fcntl")

    def locking(number: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1) and os.lseek(number, 0, os.SEEK_CUR) > 10_000
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PermissionError(errno.EACCES, "Permission denied") from None

    def unlink(path: Path, missing_ok: bool = False) -> None:
        with path.open("rb") as file:
            locking(file.fileno(), 2, file.seek(1 << 20) >> 20)
        os.unlink(path)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=locking))
    monkeypatch.setattr(Path, "unlink", unlink)
    for shard in ((1, 1), (1, 2)):
        with alone_in(tmp_path, (1, 1)):
            told = pytest.raises(InputError, match=f"process {os.getpid()} on .*UTC")
            with told, alone_in(tmp_path, shard):
                pass
        assert not list(tmp_path.iterdir())
