"""What would spoil a run is said before the first image is segmented."""

from __future__ import annotations

import shutil
from collections import namedtuple

import pytest

from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call
from grainstats.run.job.check_first import check_output, check_scales, make_output
from grainstats.run.job.progress import Progress
from grainstats.run.recipe import Recipe
from segment.errors import InputError
from segment.micrograph.reading import states_pixel_size

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
    assert [states_pixel_size(path) for path in paths[2:4]] == [True, False]


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
