"""BOXVIA's table, range file and sidecar follow its rules, and its suggestions come back in our own units."""

from __future__ import annotations

import csv
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grainstats.share import Database
from grainstats.share.db.records import SheetError
from grainstats.share.exports import export
from grainstats.share.exports.boxvia import safe_names, scale_for
from grainstats.share.sheets.boxvia_suggestions import import_suggestions
from grainstats.share.sheets.samples import read_samples
from segment.errors import InputError

HEADER = (
    "sample_id,design_route,param:T_K,param:Time_min,param:x1_1,param:x10_1,param:p_bar,param:atm_category"
)
SHEET = f"""{HEADER},param:fixed_h,prop:jc_kA/cm2,prop:tf_T
A,ai,1123.15,30,0.0001,10,1.5,Ar,2,1.25,3
B,researcher,1133.15,60,0.0002,20,2.5,air,2,2.5,
C,ai,1143.15,90,0.0004,30,1.5,Ar,2,,
D,ai,,90,0.0004,30,1.5,Ar,2,9,
E,ai,1150,45,0.0003,15,2.0,Ar,2,0.123456789,1
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite alone: that both kinds of database are read alike is shown in ``test_exports.py``."""
    return str(tmp_path / "results.db")


@pytest.fixture
def exported(db: Database, tmp_path: Path) -> tuple[Database, Path]:
    (tmp_path / "samples.csv").write_text(SHEET)
    db.put_samples(read_samples(tmp_path / "samples.csv"))
    export(db, "boxvia", tmp_path / "boxvia", objective="jc")
    return db, tmp_path / "boxvia"


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def test_table_and_ranges(exported: tuple[Database, Path]) -> None:
    _, out = exported
    header, *body = rows(out / "boxvia.csv")
    assert header[-1] == "jc_kA_cm2"
    assert len(header) == 6  # T, Time, p, x1, x10; no words, nothing constant
    numbers = [[float(cell) for cell in row] for row in body]
    assert [row[-1] for row in numbers] == [1.25, 2.5, 0.123456789]
    assert numbers[0][:-1] == [1123.15, 30, 1.5, 1, 10]  # x1 in units of 1e-4
    blank, *names = rows(out / "boxvia_range.csv")[0]
    assert (blank, names) == ("", header[:-1])
    upper, lower = rows(out / "boxvia_range.csv")[1:]
    assert upper == ["Max", "1150.0", "60.0", "2.5", "3.0", "20.0"]
    assert lower == ["Min", "1123.15", "30.0", "1.5", "1.0", "10.0"]


def test_names_are_no_part_of_one_another(exported: tuple[Database, Path]) -> None:
    _, out = exported
    header = rows(out / "boxvia.csv")[0]
    for i, a in enumerate(header):
        assert a.isidentifier()
        assert not any(a.lower() in b.lower() for j, b in enumerate(header) if i != j)
    sidecar = json.loads((out / "boxvia_sidecar.json").read_text())
    assert [p["column"] for p in sidecar["parameters"]] == header[:-1]
    assert {p["parameter"]: p["scale"] for p in sidecar["parameters"]} == {
        "T_K": 1.0,
        "Time_min": 1.0,
        "p_bar": 1.0,
        "x10_1": 1.0,
        "x1_1": 1e4,
    }


def test_sidecar_remembers_what_the_table_cannot(exported: tuple[Database, Path]) -> None:
    db, out = exported
    sidecar = json.loads((out / "boxvia_sidecar.json").read_text())
    assert sidecar["rows"] == ["A", "B", "E"]
    assert sidecar["dropped"] == [
        {"sample_id": "C", "why": "no objective"},
        {"sample_id": "D", "why": "no T_K"},
    ]
    assert sidecar["left_out"] == [
        {"parameter": "atm_category", "why": "words, not numbers"},
        {"parameter": "fixed_h", "why": "never changed", "value": 2.0},
    ]
    assert sidecar["objective"]["parameter"] == "jc_kA/cm2"
    assert sidecar["snapshot_digest"] == db.snapshot_digest()


def test_suggestions_come_back(exported: tuple[Database, Path], tmp_path: Path) -> None:
    db, out = exported
    header = rows(out / "boxvia.csv")[0]
    suggest = tmp_path / "Suggest.csv"
    suggest.write_text(
        f"{','.join(header)}\n1130.123,45.5,2.001,1.505,12.346,\n1,2,3,4,5,1.25\n\n1131,45,2,1.6,12,\n"
    )
    sidecar = out / "boxvia_sidecar.json"
    assert import_suggestions(db, suggest, sidecar, campaign="round 3") == 2
    assert import_suggestions(db, suggest, sidecar, campaign="round 3") == 0
    table = db.suggestions()
    assert table["parameters"][0] == {
        "T_K": 1130.123,
        "Time_min": 45.5,
        "p_bar": 2.001,
        "x10_1": 12.346,
        "x1_1": 0.0001505,
        "fixed_h": 2.0,
    }
    row = table.iloc[0]
    assert (row["origin"], row["model"], row["objective"], row["campaign"]) == (
        "ai",
        "BOXVIA",
        "jc_kA/cm2",
        "round 3",
    )
    assert row["snapshot_digest"] == db.snapshot_digest()


def test_suggestions_that_do_not_fit_are_refused(exported: tuple[Database, Path], tmp_path: Path) -> None:
    db, out = exported
    header, sidecar = ",".join(rows(out / "boxvia.csv")[0]), out / "boxvia_sidecar.json"
    suggest = tmp_path / "Suggest.csv"
    suggest.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="its columns are a, b, the sidecar's are"):
        import_suggestions(db, suggest, sidecar)
    suggest.write_text(f"{header}\n1,2,3,4,5,\n1,x,3,4,inf,\n1,2,3\n")
    with pytest.raises(SheetError) as caught:
        import_suggestions(db, suggest, sidecar)
    assert str(caught.value).count("is not a number") == 2
    assert "row 4: 3 of 5 parameters have a value" in str(caught.value)
    with pytest.raises(InputError, match="no sidecar"):
        import_suggestions(db, suggest, suggest)
    assert len(db.suggestions()) == 0


def test_ranges_of_the_user(exported: tuple[Database, Path], tmp_path: Path) -> None:
    db, _ = exported
    out = tmp_path / "wider"
    export(db, "boxvia", out, objective="prop:jc_kA/cm2", ranges={"T_K": (1000, 1200), "fixed_hours": (1, 4)})
    names, upper, lower = rows(out / "boxvia_range.csv")
    assert dict(zip(names, zip(lower, upper, strict=True), strict=True))["fixed_h"] == ("1.0", "4.0")
    assert "2.0" in rows(out / "boxvia.csv")[1]
    with pytest.raises(InputError, match="unknown parameters: temp_K"):
        export(db, "boxvia", tmp_path / "other", objective="jc", ranges={"temp_K": (0, 1)})


def test_an_objective_is_needed(exported: tuple[Database, Path], tmp_path: Path) -> None:
    db, _ = exported
    with pytest.raises(InputError, match="properties are: jc_kA/cm2, tf_T"):
        export(db, "boxvia", tmp_path / "x")
    with pytest.raises(InputError, match="no property 'hardness'"):
        export(db, "boxvia", tmp_path / "x", objective="hardness")
    export(db, "boxvia", tmp_path / "tf", objective="tf_T")
    assert len(rows(tmp_path / "tf" / "boxvia.csv")) == 3


def test_more_than_twenty_parameters_are_refused(db: Database, tmp_path: Path) -> None:
    names = [f"param:p{n}_K" for n in range(21)]
    lines = [",".join(["sample_id", "design_route", *names, "prop:jc_T"])]
    lines += [",".join([f"S{k}", "ai", *(str(k + n) for n in range(21)), "1"]) for k in range(3)]
    (tmp_path / "s.csv").write_text("\n".join(lines))
    db.put_samples(read_samples(tmp_path / "s.csv"))
    with pytest.raises(InputError, match="21 parameters were varied; BOXVIA takes 1 to 20"):
        export(db, "boxvia", tmp_path / "x")


@given(st.lists(st.text("xX1T_me0 /%", min_size=1, max_size=4), min_size=1, max_size=21))
def test_any_names_become_safe(wanted: list[str]) -> None:
    names = safe_names(wanted)
    assert len(names) == len(wanted)
    assert all(name.isidentifier() for name in names)
    lower = [name.lower() for name in names]
    assert not [(a, b) for i, a in enumerate(lower) for j, b in enumerate(lower) if i != j and a in b]
    assert not [a for a in lower if any(a in function for function in ("exp", "tan", "max", "sqrt"))]


@given(
    st.lists(st.integers(-9999, 9999), min_size=2, max_size=8, unique=True),
    st.sampled_from([1e-6, 1e-3, 1.0, 1e3]),
)
def test_rounding_to_three_decimals_is_harmless(values: list[int], size: float) -> None:
    tried = sorted(v * size for v in values)
    scale = scale_for(tried, tried[0], tried[-1])
    gap = min(b - a for a, b in pairwise(tried))
    rounded = [round(v * scale, 3) / scale for v in tried]
    assert all(abs(r - v) <= 0.03 * gap for r, v in zip(rounded, tried, strict=True))
    assert scale in {10.0**power for power in range(20)}
