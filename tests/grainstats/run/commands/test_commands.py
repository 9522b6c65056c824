"""The command line: exit status, plain words instead of traces, and a quick start."""

from __future__ import annotations

import re
import resource
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from typer import BadParameter

from grainstats._version import __version__
from grainstats.run import cli
from grainstats.run.commands.choices import length_nm
from grainstats.share import Database


def call(*arguments: object, cwd=None) -> subprocess.CompletedProcess:
    program = [sys.executable, "-m", "grainstats"]
    return subprocess.run([*program, *map(str, arguments)], capture_output=True, text=True, cwd=cwd)


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Exit status and words of a command called in `tmp_path`, without a process of its own."""

    def tell(*arguments: object) -> tuple[int, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["grainstats", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code, " ".join(capsys.readouterr().err.split())

    return tell


def test_version():
    assert call("--version").stdout == f"grainstats {__version__}\n"


def test_help_starts_without_the_heavy_libraries():
    slow = "numpy|pandas|openvino|torch|sqlalchemy|matplotlib|scipy|skimage|cv2|jinja2"
    code = f"""
import sys, grainstats.run.cli
loaded = [name for name in {slow.split("|")!r} if name in sys.modules]
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_listing_models_loads_no_image_library():
    code = """
import sys
from grainstats.run.commands.model import list_models
list_models()
assert "cv2" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and "unet-lite2 (default)" in done.stdout, done.stderr


def test_help_takes_less_than_a_second_of_processor_time():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "verdict" in call("--help").stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "Missing"),
        (["run", "nowhere", "--out", "out"], "no such file or folder"),
        (["run", ".", "--out", "out"], "no micrograph"),
        (["run", "a.tif", "--out", "out", "--shard", "3/2"], "not of the form I/N"),
        (["run", "a.tif", "--out", "out", "--pixel-size", "-1"], "--pixel-size"),
        (["run", "a.tif", "--out", "out", "--recipe", "none.toml"], "cannot be read"),
        (["run", "a.tif", "--out", "out", "--samples", "none.csv"], "none.csv"),
        (["run", "a.tif", "--out", "out", "--model", "none"], "none"),
        (["run", "a.tif", "--out", "out", "--null", "bimodal"], "bimodal"),
        (["frobnicate"], "No such command"),
    ],
)
def test_a_wrong_call_exits_2_in_plain_words(tmp_path, told, arguments, words):
    if "a.tif" in arguments:
        (tmp_path / "a.tif").write_text("text")
    status, said = told(*arguments)
    assert status == 2, said
    assert words in said and "Traceback" not in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "nm"), [("444", 444), ("444nm", 444), ("0.444 um", 444), ("4,4", 4.4), ("1e-9 m", 1)]
)
def test_a_pixel_size_may_have_its_unit(text, nm):
    assert length_nm(text) == pytest.approx(nm)


@pytest.mark.parametrize("text", ["0", "-5", "nan", "inf", "5kg", "1,234", "px"])
def test_no_pixel_size_is_guessed(text):
    with pytest.raises(BadParameter, match=re.escape(repr(text))):
        length_nm(text)


def test_a_bad_image_exits_1_and_is_named(tmp_path, edge_model, write_micrograph):
    write_micrograph(tmp_path / "S1/good.tif", 1)
    (tmp_path / "S1/bad.tif").write_text("text")
    done = call("run", "S1/*.tif", "--out", "out", "--model", edge_model, "--workers", 1, cwd=tmp_path)
    assert done.returncode == 1
    assert "S1/bad.tif" in done.stderr
    assert "1 image measured" in done.stdout and "1 without a result" in done.stdout
    assert (tmp_path / "out/report.html").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "noise.tif", "--out", "taken"],
        ["run", "noise.tif", "--out", "taken" * 80],
        ["measure", "good.tif", "--out", "taken", "--pixels"],
        ["campaign", "--db", "lab.db", "--out", "taken/page.html"],
    ],
)
def test_a_place_that_cannot_be_written_is_named_without_a_trace(tmp_path, told, arguments):
    labels = np.kron(np.arange(1, 17, dtype=np.uint16).reshape(4, 4), np.ones((24, 24), np.uint16))
    tifffile.imwrite(tmp_path / "good.tif", labels)
    noise = np.random.default_rng(0).integers(0, 255, (96, 96), np.uint8)
    tifffile.imwrite(tmp_path / "noise.tif", noise)
    (tmp_path / "taken").write_text("a file, no folder")
    with Database.open(tmp_path / "lab.db"):
        pass
    status, said = told(*arguments)
    assert status == 2, said
    assert "taken" in said and "Traceback" not in said
    assert (tmp_path / "taken").read_text() == "a file, no folder"


def test_the_output_folder_is_not_the_input(tmp_path, told):
    (tmp_path / "films").mkdir()
    (tmp_path / "films/a.tif").write_text("text")
    for out in ("films", "."):
        status, said = told("run", "films", "--out", out)
        assert status == 2 and "--out" in said and "output folder" in said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["merge", "nowhere.db", "--db", "made.db"], "nowhere.db: no such database"),
        (["run", "--report-only", "--out", "out"], "results.db: no such database"),
    ],
)
def test_a_wrong_name_makes_no_database(tmp_path, told, arguments, named):
    status, said = told(*arguments)
    assert status == 2 and named in said and not list(tmp_path.rglob("*.db"))


def test_a_folder_is_no_map(tmp_path, told):
    status, said = told("measure", tmp_path)
    assert status == 1 and "it is a folder" in said


def test_ctrl_c_ends_in_words():
    program = """
import os, signal, sys
from grainstats.run import cli
cli.app.command("wait")(lambda: os.kill(os.getpid(), signal.SIGINT))
sys.argv = ["grainstats", "wait"]
cli.main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 130 and done.stdout == ""
    assert done.stderr == "stopped; what is finished is kept, the same command begins again\n"
