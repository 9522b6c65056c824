"""`grainstats magnet` as scripts call it."""

import json

import pytest
from typer.testing import CliRunner

from grainstats.run.cli import app
from grainstats.run.report import magnet_pictures
from segment.errors import InputError

PAIR = ["magnet", "--diameter", "30", "--thickness", "6", "--stack", "2"]


def _document(*more):
    result = CliRunner().invoke(app, [*PAIR, *more, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_document_follows_the_contract():
    found = _document("--jc", "1.61e8", "--creep-rate", "0.002", "--t0", "60", "--hours", "72")
    assert {"b_axis_T", "b_probe_T", "j_A_per_m2", "decay", "error_estimate", "inputs"} <= set(found)
    assert found["b_probe_T"] == pytest.approx(2.0, rel=1e-3)
    assert found["b_axis_T"][0].keys() == {"z_mm", "b_T"}
    assert found["decay"][-1] == {"hours": 72.0, "share": pytest.approx(0.983, abs=5e-4)}
    assert found["inputs"]["z_origin"].startswith("mid-plane")


def test_field_gives_the_current_back():
    read = _document("--jc", "1.61e8", "--probe", "top")["b_probe_T"]
    assert _document("--field", str(read), "--probe", "top")["j_A_per_m2"] == pytest.approx(1.61e8)


def test_table_and_map(tmp_path, monkeypatch):
    monkeypatch.setattr(magnet_pictures, "_POINTS", 9)
    table, csv, png = tmp_path / "jc.csv", tmp_path / "map.csv", tmp_path / "map.png"
    table.write_text("B (T),Jc (A/cm2)\n0,4e4\n1,2e4\n4,0.8e4\n", encoding="utf-8")
    assert 1 < _document("--jc-table", str(table), "--map", str(csv))["b_probe_T"] < 4
    assert csv.read_text(encoding="utf-8").startswith("r_mm,z_mm,b_r_T,b_z_T\n0,")
    _document("--jc", "1e8", "--bore", "4", "--gap", "1", "--map", str(png))
    assert png.stat().st_size > 10_000


@pytest.mark.parametrize(
    "more",
    [
        [],
        ["--jc", "1e8", "--field", "2"],
        ["--jc", "-1"],
        ["--jc", "1e8", "--bore", "31"],
        ["--jc", "1e8", "--probe", "nowhere"],
        ["--jc", "1e8", "--map", "field.doc"],
        ["--jc-table", "missing.csv"],
    ],
)
def test_bad_calls_are_refused(more):
    with pytest.raises(InputError):
        CliRunner().invoke(app, [*PAIR, *more], catch_exceptions=False)
