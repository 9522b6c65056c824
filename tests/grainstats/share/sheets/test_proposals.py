"""Researchers' own proposals: in the units of the database, inside the space, all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from grainstats.run.cli import app
from grainstats.share import Database
from grainstats.share.db.records import SheetError
from grainstats.share.exports import export
from grainstats.share.optimizer import Space, parse_space
from grainstats.share.sheets.proposals import import_proposals
from segment.errors import InputError

SPACE = """
[parameters.temp_degC]
kind = "continuous"
low = 800
high = 900
step = 10

[parameters.time_min]
kind = "discrete"
values = [30, 60, 90]

[parameters.atm_category]
kind = "categorical"
values = ["Ar", "O2"]
"""
HEADER = "param:temp_K,param:time_h,param:atm_category,reason,by,campaign,expect:jc_A/cm2\n"


@pytest.fixture
def space(tmp_path: Path) -> Space:
    import tomllib

    limit = {"terms": {"temp_degC": 1.0, "time_min": 2.0}, "max": 1020}
    (tmp_path / "space.toml").write_text(SPACE)
    return parse_space({**tomllib.loads(SPACE), "constraints": [limit]})


def sheet(tmp_path: Path, rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "proposals.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


def test_proposals_are_stored_in_the_databases_units(filled: Database, tmp_path: Path, space: Space) -> None:
    rows = "1113.15,0.5,Ar,gut feeling,Tanaka,round 3,2000\n1123.15,1.0,O2,,,,\n"
    path = sheet(tmp_path, rows)
    assert import_proposals(filled, path, space=space, campaign="round 4") == 2
    assert import_proposals(filled, path, space=space, campaign="round 4") == 0
    first, second = filled.suggestions().tail(2).to_dict("records")
    assert first["parameters"] == {"temp_degC": 840.0, "time_min": 30.0, "atm_category": "Ar"}
    assert first["predictions"] == {"objectives": {"jc": {"value": 2.0}}}
    said = [first[k] for k in ("origin", "model", "campaign", "reason", "objective")]
    assert said == ["researcher", "Tanaka", "round 3", "gut feeling", "jc"]
    assert [second[k] for k in ("model", "campaign")] == ["researcher", "round 4"]


def test_all_problems_at_once_and_nothing_stored(filled: Database, tmp_path: Path, space: Space) -> None:
    before = len(filled.suggestions())
    rows = (
        "853,30,Ar,\n"  # no setting
        "850,60,N2,\n"  # no such word
        "warm,60,Ar,\n"  # no number
        "850,,Ar,\n"  # empty
        "900,90,Ar,\n"  # constraint
        "850,60,Ar,\n"
        "\n"
        "850,60,Ar,again\n"
        "850,60,Ar,,x\n"
    )
    path = sheet(tmp_path, rows, "param:temp_C,param:time_min,param:atm_category,reason\n")
    with pytest.raises(SheetError, match="7 problems in the sheet of proposals") as caught:
        import_proposals(filled, path, space=space)
    assert caught.value.problems == (
        "row 2: temp_degC = 853 is no setting of the space: 800 to 900, nearest 850 and 860",
        "row 3: atm_category = N2 is no setting of the space: Ar, O2",
        "row 4: column 'param:temp_C': 'warm' is not a number",
        "row 5: column 'param:time_min' is empty",
        "row 6: outside the space: temp_degC + 2 time_min <= 1020 is broken",
        "row 9: the same experiment stands in row 7 already",
        "row 10: 5 cells under 4 columns",
    )
    assert len(filled.suggestions()) == before


def test_the_header_is_checked_against_space_and_database(
    filled: Database, tmp_path: Path, space: Space
) -> None:
    header = "param:temp_C,param:pressure_Pa,param:time_m,colour,expect:tc_K,reason,reason\n"
    with pytest.raises(SheetError) as caught:
        import_proposals(filled, sheet(tmp_path, "850,1,1,,,,\n", header), space=space)
    assert caught.value.problems == (
        "column 'reason' stands there 2 times",
        "column 'param:pressure_Pa': the space has no such parameter (atm, temp, time)",
        "column 'param:time_m': m cannot be converted to min",
        "unknown column 'colour' (known: reason, by, campaign, param:, expect:)",
        "column 'expect:tc_K': the samples have no such property (jc)",
    )
    with pytest.raises(SheetError, match="the space's parameter time_min has no column"):
        import_proposals(filled, sheet(tmp_path, "850\n", "param:temp_C\n"), space=space)
    with pytest.raises(SheetError, match="the samples have no such parameter"):
        import_proposals(filled, sheet(tmp_path, "850\n", "param:tempo_C\n"))
    with pytest.raises(SheetError, match=r"(?s)no column param:.*there is no proposal in it"):
        import_proposals(filled, sheet(tmp_path, "", "reason\n"))


def test_a_workbook_does_as_well(filled: Database, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["param:temp_C", "by"])
    book.active.append([845, 7.0])
    book.save(tmp_path / "p.xlsx")
    assert import_proposals(filled, tmp_path / "p.xlsx") == 1
    last = filled.suggestions().iloc[-1]
    assert (last["parameters"], last["model"]) == ({"temp_degC": 845.0}, "7")


def test_the_command_records_them_and_boxvias(
    tmp_path: Path, verdict: object, fill_database: Callable, space: Space
) -> None:
    url = str(tmp_path / "results.db")
    with Database.open(url) as db:
        fill_database(db, verdict, tmp_path, (1,))
        export(db, "boxvia", tmp_path / "boxvia", objective="jc")
    path = sheet(tmp_path, "850,60,Ar\n", "param:temp_C,param:time_min,param:atm_category\n")
    limits = ["--space", str(tmp_path / "space.toml")]
    done = CliRunner().invoke(app, ["propose", str(path), "--db", url, *limits])
    assert done.exit_code == 0 and "1 new proposal recorded; the database holds 2" in done.output
    bad = sheet(tmp_path, "855,60,Ar\n", "param:temp_C,param:time_min,param:atm_category\n")
    refused = CliRunner().invoke(app, ["propose", str(bad), "--db", url, *limits])
    assert isinstance(refused.exception, InputError)
    table = (tmp_path / "boxvia/boxvia.csv").read_text().splitlines()
    suggest = tmp_path / "Suggest.csv"
    suggest.write_text(f"{table[0]}\n{table[1].rpartition(',')[0]},\n")
    sidecar = ["--boxvia", str(tmp_path / "boxvia/boxvia_sidecar.json"), "--campaign", "round 5"]
    back = CliRunner().invoke(app, ["propose", str(suggest), "--db", url, *sidecar])
    assert "1 new proposal recorded; the database holds 3" in back.output
    with Database.open(url) as db:
        last = db.suggestions().iloc[-1]
        assert (last["origin"], last["model"], last["campaign"]) == ("ai", "BOXVIA", "round 5")
