"""`grainstats export` as people call it: exit status, words, and files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grainstats.infer import ModalityVerdict
from grainstats.run import cli
from grainstats.share import Database


@pytest.fixture
def database(tmp_path: Path, verdict: ModalityVerdict, fill_database) -> Path:
    path = tmp_path / "results.db"
    with Database.open(path) as db:
        fill_database(db, verdict, tmp_path, (0, 1, 2))
    return path


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["grainstats", "export", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return int(caught.value.code or 0)


def test_export_writes_and_says_so(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "out"
    limits = ("--range", "temp_degC=800:900", "--range", "time_min=10:100")
    assert call(monkeypatch, "--db", str(database), "--to", "boxvia", "--out", str(out), *limits) == 0
    assert capsys.readouterr().out == f"3 files in {out}\n"
    assert (out / "boxvia_range.csv").read_text().splitlines()[1:] == [
        "Max,2.0,900.0,100.0",
        "Min,1.0,800.0,10.0",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--db", "missing.db", "--to", "csv", "--out", "x"], "no such database"),
        (["--db", "DB", "--to", "xml", "--out", "x"], "Invalid value for '--to'"),
        (["--db", "DB", "--to", "boxvia", "--out", "x", "--objective", "hardness"], "no property 'hardness'"),
        (["--db", "DB", "--to", "boxvia", "--out", "x", "--range", "temp=9"], "is no range"),
        (["--db", "postgresql://u:s3cret-word@127.0.0.1:1/x", "--to", "csv", "--out", "x"], "127.0.0.1:1/x"),
    ],
)
def test_wrong_calls_end_with_two_and_words(
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, *(str(database) if a == "DB" else a for a in arguments)) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
    assert "s3cret-word" not in said.err
    assert not (tmp_path / "x").exists()


def test_help_imports_no_database() -> None:
    code = "\n".join(
        [
            "import sys",
            "sys.argv = ['grainstats', 'export', '--help']",
            "try:",
            "    from grainstats.run.cli import main; main()",
            "except SystemExit:",
            "    pass",
            "assert 'sqlalchemy' not in sys.modules and 'pandas' not in sys.modules, 'imported'",
        ]
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--objective" in done.stdout
