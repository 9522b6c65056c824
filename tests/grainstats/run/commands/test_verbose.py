"""What `run -v` and `run -q` say."""

from __future__ import annotations

from typer.testing import CliRunner

from grainstats.run.cli import app
from grainstats.run.commands.run import _tell_problems, _tell_remarks
from grainstats.run.failures import Failure


def test_remarks_of_each_image(tmp_path, capsys):
    table = tmp_path / "images.csv"
    table.write_text('path,warnings\na.tif,"[""blank rim"", ""a scale bar""]"\nb.tif,[]\nc.tif,\n')
    _tell_remarks(table)
    assert capsys.readouterr().out == "a.tif: blank rim\na.tif: a scale bar\n"


def test_quiet_keeps_the_warnings_of_volumes(tmp_path, monkeypatch):
    from grainstats.run.volume import batch

    row = {"volume": "a", "warnings": "few", "n_grains": 3, "verdict": "indeterminate", "reason": "few"}
    monkeypatch.setattr(batch, "run_volumes", lambda *_, **__: batch.VolumesDone((row,), 1))
    told = CliRunner().invoke(app, ["run", "x", "--volumes", "--quiet", "--out", str(tmp_path)])
    assert (told.exit_code, told.stdout, told.stderr) == (0, "", "warning: a: few\n")


def test_a_reason_is_said_once_and_when_quiet_with_every_name(capsys):
    failures = [Failure(f"{name}.tif", "", "no pixel size in the file", "Give it") for name in "abcde"]
    _tell_problems([], failures, quiet=False)
    _tell_problems([], failures, quiet=True)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "no result: a.tif, b.tif, c.tif and 2 more: no pixel size in the file. Give it."
    assert "d.tif, e.tif: no pixel size" in second
