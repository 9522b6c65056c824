"""Charts say what the numbers say, on axes with names; words round honestly."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from grainstats.infer import ModalityVerdict
from grainstats.run.report.chart import Axis, Chart, DataPoint, Line, log_ticks, ticks
from grainstats.run.report.page import fill_template
from grainstats.run.report.section import dot_of, quantity
from grainstats.run.report.size_charts import (
    border_nm,
    diameter_chart,
    fitted_modes,
    sizes,
    spacing_chart,
    spark,
)
from grainstats.run.report.wording import length, length_with_interval, p_words, probability, rounded


def svg_of(chart: Chart) -> ElementTree.Element:
    """The chart as the pages lay it out."""
    page = fill_template("magnets.html.j2", magnets={"rows": (), "chart": chart})
    (found,) = re.findall(r"<svg class=\"chart\" viewBox.*?</svg>", page, re.DOTALL)
    return ElementTree.fromstring(found)


def texts(svg: ElementTree.Element, kind: str) -> list[str]:
    return [str(e.text) for e in svg.iter("text") if e.attrib["class"] == kind]


def two_sizes() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return np.concatenate([rng.normal(50, 4, 900), rng.normal(300, 20, 60)]), np.ones(960)


def test_shares_are_said_in_per_cent():
    row = pd.Series({"value": 0.0749, "ci_low": 0.0, "ci_high": 0.207, "unit": "1", "method": "how"})
    assert quantity(row.rename("boundary_lost_share"))[1:] == ("7.49 %", "0 – 20.7", "how")
    assert quantity(row.rename("intercept_cv"))[1] == "0.0749"


def test_area_weighting_moves_the_peak_to_the_coarse_grains():
    found = sizes(*two_sizes(), 2)
    assert found is not None
    coarse = found.ends_nm[:-1] > 120
    assert found.by_number[~coarse].sum() > 5 * found.by_number[coarse].sum()
    assert found.by_extent[coarse].sum() > 1.5 * found.by_extent[~coarse].sum()
    assert found.by_number.sum() == pytest.approx(1) == pytest.approx(found.by_extent.sum())


def test_the_table_of_a_chart_is_what_is_drawn():
    chart = diameter_chart(sizes(*two_sizes(), 2), ())
    assert chart is not None and chart.bars is not None
    table = pd.read_csv(io.StringIO(chart.csv()))
    assert table["area_share"].to_numpy() * 100 == pytest.approx(chart.bars[1], rel=1e-4)
    tops = [float(y) for y in re.findall(r"V([\d.]+)H", chart.bar_path())]
    drawn = (chart.floor - np.array(tops)) / (chart.floor - chart.top)
    assert drawn == pytest.approx(chart.y.share(chart.bars[1][chart.bars[1] > 0]), abs=1e-3)


def test_both_axes_are_named_with_their_units():
    for chart in (
        diameter_chart(sizes(*two_sizes(), 2), ()),
        spacing_chart(sizes(*two_sizes(), 1), 60.0, None),
    ):
        assert chart is not None
        x, y = texts(svg_of(chart), "name")
        assert "(nm)" in x and y == "share per class (%)"
        assert len(chart.y_ticks()) >= 3 and len(chart.x_ticks()) >= 3


def test_modes_stand_at_their_diameter_with_share_and_interval(verdict: ModalityVerdict):
    told = replace(
        verdict, modes_nm=(50.0, 300.0), mode_fractions=(0.3, 0.7), modes_ci_nm=((48.0, 52.0), (280.0, 320.0))
    )
    modes = fitted_modes(told, *two_sizes())
    chart = diameter_chart(sizes(*two_sizes(), 2), modes)
    assert chart is not None
    svg = svg_of(chart)
    marks = [float(e.attrib["x1"]) for e in svg.iter("line") if e.attrib["class"] == "mark"]
    assert marks == [chart.px(50.0), chart.px(300.0)]
    assert any("70 % of the area" in text for text in texts(svg, "label"))
    assert sum(e.attrib.get("class") == "band" for e in svg.iter("rect")) == 2
    assert sum(e.attrib["class"] == "fit" for e in svg.iter("polyline")) == 2
    border = border_nm(modes)
    assert border is not None and 60 < border < 250
    assert border_nm(modes[:1]) is None


def test_one_grain_and_no_grain():
    assert sizes(np.empty(0), np.empty(0), 2) is None and diameter_chart(None, ()) is None
    one = diameter_chart(sizes(np.array([50.0]), np.ones(1), 2), ())
    assert one is not None and "nan" not in ElementTree.tostring(svg_of(one), encoding="unicode")


def test_small_histograms_of_a_sample_share_their_height():
    values, weight = two_sizes()
    found = sizes(values, weight, 2)
    assert found is not None

    def highest(path: str) -> float:
        return min(float(y) for y in re.findall(r"V([\d.]+)", path))

    whole, fine = spark(found, values, weight), spark(found, values[:900], weight[:900])
    assert highest(fine) < highest(whole)  # all its area in fewer classes: higher bars


def test_what_comes_from_data_is_escaped_in_a_chart():
    table = pd.DataFrame({"sample": ["=1+1", '"><script>'], "x": [1.0, 2.0]})
    axis = Axis("a < b", 0.0, 3.0)
    line = Line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "fit", "<b>")
    chart = Chart("n", "<i>", axis, axis, table, lines=(line,), points=(DataPoint(1.0, 2.0, said="<u>"),))
    svg = svg_of(chart)
    assert svg.attrib["aria-label"] == "<i>" and texts(svg, "name") == ["a < b", "a < b"]
    assert {str(t.text) for t in svg.iter("title")} == {"<i>", "<b>", "<u>"}
    assert not chart.csv().splitlines()[1].startswith("=")


def test_dots_lie_on_a_logarithmic_axis():
    dot = dot_of(100.0, (50.0, 200.0), (10.0, 1000.0))
    (low, high), at = dot["ends"], dot["at"]
    assert at == pytest.approx(80.0, abs=0.1)
    assert at - low == pytest.approx(high - at, abs=0.2)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (96, 143, [100, 110, 120, 130, 140]), (-0.011, 0.004, [-0.01, -0.005, 0])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_ticks_of_a_logarithmic_axis():
    assert log_ticks(15, 600) == [20, 50, 100, 200, 500]
    assert log_ticks(0.57, 1.9) == pytest.approx([0.6, 0.8, 1.0, 1.5])  # not 1 alone
    assert log_ticks(0.8, 1.3) == pytest.approx([0.8, 0.9, 1.0, 1.1, 1.2, 1.3])


def test_words():
    assert [length(v) for v in (4.321, 43.21, 432.1, 4321.0)] == ["4.32 nm", "43.2 nm", "432 nm", "4.32 µm"]
    assert length_with_interval(48.0, None) == "48.0 nm"
    assert length_with_interval(48.0, (44.1, 53.0)) == "48.0 nm (44.1–53.0)"
    assert length_with_interval(990.0, (900.0, 1100.0)) == "990 nm (900 nm – 1.10 µm)"
    assert [probability(p) for p in (0.0, 0.0004, 0.0123, 0.456, None)] == [
        "< 0.001",
        "< 0.001",
        "0.012",
        "0.46",
        "–",
    ]
    assert [p_words(p) for p in (0.0004, 0.0312, 0.456, 1.0, None)] == [
        "p < .001",
        "p = .031",
        "p = .46",
        "p = 1",
        "no p",
    ]
    assert [rounded(v) for v in (0.0, 23.84, 0.5, 12345.6, float("nan"))] == [
        "0",
        "23.8",
        "0.500",
        "12346",
        "–",
    ]
