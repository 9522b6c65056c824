"""A disk that fills, an output that turns read-only, memory that ends: the same command goes on."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from grainstats.run.atomic import OutputError
from grainstats.run.failures import said_of
from grainstats.run.job import check_first
from grainstats.run.job.batch import Summary, run_batch
from grainstats.run.job.call import Call
from grainstats.run.job.progress import Progress
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from segment.errors import InputError

SCALE = {"imagej": True, "resolution": (0.5, 0.5), "metadata": {"unit": "nm"}}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a disk of its own cannot be mounted: not the superuser")
    yield place
    subprocess.run(["umount", str(place)], check=True)


class AfterTheFirst(Progress):
    """Does something once, when the first image has its result."""

    def __init__(self, do: Callable[[], object]) -> None:
        self.do: Callable[[], object] | None = do

    def advance(self, name: str, words: str, *, good: bool) -> None:
        if self.do is not None:
            self.do()
        self.do = None


def run(data: Path, out: Path, model: Path, progress: Progress | None = None) -> Summary:
    return run_batch(Call((str(data),), out, workers=0), Recipe(model=str(model)), progress=progress)


def tables(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / "tables").iterdir()}


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_disk_that_fails_in_the_middle(
    disk: Path,
    tmp_path: Path,
    edge_model: Path,
    two_samples: Path,
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(check_first, "LEAST_FREE", 0)
    if fault == "read-only":  # mount refuses while a file is open for writing, as the lock is
        monkeypatch.setattr(check_first, "_open_locked", lambda path: None)
    out = disk / "out"
    breaks = (lambda: fill(disk)) if fault == "full" else (lambda: remount(disk, "ro"))
    try:
        broken = run(two_samples, out, edge_model, AfterTheFirst(breaks))
    except InputError as error:
        assert "disk" in str(error) or "written" in str(error)
    except OSError as error:  # the command says so in one line
        assert error.errno in (errno.ENOSPC, errno.EROFS)
    else:
        assert broken.failures and all(f.reason and f.remedy for f in broken.failures)
    finally:
        remount(disk, "rw")
        (disk / "filler").unlink(missing_ok=True)
    assert run(two_samples, out, edge_model).failures == ()
    run(two_samples, tmp_path / "whole", edge_model)
    assert tables(out) == tables(tmp_path / "whole")
    assert not list(out.rglob(".grainstats-*"))


def test_a_full_disk_ends_the_run_and_names_its_file_wherever_the_database_is(
    disk: Path, tmp_path: Path, edge_model: Path, two_samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_first, "LEAST_FREE", 0)
    out, db = disk / "out", str(tmp_path / "elsewhere.db")
    call = Call((str(two_samples),), out, workers=0, db=db)
    recipe = Recipe(model=str(edge_model))
    with pytest.raises(OutputError) as full:
        run_batch(call, recipe, progress=AfterTheFirst(lambda: fill(disk)))
    assert full.value.errno == errno.ENOSPC
    assert Path(full.value.filename).is_relative_to(out / "images")
    assert not [path for path in out.rglob(".*") if ".grainstats-" in path.name]
    with Database.open(db) as found:
        assert len(found.analyses()) == 1 and found.failures().empty
    (disk / "filler").unlink()
    assert run_batch(call, recipe).failures == ()


def test_an_output_that_cannot_be_written_is_said_first(
    disk: Path, edge_model: Path, two_samples: Path
) -> None:
    (disk / "out").mkdir()
    remount(disk, "ro")
    with pytest.raises(InputError, match=r"can be written"):
        run(two_samples, disk / "out", edge_model)
    remount(disk, "rw")


@pytest.mark.slow
def test_an_image_for_which_memory_ends_costs_only_itself(
    tmp_path: Path, edge_model: Path, two_samples: Path
) -> None:
    rng = np.random.default_rng(0)
    tifffile.imwrite(two_samples / "S1/large.tif", rng.integers(0, 255, (12000, 12000), np.uint8), **SCALE)
    words = ["run", str(two_samples / "S1"), "--out", str(tmp_path / "out"), "--model", str(edge_model)]
    call = [sys.executable, "-c", "from grainstats.run.cli import main; main()", *words, "--workers", "1"]
    limited = f"ulimit -v 3200000; exec {' '.join(map(repr, call))}"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, env=os.environ.copy())
    assert done.returncode == 1, done.stderr
    assert "large.tif: not enough memory for this input" in done.stdout + done.stderr
    assert "1 without a result" in done.stdout


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("Exception from src/inference/src/cpp/infer_request.cpp:246:\nNode can't alloc"),
        RuntimeError(
            "Check 'ptr' failed at cpu_memory.cpp:257:\nFailed to allocate 72450048 bytes of memory"
        ),
        RuntimeError("std::bad_alloc"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_memory_that_ends_in_a_library_is_told_as_that(error: Exception) -> None:
    assert said_of(error)[0] == "not enough memory for this input"


def test_what_else_is_unavailable_is_no_memory() -> None:
    for said in ("Resource temporarily unavailable", "can't start new thread"):
        assert said_of(RuntimeError(said))[0] == "not enough memory, or threads, for this input"
    busy = OSError(errno.EAGAIN, "Resource temporarily unavailable")
    assert said_of(busy)[0] == "cannot be read or written: Resource temporarily unavailable"


def test_a_full_folder_for_temporary_files_is_no_obstacle(
    disk: Path, tmp_path: Path, edge_model: Path, two_samples: Path
) -> None:
    fill(disk)
    words = ["run", str(two_samples), "--out", str(tmp_path / "out"), "--model", str(edge_model)]
    call = [sys.executable, "-c", "from grainstats.run.cli import main; main()", *words, "--workers", "1"]
    done = subprocess.run(call, capture_output=True, text=True, env=os.environ | {"TMPDIR": str(disk)})
    assert done.returncode == 0, done.stderr
    run(two_samples, tmp_path / "whole", edge_model)
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")


def test_what_the_system_refuses_is_no_error_to_report(
    tmp_path: Path, edge_model: Path, two_samples: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "images").write_text("a file where a folder should be")
    done = run(two_samples, out, edge_model)
    assert len(done.failures) == 4 and not (out / "errors").exists()
    assert done.failures[0].reason == "cannot be read or written: Not a directory"
    (out / "images").unlink()
    assert not run(two_samples, out, edge_model).failures
