"""Sample sheets: units normalised, every problem named at once, nothing half-imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from grainstats.run.cli import app
from grainstats.share import Database, Measured, Quantity
from grainstats.share.db.records import SheetError
from grainstats.share.quantity_units import converter, normalise_unit, split_column
from grainstats.share.sheets.samples import read_samples
from segment.errors import InputError

Write = Callable[[str], Path]


@pytest.fixture
def sheet(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / f"samples {len(list(tmp_path.iterdir()))}.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_sheet_is_read_with_units(sheet: Write) -> None:
    read = read_samples(
        sheet(
            "sample_id,design_route,campaign,images,param:sinter_time_hours,param:temp_°C,param:atm_category,"
            "prop:jc_kA/cm^2,prop_sd:jc_A/cm2\n"
            "S1,AI,round 1,S1/*.tif,1.5,850,Ar,12.5,300\n\n S2 ,researcher,,,,,,,\n"
        )
    )
    first, second = read.rows
    assert (first.sample_id, first.design_route, first.campaign, first.images) == (
        "S1",
        "ai",
        "round 1",
        "S1/*.tif",
    )
    assert first.parameters == (
        Quantity("sinter_time", 1.5, "h"),
        Quantity("temp", 850.0, "degC"),
        Quantity("atm", None, "category", "Ar"),
    )
    assert first.properties == (Measured("jc", 12.5, "kA/cm2", 0.3),)
    assert (second.sample_id, second.parameters, second.properties, second.images) == ("S2", (), (), None)


def test_excel_reads_like_csv(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    rows = [
        ["sample_id", "design_route", "param:temp_K", "prop:jc_A/cm2"],
        [12, "ai", 1123, 0.1],
        ["S2", "researcher"],
    ]
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "samples.xlsx")
    first, second = read_samples(tmp_path / "samples.xlsx").rows
    assert (first.sample_id, first.parameters) == ("12", (Quantity("temp", 1123.0, "K"),))
    assert first.properties == (Measured("jc", 0.1, "A/cm2"),)
    assert (second.sample_id, second.parameters) == ("S2", ())


def test_all_problems_at_once_with_their_rows(sheet: Write) -> None:
    path = sheet(
        "sample_id,design_route,colour,param:temp_C,param:time_xyz,param:soak_h,param:soak_min,prop:jc_kA/cm2,"
        "prop_sd:jc_h,prop_sd:tf_T,prop:kind_category\n"
        "S1,ai,red,85O,1,1,,1.0,,,\n"
        'S1,robot,,860,,,,"1,5",,,\n'
        ",ai,,nan,,,,,,,,extra\n"
    )
    with pytest.raises(SheetError) as caught:
        read_samples(path)
    assert caught.value.problems == (
        "unknown column 'colour' "
        "(known: sample_id, design_route, campaign, date, images, excluded, param:, prop:, prop_sd:)",
        "column 'param:time_xyz': unknown unit 'xyz'",
        "columns 'param:soak_h' and 'param:soak_min' are the same quantity",
        "column 'prop:kind_category': a property is a number, not a category",
        "column 'prop_sd:jc_h': h cannot be converted to kA/cm2",
        "column 'prop_sd:tf_T' has no column prop:tf_<unit> beside it",
        "row 2: column 'param:temp_C': '85O' is not a number",
        "row 3: design_route 'robot' is neither ai nor researcher",
        "row 3: column 'prop:jc_kA/cm2': '1,5' is not a number",
        "row 3: sample_id 'S1' stands in row 2 already",
        "row 4: 12 cells under 11 columns",
        "row 4: sample_id is empty",
        "row 4: column 'param:temp_C': 'nan' is not a number",
    )
    assert "13 problems in the sample sheet" in str(caught.value)
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "column 'sample_id' is missing"),
        ("sample_id,design_route\n", "there is no sample in it"),
        ("sample_id,campaign\nS1,x\n", "column 'design_route' is missing"),
        ("sample_id,design_route,design_route\nS1,ai,ai\n", "column 'design_route' stands there 2 times"),
        ("sample_id,design_route,param:temp\nS1,ai,1\n", "write param:<name>_<unit>"),
        ("sample_id,design_route,param:_K\nS1,ai,1\n", "write param:<name>_<unit>"),
        ("sample_id,design_route,prop:jc_T,prop_sd:jc_T\nS1,ai,1,-1\n", "row 2: prop_sd:jc is negative"),
        (
            "sample_id,design_route,prop:jc_T,prop_sd:jc_T\nS1,ai,,1\n",
            "row 2: prop_sd:jc is given without prop:jc",
        ),
        ("sample_id,design_route,\nS1,ai,lost\n", "row 2: 'lost' stands under no header"),
        ("sample_id,design_route\nS1,ai\ns1,ai\n", "row 3: sample_id 's1' looks like 'S1' in row 2"),
        ("sample_id,design_route,param:t_C\nS1,ai,-300\n", "-300 is below absolute zero"),
    ],
)
def test_single_problems(sheet: Write, text: str, problem: str) -> None:
    with pytest.raises(SheetError) as caught:
        read_samples(sheet(text))
    assert any(problem in found for found in caught.value.problems), caught.value.problems


def test_files_that_are_no_sheets(tmp_path: Path) -> None:
    for name, content, reason in (
        ("a.ods", b"x", r"sample sheets are \.csv or \.xlsx"),
        ("a.xlsx", b"not a workbook", "cannot be read as a workbook"),
        ("a.csv", "試料,ai".encode("shift-jis"), "not UTF-8"),
        ("a.csv", "sample_id,design_route\nProbe-ü,ai".encode("utf-7"), "UTF-7.*CSV UTF-8"),
        ("a.csv", "sample_id,design_route\nПроба 1,ai".encode("utf-7"), "UTF-7"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=reason):
            read_samples(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        read_samples(tmp_path / "missing.csv")


def test_nothing_is_half_imported(db: Database, sheet: Write) -> None:
    with pytest.raises(SheetError):
        db.put_samples(read_samples(sheet("sample_id,design_route,prop:jc_T\nS1,ai,1\nS2,ai,x\n")))
    assert len(db.samples()) == 0
    db.put_samples(read_samples(sheet("sample_id,design_route,param:time_h,prop:jc_kA/cm2\nS1,ai,2,1\n")))
    with pytest.raises(SheetError) as caught:
        db.put_samples(
            read_samples(sheet("sample_id,design_route,param:time_K,prop:jc_T\nS2,ai,2,1\nS3,ai,2,1\n"))
        )
    assert caught.value.problems == (
        "param:time: the database keeps it in h; K cannot be converted to h",
        "prop:jc: the database keeps it in kA/cm2; T cannot be converted to kA/cm2",
    )
    assert db.samples()["sample_id"].tolist() == ["S1"]


def test_later_sheets_are_converted_to_the_unit_of_record(db: Database, sheet: Write) -> None:
    db.put_samples(
        read_samples(
            sheet(
                "sample_id,design_route,param:time_h,param:temp_K,prop:t_degC,prop_sd:t_K\nS1,ai,2,300,20,2\n"
            )
        )
    )
    db.put_samples(
        read_samples(
            sheet(
                "sample_id,design_route,param:time_min,param:temp_C,prop:t_K,prop_sd:t_mK\nS2,ai,90,20,300,500\n"
            )
        )
    )
    table = db.samples().set_index("sample_id")
    assert table["param:time_h"].tolist() == [2.0, 1.5]
    assert table["param:temp_K"].tolist() == [300.0, 293.15]
    assert table["prop:t_degC"].tolist() == [20.0, 26.85]
    assert table["prop_sd:t_degC"].tolist() == [2.0, 0.5]


def test_a_corrected_sheet_corrects_and_keeps_the_rest(db: Database, sheet: Write) -> None:
    assert (
        db.put_samples(
            read_samples(sheet("sample_id,design_route,param:time_h,prop:jc_T\nS1,ai,2,1\nS2,ai,3,2\n"))
        )
        == 2
    )
    assert (
        db.put_samples(
            read_samples(sheet("sample_id,design_route,param:time_h,prop:jc_T\nS1,researcher,4,5\n"))
        )
        == 0
    )
    assert db.samples()[["design_route", "param:time_h", "prop:jc_T"]].values.tolist() == [
        ["researcher", 4.0, 5.0],
        ["ai", 3.0, 2.0],
    ]


def test_a_sheet_of_properties_alone_leaves_designs_as_they_are(db: Database, sheet: Write) -> None:
    db.put_samples(
        read_samples(
            sheet(
                "sample_id,design_route,campaign,date,images,param:time_h\n"
                "S2,ai,c1,2024-05-01,b/*.tif,3\nS1,ai,c1,2024-05-01,a/*.tif,2\n"
            )
        )
    )
    before, order = db.samples(), db.experiments()["sample_id"].tolist()
    db.put_samples(read_samples(sheet("sample_id,design_route,prop:jc_T\nS1,ai,7\nS2,ai,8\n")))
    after = db.samples()
    assert after.pop("prop:jc_T").tolist() == [7.0, 8.0]
    pd.testing.assert_frame_equal(after, before)
    assert db.experiments()["sample_id"].tolist() == order == ["S2", "S1"]


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("hours", "h"),
        ("°C", "degC"),
        ("C", "degC"),
        ("C/min", "degC/min"),
        ("kA/cm^2", "kA/cm2"),
        ("A/m**2", "A/m2"),
        ("A/cm²", "A/cm2"),
        ("µm", "um"),
        ("wt%", "wt%"),
        ("%", "%"),
        ("1", "1"),
        ("1/um", "1/um"),
        ("emu/g", "emu/g"),
        ("sccm", "sccm"),
        ("microns", "micron"),
        ("coulomb", "coulomb"),
        ("°F", "degF"),
        ("degF/min", "degF/min"),
        ("MPa", "MPa"),
        ("category", "category"),
    ],
)
def test_units_have_one_spelling(written: str, spelled: str) -> None:
    assert normalise_unit(written) == normalise_unit(spelled) == spelled
    assert split_column(f"param:a_b_{written}") == ("param", "a_b", spelled)


@pytest.mark.parametrize(
    "word", ["time", "xyz", "", "K;", "__import__", "5", "h h2 !", "Min", "ma/cm2", "PA"]
)
def test_words_that_are_no_units(word: str) -> None:
    with pytest.raises(ValueError, match="unknown unit"):
        normalise_unit(word)


@given(st.floats(-1e6, 1e6))
def test_conversion_there_and_back(value: float) -> None:
    there, back = converter("degC", "K"), converter("K", "degC")
    assert back(there(value)) == pytest.approx(value, abs=1e-5)
    assert converter("degC", "K", difference=True)(value) == pytest.approx(value, rel=1e-11)
    assert converter("kA/cm2", "A/m2")(value) == pytest.approx(value * 1e7, rel=1e-11)


def test_kinds_of_fraction_are_kept_apart() -> None:
    for unit, target in (("wt%", "at%"), ("wt%", "%"), ("sccm", "1"), ("category", "h")):
        with pytest.raises(ValueError, match="cannot be converted"):
            converter(unit, target)


def test_units_with_per_belong_together() -> None:
    """The unit is not cut at its last part: kA_per_cm2 is a current density, not cm2."""
    assert split_column("prop:critical_current_density_kA_per_cm2") == (
        "prop", "critical_current_density", "kA/cm2",
    )  # fmt: skip
    assert split_column("param:heating_rate_K_per_min") == ("param", "heating_rate", "K/min")


def test_the_command_imports_a_sheet_and_corrects_it(tmp_path):
    sheet, url = tmp_path / "s.csv", str(tmp_path / "lab.db")
    sheet.write_text("sample_id,design_route,prop:jc_kA/cm2\nA,ai,\nB,ai,2\n")
    first = CliRunner().invoke(app, ["import", str(sheet), "--db", url])
    assert first.exit_code == 0 and "2 samples read, 2 of them new" in first.output
    sheet.write_text("sample_id,design_route,prop:jc_kA/cm2\nA,ai,1\nB,ai,x\n")
    refused = CliRunner().invoke(app, ["import", str(sheet), "--db", url])
    assert isinstance(refused.exception, SheetError)
    sheet.write_text("sample_id,design_route,prop:jc_kA/cm2\nA,ai,1\nB,ai,3\nC,ai,4\n")
    again = CliRunner().invoke(app, ["import", str(sheet), "--db", url])
    assert "3 samples read, 1 of them new" in again.output
    with Database.open(url) as db:
        assert db.properties()["value"].tolist() == [1.0, 3.0, 4.0]


def test_samples_keep_the_order_in_which_they_were_made(db, tmp_path):
    sheet = tmp_path / "s.csv"
    sheet.write_text("sample_id,design_route\nB2,ai\nA9,researcher\n")
    db.put_samples(read_samples(sheet))
    assert db.experiments()["sample_id"].tolist() == ["B2", "A9"]
    assert "date" not in db.samples()
    sheet.write_text("sample_id,design_route,date\nB2,ai,2024-05-03\nA9,researcher,2024-05-01 10:30\nC,ai,\n")
    db.put_samples(read_samples(sheet))
    assert db.experiments()["sample_id"].tolist() == ["A9", "B2", "C"]
    assert db.samples()["date"].fillna("").tolist() == ["2024-05-01", "2024-05-03", ""]
    sheet.write_text("sample_id,design_route,date\nD,ai,May\n")
    with pytest.raises(SheetError, match=r"row 2: column 'date': 'May' is no date"):
        read_samples(sheet)


def test_parameters_that_a_later_sheet_has_no_column_for_stay(tmp_path: Path) -> None:
    """A sheet with the annealing alone takes no holding time away; an empty cell does."""
    from grainstats.share import Database

    sheet = tmp_path / "samples.csv"
    with Database.open(tmp_path / "lab.db") as db:
        for text in (
            "sample_id,design_route,param:anneal_degC,param:hold_h,param:gas_category\nS1,ai,600,2,Ar\n",
            "sample_id,design_route,param:anneal_K,param:gas_category\nS1,ai,900,\n",
        ):
            sheet.write_text(text, encoding="utf-8")
            db.put_samples(read_samples(sheet))
        (row,) = db.samples().to_dict("records")
    assert row["param:anneal_degC"] == pytest.approx(626.85) and row["param:hold_h"] == 2
    assert not isinstance(row.get("param:gas_category"), str)


def test_an_empty_cell_takes_its_value_out_and_that_is_said(db: Database, sheet: Write) -> None:
    header = "sample_id,design_route,param:t_C,prop:jc_A/cm2,prop_sd:jc_A/cm2\n"
    db.put_samples(read_samples(sheet(f"{header}S1,ai,800,5e4,1e3\nS2,ai,810,,\n")))
    mended = read_samples(sheet(f"{header}S1,ai,800,,\nS2,ai,810,5e4,1e3\n"))
    (said,) = db.emptied_by(mended)
    assert said.startswith("S1: jc is taken out")
    db.put_samples(mended)
    assert db.properties()[["sample_id", "value"]].to_numpy().tolist() == [["S2", 5e4]]
    assert db.emptied_by(mended) == []


def test_a_sheet_without_a_column_of_spreads_keeps_them(db: Database, sheet: Write) -> None:
    header = "sample_id,design_route,prop:jc_A/cm2"
    db.put_samples(read_samples(sheet(f"{header},prop_sd:jc_A/cm2\nS1,ai,5e4,1e3\n")))
    db.put_samples(read_samples(sheet(f"{header}\nS1,ai,6e4\n")))
    assert db.properties()[["value", "uncertainty"]].to_numpy().tolist() == [[6e4, 1e3]]


@pytest.mark.parametrize("text", ["#NAME?", "########", "#N/A"])
def test_what_a_spreadsheet_could_not_show_is_no_name(sheet: Write, text: str) -> None:
    with pytest.raises(SheetError, match="could not show"):
        read_samples(sheet(f"sample_id,design_route\n{text},ai\n"))


def test_what_is_hardly_meant_is_told(sheet: Write) -> None:
    header = "sample_id,design_route,param:hold_h,param:p_MPa,param:y_wt%,param:t_C,prop:shrinkage_%\n"
    (said,) = read_samples(sheet(f"{header}S1,ai,-3,-5,140,-40,-2\n")).remarks
    assert said.endswith("S1 hold = -3 h, S1 p = -5 MPa, S1 y = 140 wt%")
    (said,) = read_samples(sheet("sample_id,design_route\n5-Jan,ai\nMarch-26,ai\n05. Mai,ai\n")).remarks
    assert "5-Jan, a name or a day, 05. Mai, a name or a day" in said
    (said,) = read_samples(sheet("sample_id,design_route\n1/5/2024,ai\n2024-05-01,ai\n")).remarks
    assert said.endswith("1/5/2024, a name or a day")
    assert read_samples(sheet(f"{header}S1,ai,3,5,100,-273,2\n")).remarks == ()
    (said,) = read_samples(sheet("sample_id,design_route,date\nS1,ai,9024-05-31\nS2,ai,2024-05-31\n")).remarks
    assert said.endswith("S1 made on 9024-05-31")


def test_a_name_that_has_lost_everything_is_no_sample(db: Database, sheet: Write, make_record) -> None:
    text = "sample_id,design_route,param:t_C,prop:jc_A/cm2\n{},ai,800,5e4\n"
    db.add_analysis(make_record(0, n=4))
    (image,) = db.analyses().itertuples()
    for name in (image.sample_id, "renamed"):
        db.put_samples(read_samples(sheet(text.format(name))))
    assert db.drop_renamed([image.sample_id]) == {}  # its image is still there
    db.use_analysis(make_record(0, n=4).key, "renamed")
    assert db.drop_renamed([image.sample_id]) == {image.sample_id: "renamed"}
    assert set(db.samples()["sample_id"]) == set(db.optimizer_table()["sample_id"]) == {"renamed"}


def test_a_name_and_nothing_else_is_left_out_and_said(sheet: Write) -> None:
    """As `export` writes a sample that no sheet lists: its samples.csv can be imported."""
    read = read_samples(sheet("sample_id,design_route,prop:jc_A/cm2\nS1,ai,3\nS2,,\n"))
    assert [row.sample_id for row in read.rows] == ["S1"]
    assert [text for text in read.remarks if text.endswith("a name and nothing else: S2")]
    with pytest.raises(SheetError, match="neither ai nor researcher"):
        read_samples(sheet("sample_id,design_route,prop:jc_A/cm2\nS1,,3\n"))
