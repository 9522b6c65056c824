"""Cells count as the spreadsheet shows them; what cannot be used is named with its row and column."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from grainstats.share.db.records import SheetError
from grainstats.share.sheets.samples import read_samples
from segment.errors import InputError

HEADER = ["sample_id", "design_route", "prop:density_%", "prop:share_1", "prop:jc_kA/cm2"]


def book(path: Path, rows: list[list[Any]], formats: dict[str, str] | None = None, merge: str = "") -> Path:
    made = openpyxl.Workbook()
    for row in [HEADER, *rows]:
        made.active.append(row)
    for cell, written in (formats or {}).items():
        made.active[cell].number_format = written
    if merge:
        made.active.merge_cells(merge)
    made.save(path)
    return path


@pytest.mark.parametrize(
    "written", ["0%", "0.0%", "0.00 %", "#,##0.0%", "0.0%;[Red]-0.0%", "[$-409]0.0%", "_-* 0.0%"]
)
def test_per_cent_in_all_spellings(tmp_path: Path, written: str) -> None:
    path = book(tmp_path / "s.xlsx", [["S1", "ai", 0.925, 0.925, 10]], {"C2": written, "D2": written})
    (row,) = read_samples(path).rows
    assert [p.value for p in row.properties] == [92.5, 0.925, 10]


@pytest.mark.parametrize("written", ["General", "0.0", '0.0"%"', r"0.0\%"])
def test_a_plain_number_is_in_the_unit_of_its_column(tmp_path: Path, written: str) -> None:
    path = book(tmp_path / "s.xlsx", [["S1", "ai", 92.5, 0.925, 10]], {"C2": written})
    (row,) = read_samples(path).rows
    assert [p.value for p in row.properties] == [92.5, 0.925, 10]


@pytest.mark.parametrize(
    ("written", "value", "words"),
    [
        ("[$€-2] #,##0.00", 10, ": '€ 10.00' is shown"),
        ("$#,##0", 10, ": '$10' is shown"),
        ('_("$"* #,##0.00_);_("$"* (#,##0.00)', 10, ": '$10.00' is shown"),
        ("#,##0.00 [$EUR]", 10, ": '10.00 EUR' is shown"),
        ('0"円"', 10, ": '10円' is shown"),
        ('"n="0', 10, ": 'n=10' is shown"),
        ('"<"0', 10, ": '<10' is shown"),
        (";;;", 10, " shows nothing"),
        ("0;-0;;@", 0, " shows nothing"),
        ('0;-0;"n.d."', 0, " shows 'n.d.' for 0"),
        ('[<0.1]"<0.1";0.0', 0.05, " shows '<0.1' for 0.05"),
    ],
)
def test_formats_that_show_no_amount_are_named(
    tmp_path: Path, written: str, value: float, words: str
) -> None:
    path = book(tmp_path / "s.xlsx", [["S1", "ai", 92.5, 0.925, value]], {"E2": written})
    with pytest.raises(SheetError) as caught:
        read_samples(path)
    assert f"row 2: column 'prop:jc_kA/cm2'{words}" in str(caught.value)


@pytest.mark.parametrize(
    "written",
    [
        "[$-409]#,##0",
        '0;-0;"-"',
        '0;-0;"n.d."',
        "0;[Red]-0",
        "0;;",
        '[<0.1]"<0.1";0',
        '_-* #,##0_-;-* "x"0_-',
    ],
)
def test_formats_that_show_the_amount_are_read(tmp_path: Path, written: str) -> None:
    path = book(tmp_path / "s.xlsx", [["S1", "ai", 92.5, 0.925, 10]], {"E2": written})
    (row,) = read_samples(path).rows
    assert row.properties[2].value == 10


def test_per_cent_in_parentheses_is_negative(tmp_path: Path) -> None:
    path = book(tmp_path / "s.xlsx", [["S1", "ai", -0.05, 0.5, 10]], {"C2": "0.0%;[Red](0.0%)"})
    assert read_samples(path).rows[0].properties[0].value == -5


def test_an_id_of_which_the_spreadsheet_made_a_power_of_ten(tmp_path: Path) -> None:
    path = book(tmp_path / "s.xlsx", [[1e5, "ai", 1, 1, 1]], {"A2": "0.00E+00"})
    with pytest.raises(SheetError, match=r"row 2: .*shortened the number 1\.00E\+05"):
        read_samples(path)


def test_old_or_locked_workbooks_are_named(tmp_path: Path) -> None:
    for name in ("s.xlsx", "s.csv"):
        (tmp_path / name).write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600))
        with pytest.raises(InputError, match="97-2003 workbook, or one with a password"):
            read_samples(tmp_path / name)


def test_per_cent_in_csv_and_in_a_column_of_another_unit(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("sep=,\n" + ",".join(HEADER) + "\nS1,ai,92.5 %,92.5%,10\n", encoding="utf-8")
    (row,) = read_samples(path).rows
    assert [p.value for p in row.properties] == [92.5, 0.925, 10]
    path.write_text(",".join(HEADER) + "\nS1,ai,,,10 %\n", encoding="utf-8")
    with pytest.raises(SheetError, match=r"'10 %' is per cent, the unit of the column is kA/cm2"):
        read_samples(path)


@pytest.mark.parametrize(
    ("value", "written", "shown"),
    [
        (1, "000", "001"),
        (12, "0000", "0012"),
        (7, '"S-"00', "S-07"),
        (12, "General", "12"),
        (12, "0", "12"),
        (12, "00-00", "00-12"),
        (1, '"AB"-000-"X"', "AB-001-X"),
        (3, '"Sample "General', "Sample 3"),
        (20240531, "0000-00-00", "2024-05-31"),
        (1.1, "0.00", "1.10"),
        (0.05, "0%", "5%"),
        (-5, '000;"M-"000', "M-005"),
        (True, "General", "TRUE"),
    ],
)
def test_ids_are_those_that_are_shown(tmp_path: Path, value: int, written: str, shown: str) -> None:
    path = book(tmp_path / "s.xlsx", [[value, "ai", 92.5, None, 10]], {"A2": written})
    assert read_samples(path).sample_ids() == (shown,)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([date(2024, 3, 1), "ai", 1, 1, 1], "sample_id.*made a date of it .2024-03-01"),
        (["S1", "ai", date(2024, 3, 1), 1, 1], "made a date of it .*not a number"),
        (["S1", "ai", "=1+1", 1, 1], "formula without a value.*save it again"),
        (["=A1", "ai", 1, 1, 1], "sample_id.*formula without a value"),
        (["S1\u200b", "ai", 1, 1, 1], "ZERO WIDTH SPACE"),
        (["S\ufffd1", "ai", 1, 1, 1], "REPLACEMENT CHARACTER"),
        (["S1\u00ad", "ai", 1, 1, 1], "SOFT HYPHEN"),
        (["\ufeffS1", "ai", 1, 1, 1], "ZERO WIDTH NO-BREAK SPACE"),
        ([time(1, 2), "ai", 1, 1, 1], "sample_id.*made a time of it .01:02:00"),
        ([1234567890123456789, "ai", 1, 1, 1], "sample_id.*shortened the number"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, row: list[Any], words: str) -> None:
    with pytest.raises(SheetError, match=f"(?s)row 2.*{words}"):
        read_samples(book(tmp_path / "s.xlsx", [row]))


def test_merged_cells_are_named(tmp_path: Path) -> None:
    rows = [["S1", "ai", 1, 1, 1], [None, "ai", 1, 1, 1]]
    with pytest.raises(SheetError, match=r"row 3: .*merged cells A2:A3: unmerge and fill"):
        read_samples(book(tmp_path / "s.xlsx", rows, merge="A2:A3"))


def test_one_name_in_two_spellings_is_one(tmp_path: Path) -> None:
    rows = [["e\u0301\u00a01", "ai", 1, 1, 1], ["\u00e9 1", "ai", 1, 1, 1]]
    with pytest.raises(SheetError, match=r"row 3: sample_id .* stands in row 2 already"):
        read_samples(book(tmp_path / "s.xlsx", rows))


@pytest.mark.parametrize(
    ("value", "written", "words"),
    [
        (92500, "0.0,", "may mean two numbers"),
        (92.5, '0.0" nm"', "'92.5 nm' is shown, the unit of the column is %"),
        (0.925, "0.0‰", "'0.9‰' is shown"),
    ],
)
def test_formats_that_show_another_size(tmp_path: Path, value: float, written: str, words: str) -> None:
    with pytest.raises(SheetError, match=words):
        read_samples(book(tmp_path / "s.xlsx", [["S1", "ai", value, 1, 1]], {"C2": written}))


def test_hidden_sheets_are_passed_over_and_hidden_rows_named(tmp_path: Path) -> None:
    path = book(tmp_path / "s.xlsx", [["S1", "ai", 1, 1, 1], ["S2", "ai", 1, 1, 1]])
    made = openpyxl.load_workbook(path)
    made.create_sheet("old", 0).append(["OLD", "ai"])
    made.worksheets[0].sheet_state, made.active = "hidden", 1
    made.save(path)
    assert read_samples(path).sample_ids() == ("S1", "S2")
    made.worksheets[1].row_dimensions[3].hidden = True
    made.save(path.with_suffix(".xlsm"))
    with pytest.raises(SheetError, match=r"row 3: .*lies in a hidden row"):
        read_samples(path.with_suffix(".xlsm"))


def _hidden(book: Any) -> None:
    book.active.column_dimensions["C"].hidden = True


def _struck(book: Any) -> None:
    book.active["C2"].font = Font(strike=True)


def _typed_over(book: Any) -> None:
    book.active["C2"].value = CellRichText(TextBlock(InlineFont(strike=True), "10"), "12")


def _power_of_ten(book: Any) -> None:
    book.active["C2"].value = CellRichText("10", TextBlock(InlineFont(vertAlign="superscript"), "5"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_hidden, "column 'prop:density_%' lies in a hidden column: show the column or delete it"),
        (_struck, "row 2: column 'prop:density_%' is struck through"),
        (_typed_over, "row 2: column 'prop:density_%' is partly struck through"),
        (_power_of_ten, "row 2: column 'prop:density_%' shows 5 raised or lowered behind 10"),
    ],
)
def test_what_is_hidden_or_struck_through_is_named(
    tmp_path: Path, change: Callable[[Any], None], words: str
) -> None:
    path = book(tmp_path / "s.xlsx", [["S1", "ai", 1, 1, 1]])
    made = openpyxl.load_workbook(path)
    change(made)
    made.save(path)
    with pytest.raises(SheetError, match=words):
        read_samples(path)


def test_letters_with_fonts_of_their_own_are_letters(tmp_path: Path) -> None:
    path = book(tmp_path / "s.xlsx", [["S1_x000D_", "ai", 1, 1, 1]])
    made = openpyxl.load_workbook(path)
    lowered = TextBlock(InlineFont(vertAlign="superscript"), "2")
    made.active["E1"].value = CellRichText("prop:jc_kA/cm", lowered)
    made.save(path)
    (row,) = read_samples(path).rows
    assert row.sample_id == "S1" and row.properties[2].unit == "kA/cm2"


def test_an_id_is_rounded_as_shown_and_a_number_is_not(tmp_path: Path) -> None:
    rows = [[1.14, "ai", 92.54, 1, 1], [1.26, "ai", 1, 1, 1]]
    path = book(tmp_path / "s.xlsx", rows, {"A2": "0.0", "A3": "0.0", "C2": "0"})
    sheet = read_samples(path)
    assert sheet.sample_ids() == ("1.1", "1.3") and sheet.rows[0].properties[0].value == 92.54


def _with_formula(path: Path, cell: str, *, to_be_calculated: bool) -> Path:
    """A workbook whose cell E2 is written so; openpyxl itself keeps no values of formulas."""
    with zipfile.ZipFile(book(path, [["S1", "ai", 1, 1, 7]])) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = re.sub(
        rb'<c r="E2".*?</c>', cell.encode(), parts["xl/worksheets/sheet1.xml"]
    )
    if not to_be_calculated:
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'fullCalcOnLoad="1"', b"")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_formula_that_shows_nothing_is_an_empty_cell(tmp_path: Path) -> None:
    cell = '<c r="E2" t="str"><f>IF(C2="","","")</f><v></v></c>'
    path = _with_formula(tmp_path / "s.xlsx", cell, to_be_calculated=False)
    assert len(read_samples(path).rows[0].properties) == 2


def test_formulas_that_nobody_has_calculated_have_no_value(tmp_path: Path) -> None:
    """XlsxWriter, behind pandas, writes 0 as the value of every formula."""
    cell = '<c r="E2"><f>C2*2</f><v>0</v></c>'
    path = _with_formula(tmp_path / "s.xlsx", cell, to_be_calculated=True)
    with pytest.raises(SheetError, match="formula without a value"):
        read_samples(path)
    path = _with_formula(tmp_path / "s.xlsx", cell, to_be_calculated=False)
    assert read_samples(path).rows[0].properties[2].value == 0


def test_a_merged_area_as_large_as_a_sheet_is_refused_at_once(tmp_path: Path) -> None:
    path = book(tmp_path / "s.xlsx", [["S1", "ai", 1, 1, 1]], merge="F1:G2")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).replace(b"F1:G2", b"F1:XFD1048576") for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(InputError, match=r"of its cells are merged\. Unmerge them"):
        read_samples(path)


def test_a_title_above_the_header_is_passed_over(tmp_path: Path) -> None:
    made = openpyxl.load_workbook(book(tmp_path / "s.xlsx", [["S1", "ai", 1, 1, 1]]))
    made.active.insert_rows(1)
    made.active["A1"] = "Series of 2024"
    made.active.merge_cells("A1:E1")
    made.save(tmp_path / "s.xlsx")
    assert read_samples(tmp_path / "s.xlsx").sample_ids() == ("S1",)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("９２．５", 92.5),
        ("\u22121.5E\u22123", -0.0015),
        ("1.2e3", 1200),
        ("92.5 %", 92.5),
        ("92.5％", 92.5),
        ("92.5 percent", 92.5),
    ],
)
def test_numbers_as_people_type_them(tmp_path: Path, typed: str, value: float) -> None:
    path = tmp_path / "s.csv"
    path.write_text(
        f"sample_id,ｄｅｓｉｇｎ＿ｒｏｕｔｅ,prop:density_%,date\nS1,ａｉ,{typed},2024/5/1\n",
        encoding="utf-8",
    )
    (row,) = read_samples(path).rows
    assert row.properties[0].value == pytest.approx(value) and row.made_on == "2024-05-01"


@pytest.mark.parametrize("typed", ["1123 K", "10²", "120±5", "1.2x10^3", "0x352", "850 °C!"])
def test_numbers_of_another_unit_or_none_are_named(tmp_path: Path, typed: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(f"sample_id,design_route,param:t_degC\nS1,ai,{typed}\n", encoding="utf-8")
    with pytest.raises(SheetError, match=r"row 2.*param:t_degC"):
        read_samples(path)


def test_the_sheet_with_the_table_is_read_and_two_are_named(tmp_path: Path) -> None:
    path = book(tmp_path / "s.xlsx", [["S1", "ai", 1, 1, 1]])
    made = openpyxl.load_workbook(path)
    made.create_sheet("READ ME", 0).append(["how this was made"])
    made.save(path)
    assert read_samples(path).sample_ids() == ("S1",)
    made.copy_worksheet(made.worksheets[1])
    made.save(path)
    with pytest.raises(InputError, match="each hold a column 'sample_id'"):
        read_samples(path)


@pytest.mark.parametrize("slip", ["1e-298", "1e300"])
def test_numbers_that_no_quantity_has_are_named(tmp_path, slip) -> None:
    (tmp_path / "s.csv").write_text(f"sample_id,design_route,param:size_nm\nS1,ai,{slip}\n")
    with pytest.raises(SheetError, match=rf"no quantity is as small or as large as {slip}"):
        read_samples(tmp_path / "s.csv")
