"""What the page does, without a browser: images, sheet, corrections, the command, its progress."""

from __future__ import annotations

import csv
import io
import sys
import zipfile

import cv2
import numpy as np
import pytest

from grainstats.run.serve.page import told
from grainstats.run.serve.project import Project, zipped
from grainstats.run.serve.running import Running
from grainstats.share.safe_paths import file_below
from segment.errors import InputError


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path / "page")
    noise = np.random.default_rng(0).integers(0, 255, (80, 80), np.uint8)
    for name in ("b.png", "a.png"):
        cv2.imwrite(str(made.place_for(name)), noise)
    return made


def test_dropped_files_stay_inside(project):
    assert project.place_for("../../etc/a.tif") == project.uploads / "a.tif"
    assert project.place_for("C:\\films\\a.tif") == project.uploads / "a.tif"
    assert project.place_for("Samples.CSV") == project.folder / "samples.csv"
    for name in ("", "..", ".hidden"):
        with pytest.raises(InputError):
            project.place_for(name)


def test_sheet_and_command_say_what_the_table_says(project):
    a, b = project.entries()
    assert (a.path.name, a.sample_id, b.path.name) == ("a.png", "images", "b.png")
    project.say(a.path, sample_id="film 1", excluded="out of\nfocus")
    project.set_pixel_size("2,5")
    command = project.command()
    assert command[1:5] == ["-m", "grainstats", "run", str(project.uploads)]
    assert command[command.index("--pixel-size") + 1] == "2.5"
    assert "--corrections" not in command and "--samples" not in command
    rows = list(csv.DictReader(io.StringIO((project.folder / "images.csv").read_text())))
    assert rows == [
        {"file": "images/a.png", "sample_id": "film 1", "excluded": "out of focus"},
        {"file": "images/b.png", "sample_id": "images", "excluded": ""},
    ]


def test_the_next_visit_finds_what_was_said(project):
    project.say(project.entries()[0].path, sample_id="film 1", excluded="charging")
    project.command()
    again = Project(project.folder)
    assert [(e.sample_id, e.excluded) for e in again.entries()] == [("film 1", "charging"), ("images", "")]


def test_a_folder_of_the_machine(project, tmp_path):
    with pytest.raises(InputError, match="no folder"):
        project.use_folder(str(tmp_path / "nowhere"))
    other = tmp_path / "films"
    (other / "S1").mkdir(parents=True)
    cv2.imwrite(str(other / "S1" / "x.png"), np.eye(80, dtype=np.uint8))
    project.use_folder(f'"{other}"')
    assert [(e.path.name, e.sample_id) for e in project.entries()] == [("x.png", "S1")]
    project.command()
    assert "films/S1/x.png" in (project.folder / "images.csv").read_text()
    project.use_folder("")
    assert len(project.entries()) == 2


def test_samples_are_those_of_the_run(project):
    project.place_for("samples.csv").write_text("sample_id,design_route,images\nfilm 7,ai,images/a.*\n")
    assert [e.sample_id for e in project.entries()] == ["film 7", "images"]
    project.place_for("samples.csv").write_text(
        "sample_id,colour\nfilm 7,blue\n"
    )  # the run says what is wrong
    assert [e.sample_id for e in project.entries()] == ["images", "images"]


def test_folders_of_one_name_are_two_samples(project, tmp_path):
    for above in ("A", "B"):
        (tmp_path / "films" / above / "raw").mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "films" / above / "raw" / "x.png"), np.eye(80, dtype=np.uint8))
    project.use_folder(str(tmp_path / "films"))
    assert [e.sample_id for e in project.entries()] == ["A/raw", "B/raw"]


@pytest.mark.parametrize("text", ["two", "-1", "0", "inf", "nan"])
def test_sizes_that_are_none(project, text):
    with pytest.raises(InputError, match="a number above 0, in nanometres"):
        project.set_pixel_size(text)


def test_corrections_go_where_the_run_looks(project):
    image = project.entries()[0].path
    first = project.correct(image, "mended.tif", b"1", "a border was missing")
    second = project.correct(image, "a_tracing.png", b"2", "")
    assert not first.exists()
    assert second == project.corrections / "images" / "a.tracing.png"
    assert "--corrections" in project.command()
    with pytest.raises(InputError, match=r"\.tif"):
        project.correct(image, "notes.docx", b"", "")
    with pytest.raises(InputError, match="Export the layer"):
        project.correct(image, "layers.xcf", b"", "")


def test_a_new_correction_replaces_that_of_its_image_only(project):
    image = cv2.imread(str(project.entries()[0].path))
    for name in ("f[1].png", "f[1].5.png"):
        cv2.imwrite(str(project.place_for(name)), image)
    paths = {entry.path.name: entry.path for entry in project.entries()}
    kept = project.correct(paths["f[1].5.png"], "mended.tif", b"1", "why")
    first = project.correct(paths["f[1].png"], "mended.tif", b"2", "")
    project.correct(paths["f[1].png"], "RoiSet.zip", b"3", "")
    assert kept.exists() and kept.with_suffix(".txt").exists() and not first.exists()


def test_nothing_to_run(tmp_path):
    with pytest.raises(InputError, match="holds no micrograph"):
        Project(tmp_path / "page").command()


def test_only_results_are_shown(project):
    (project.results / "images").mkdir(parents=True)
    (project.results / "report.html").write_text("r")
    (project.results / "images" / "a.labels.tif").write_text("l")
    assert file_below(project.results, "report.html") is not None
    for name in ("../images.csv", "/etc/passwd", "nothing.html", "images"):
        assert file_below(project.results, name) is None
    packed = zipfile.ZipFile(io.BytesIO(zipped(project.results, project.results.glob("images/*"))))
    assert packed.namelist() == ["images/a.labels.tif"]


def test_progress_of_a_process():
    code = (
        "import sys; print('1/2 a: 3 s', file=sys.stderr); print('2/2 b: 3 s', file=sys.stderr); sys.exit(1)"
    )
    running = Running()
    assert told(running) == "not started"
    running.start([sys.executable, "-c", code])
    running.wait(60)
    assert (running.done, running.total, running.exit_status) == (2, 2, 1)
    assert told(running) == "done; some images gave no result: see the messages"
    assert list(running.lines) == ["1/2 a: 3 s", "2/2 b: 3 s"]
