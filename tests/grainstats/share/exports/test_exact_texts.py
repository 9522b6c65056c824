"""Texts like formulas, missing values or numbers: exact in Parquet and Data Package, harmless in CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from grainstats.share import Database
from grainstats.share.exports import export
from grainstats.share.sheets.shown import plain_text
from grainstats.share.spreadsheet_text import spreadsheet_text, without_formulas

IDS = [
    "=1+1",
    "NA",
    "001",
    "-5",
    "+49",
    "@home",
    "nan",
    "null",
    "a,b",
    'say "x"',
    "two\nlines",
    "1e3",
    "TRUE",
    "\uff1dcmd",
]


@pytest.fixture
def database(tmp_path: Path, make_record) -> Path:
    path = tmp_path / "results.db"
    with Database.open(path) as db:
        for number, sample_id in enumerate(IDS):
            db.add_analysis(make_record(number, sample_id=sample_id, n=3))
    return path


def test_parquet_and_data_package_give_back_every_text(database, tmp_path):
    frictionless = pytest.importorskip("frictionless")
    with Database.open(database) as db:
        export(db, "parquet", tmp_path / "parquet")
        export(db, "datapackage", tmp_path / "package")
    assert sorted(pd.read_parquet(tmp_path / "parquet/samples.parquet")["sample_id"]) == sorted(IDS)
    package = frictionless.Package(str(tmp_path / "package/datapackage.json"))
    rows = package.get_resource("samples").read_rows()
    assert sorted(row["sample_id"] for row in rows) == sorted(IDS)
    assert frictionless.validate(str(tmp_path / "package/datapackage.json")).valid


def test_no_cell_of_a_spreadsheet_export_is_a_formula(database, tmp_path, monkeypatch, capsys):
    from grainstats.run.cli import main

    call = ["grainstats", "export", "--db", str(database), "--to", "csv", "--out", str(tmp_path / "csv")]
    monkeypatch.setattr("sys.argv", call)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0 and "behind an apostrophe" in capsys.readouterr().err
    for path in (tmp_path / "csv").glob("*.csv"):
        schema = pd.read_csv(path, dtype=str, keep_default_na=False)
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(schema)
        for row in rows:
            for name, cell in row.items():
                assert not cell.startswith(("=", "+", "@")), (path.name, name, cell)
                assert not cell.startswith("-") or (float(cell) <= 0 and name != "sample_id")
    with (tmp_path / "csv/samples.csv").open(newline="", encoding="utf-8") as file:
        shown = {row["sample_id"] for row in csv.DictReader(file)}
    assert shown == {spreadsheet_text(name) for name in IDS}
    assert {plain_text(text) for text in shown} == set(IDS)


def test_only_texts_change():
    table = pd.DataFrame({"a": ["=x", None, "ok"], "b": [-1.0, 2.0, -3.0], "c": ["x", "y", "z"]})
    safe = without_formulas(table)
    assert json.loads(safe["a"].to_json()) == {"0": "'=x", "1": None, "2": "ok"}
    assert safe["b"].equals(table["b"]) and safe["c"].equals(table["c"])
    assert without_formulas(table[["b", "c"]]).equals(table[["b", "c"]])
