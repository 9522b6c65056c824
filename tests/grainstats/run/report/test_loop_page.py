"""The campaign page: self-contained, escaped, true to the numbers; and its section in the report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grainstats.run.cli import app
from grainstats.run.report.loop_page import prediction_chart, progress_chart
from grainstats.share import Database, Measured, Quantity, SampleRow, SampleSheet, SuggestionRecord
from grainstats.share.sheets.design_loops import Loops, read_loops


def row(sample: str, route: str, temp: float, jc: float) -> SampleRow:
    return SampleRow(
        sample,
        route,  # type: ignore[arg-type]
        "c",
        (Quantity("temp", temp, "degC"),),
        (Measured("jc", jc, "kA/cm2", 2.0),),
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    rows = [row(f"A{i}", "ai", 800 + i, 100 + 10 * i) for i in range(4)]
    rows += [row(f"R<{i}>", "researcher", 700 + i, 130 - 5 * i) for i in range(2)]
    said = {"jc": {"value": 118.0, "ci_low": 100.0, "ci_high": 136.0}}
    wrong = {"jc": {"value": 60.0, "ci_low": 50.0, "ci_high": 70.0}}
    path = str(tmp_path / "results.db")
    with Database.open(path) as db:
        db.add_suggestions(
            [
                SuggestionRecord("ai", "GP", {"temp_degC": 802.0}, predictions={"objectives": said}),
                SuggestionRecord(
                    "researcher", "<b>Ito</b>", {"temp_degC": 701.0}, predictions={"objectives": wrong}
                ),
                SuggestionRecord("ai", "GP", {"temp_degC": 999.0}, reason="far & away", objective="jc"),
            ]
        )
        db.put_samples(SampleSheet("test", tuple(rows)))
    return path


def test_the_page_is_complete_in_itself_and_says_where_the_loops_stand(url: str, tmp_path: Path) -> None:
    out = tmp_path / "pages" / "campaign.html"
    done = CliRunner().invoke(app, ["campaign", "--db", url, "--out", str(out)])
    assert done.exit_code == 0
    page = out.read_text(encoding="utf-8")
    assert "AI: 4 experiments, the best 130 kA/cm² in number 4 (A3)." in page
    assert "After 2 each: AI 110 kA/cm², researchers 130 kA/cm²" in page
    assert "3 proposals recorded, 1 not made yet." in page
    assert "1 of 2 measured values within the predicted 95 % interval." in page
    assert page.count("in the interval</span>") == page.count("outside the interval</span>") == 1
    assert (
        "temp 999 °C" in page and "far &amp; away" in page and "&lt;b&gt;Ito" in page and "<b>Ito" not in page
    )
    assert "R&lt;0&gt;" in page and "R<0>" not in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page) and "url(" not in page and "unsafe" not in page
    assert str(tmp_path) not in page


def test_the_lines_of_the_chart_follow_the_best_values(url: str) -> None:
    with Database.open(url) as db:
        loops = read_loops(db, "jc")
    chart = progress_chart(loops)
    assert chart is not None
    best = {line.kind.split()[1]: list(line.y) for line in chart.lines}
    assert best["ai"] == sorted(best["ai"]) and len(set(best["ai"])) == 4  # larger is better: never falls
    assert len(set(best["researcher"])) == 1 and max(best["ai"]) == best["researcher"][0]  # both stand at 130
    assert [p.square for p in chart.points].count(True) == 2 and len({p.said for p in chart.points}) == 6
    assert list(chart.table["value"]) == [p.y for p in chart.points]


def test_predictions_are_drawn_only_where_something_was_measured(url: str) -> None:
    with Database.open(url) as db:
        loops = read_loops(db, "jc")
    chart = prediction_chart(loops)
    assert chart is not None and [p.said for p in chart.points] == [
        "A2: predicted 118, measured 120",
        "R<1>: predicted 60.0, measured 125",
    ]
    assert chart.points[0].x_ends == (100.0, 136.0)
    empty = Loops("jc", "kA/cm2", True, (), ())
    assert progress_chart(empty) is prediction_chart(empty) is None


def test_an_empty_database_has_a_page_too(tmp_path: Path) -> None:
    url = str(tmp_path / "results.db")
    Database.open(url).close()
    out = tmp_path / "campaign.html"
    assert CliRunner().invoke(app, ["campaign", "--db", url, "--out", str(out)]).exit_code == 0
    assert "nothing has been proposed" in out.read_text(encoding="utf-8")
