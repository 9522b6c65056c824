"""One workbook with a sheet a table: the same rows, no formula in it."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd

from grainstats.run.report import tables as written
from grainstats.run.report.tables import write_workbook


def _table(folder: Path, name: str, table: pd.DataFrame) -> Path:
    path = folder / f"{name}.parquet"
    table.to_parquet(path)
    return path


def test_every_table_is_a_sheet_with_its_units_and_rows(tmp_path: Path) -> None:
    grains = pd.DataFrame({"sample_id": ["001", "B"], "area_nm2": [1.5, None], "whole": [True, False]})
    verdicts = pd.DataFrame({"sample_id": ["001"], "verdict": ["uniform"]})
    tables = [_table(tmp_path, "grains", grains), _table(tmp_path, "verdicts", verdicts)]
    assert write_workbook(tables, tmp_path / "results.xlsx") == []
    book = openpyxl.load_workbook(tmp_path / "results.xlsx")
    assert book.sheetnames == ["grains", "verdicts"]
    rows = list(book["grains"].iter_rows(values_only=True))
    assert rows == [("sample_id", "area_nm2", "whole"), ("001", 1.5, True), ("B", None, False)]


def test_control_characters_are_written_out(tmp_path: Path) -> None:
    pd.DataFrame({"note": ["a\x1b[2J", "plain\nlines"]}).to_parquet(tmp_path / "t.parquet")
    write_workbook([tmp_path / "t.parquet"], tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["t"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["a\\x1b[2J", "plain\nlines"]


def test_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    table = _table(tmp_path, "samples", pd.DataFrame({"sample_id": ["=1+1"]}))
    write_workbook([table], tmp_path / "results.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "results.xlsx")["samples"]["A2"]
    assert cell.data_type == "s"
    assert cell.value == "'=1+1"


def test_rows_beyond_a_sheet_are_said(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(written, "_MOST_ROWS", 2)
    table = _table(tmp_path, "grains", pd.DataFrame({"label": [1, 2, 3]}))
    (said,) = write_workbook([table], tmp_path / "results.xlsx")
    assert "grains ends after 2 rows" in said
    assert len(list(openpyxl.load_workbook(tmp_path / "results.xlsx")["grains"].iter_rows())) == 3
