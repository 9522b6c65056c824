"""Files that appear whole or not at all, and what killed runs leave behind."""

import errno
import os
import pickle

import pytest

from grainstats.run.atomic import OutputError, remove_leftovers, write_atomically, write_bytes


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    write_bytes(tmp_path / "a.txt", b"old")

    def fail(path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(tmp_path / "a.txt", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"old"


def test_leftovers_of_killed_runs_are_removed_and_nothing_else(tmp_path):
    folder = tmp_path / "images" / "S1"
    folder.mkdir(parents=True)
    old = [
        folder / ".grainstats-4711.field.overlay.png",
        folder / "..grainstats-4711.field.labels.tif.part",
        tmp_path / ".grainstats-12.report.html",
    ]
    names = ("field.labels.tif", ".hidden", ".gitignore", ".2024.notes.txt", ".grainstats-4712.now.png")
    kept = [folder / name for name in names]
    for path in (*old, *kept):
        path.write_bytes(b"x")
        os.utime(path, (1000, 1000))
    os.utime(kept[-1], (3000, 3000))
    remove_leftovers(tmp_path, before=2000)
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in kept)


@pytest.mark.parametrize(("number", "ends_all"), [(errno.ENOSPC, True), (errno.EFBIG, False)])
def test_what_cannot_be_written_is_named(tmp_path, number, ends_all):
    def fail(path):
        raise OSError(number, os.strerror(number))

    with pytest.raises(OSError, match=r"a\.txt") as caught:
        write_atomically(tmp_path / "a.txt", fail)
    assert isinstance(caught.value, OutputError) == ends_all
    again = pickle.loads(pickle.dumps(caught.value))  # as it comes from a worker
    assert (type(again), again.errno, again.filename) == (type(caught.value), number, str(tmp_path / "a.txt"))
