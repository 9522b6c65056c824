"""`grainstats info`: facts, conflicts and failures, in words and in JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from grainstats.run.cli import app


def _run(*args: object):
    return CliRunner().invoke(app, ["info", *map(str, args)])


def test_json_of_one_file(vendor_files):
    path = vendor_files.build("zeiss_tiff", wrong=5.0)
    result = _run(path, "--json")
    assert result.exit_code == 0
    (document,) = json.loads(result.stdout)["files"]
    assert document["path"] == str(path)
    assert document["vendor"] == "zeiss_tiff"
    assert document["n_frames"] == 1
    assert document["shape"] == [80, 100]
    assert document["pixel_size_nm"] == pytest.approx(2.5)
    assert document["pixel_size_source"] == "metadata"
    assert document["info_bar_rows"] == 0
    (conflict,) = document["conflicts"]
    assert conflict["ratio"] == pytest.approx(2.0)
    assert "frames" not in document


def test_a_folder_without_micrographs_is_named_and_the_rest_is_shown(vendor_files, tmp_path):
    (tmp_path / "nothing").mkdir()
    path = vendor_files.build("zeiss_tiff", wrong=5.0)
    result = _run(tmp_path / "nothing", path, "--json")
    assert result.exit_code == 1
    empty, shown = json.loads(result.stdout)["files"]
    assert "no micrograph" in empty["error"] and shown["path"] == str(path)


def test_frames_of_a_stack_are_listed(vendor_files):
    result = _run(vendor_files.build("mrc"), "--json")
    (document,) = json.loads(result.stdout)["files"]
    assert document["n_frames"] == 2
    assert [f["frame"] for f in document["frames"]] == [0, 1]


def test_some_files_fail_the_rest_is_shown(vendor_files):
    good, bad = vendor_files.build("fei_tiff"), vendor_files.build("dm4", units=("1/nm", "1/nm"))
    result = _run(good, bad, "--json")
    assert result.exit_code == 1
    first, second = json.loads(result.stdout)["files"]
    assert first["info_bar_rows"] == 12
    assert "diffraction" in second["error"] and second["remedy"]
    assert str(bad) in result.stderr

    result = _run(good, bad)
    assert result.exit_code == 1
    assert "2.5 nm" in result.stdout and "12 rows" in result.stdout
    assert "diffraction" in result.stderr


def test_unusable_frames_are_shown_with_the_reason(vendor_files):
    result = _run(vendor_files.build("fei_tiff", bar=18, rows=62))
    assert result.exit_code == 0
    assert "unusable: the image is 100 x 62 pixels" in result.stdout


def test_a_folder_is_searched(vendor_files):
    vendor_files.build("png")
    vendor_files.build("dm3")
    assert len(json.loads(_run(vendor_files.folder, "--json").stdout)["files"]) == 2


def test_text_of_files_is_never_markup(vendor_files):
    path = vendor_files.build("png")
    strange = path.with_name("[red]x[bold].png")
    path.rename(strange)
    assert "[red]x[bold].png" in _run(strange).stdout


def test_a_wrong_call_is_status_2():
    assert _run().exit_code == 2
    assert _run("--no-such-option").exit_code == 2


def test_reading_needs_no_heavy_import(vendor_files):
    """The modules that read a TIFF do not pull in torch, OpenVINO, matplotlib or pandas."""
    path = vendor_files.build("fei_tiff")
    code = (
        "import sys; from segment.micrograph import read_micrographs; "
        f"list(read_micrographs({str(path)!r})); "
        "print(sorted({'torch', 'openvino', 'matplotlib', 'pandas', 'ncempy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_remark_that_holds_of_many_files_is_printed_once(vendor_files, tmp_path):
    for number in range(5):
        shutil.copy(vendor_files.build("zeiss_tiff", wrong=5.0), tmp_path / f"film-{number}.tif")
    lines = _run(*sorted(tmp_path.glob("film-*"))).stdout.splitlines()
    (said,) = [line for line in lines if "was taken" in line]
    assert said.startswith("film-0.tif, film-1.tif, film-2.tif and 2 more: conflict: ")
