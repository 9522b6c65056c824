"""Charts say what the numbers say; words round honestly."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from grainstats.run.report.svg_charts import Mode, distribution_charts, length, range_chart
from grainstats.run.report.wording import length_with_interval, number, probability


def heights(svg: str) -> tuple[np.ndarray, np.ndarray]:
    """Middle and height of every bar."""
    bars = [e.attrib for e in ElementTree.fromstring(svg).iter("rect") if e.attrib["class"] == "bar"]
    x = [float(b["x"]) + float(b["width"]) / 2 for b in bars]
    return np.array(x), np.array([float(b["height"]) for b in bars])


def test_area_weighting_moves_the_peak_to_the_coarse_grains():
    rng = np.random.default_rng(1)
    d = np.concatenate([rng.normal(50, 4, 900), rng.normal(300, 20, 60)])
    number_chart, area_chart = distribution_charts(d, np.ones(d.size), ())
    middle = 210.0
    x, h = heights(number_chart)
    assert h[x < middle].sum() > 5 * h[x > middle].sum()
    x, h = heights(area_chart)
    assert h[x > middle].sum() > 1.5 * h[x < middle].sum()


def test_a_mode_is_drawn_at_its_diameter_with_its_share_and_interval():
    d = np.geomspace(10, 1000, 201)
    modes = (Mode(100.0, 0.7, (90.0, 111.0)), Mode(600.0, 0.3, None))
    _, chart = distribution_charts(d, np.ones(d.size), modes)
    marks = [float(v) for v in re.findall(r'class="mark" x1="([\d.]+)"', chart)]
    ticks = {
        float(t.text): float(t.attrib["x"])
        for t in ElementTree.fromstring(chart).iter("text")
        if t.attrib["class"] == "tick" and t.text.replace(".", "").isdigit()
    }
    assert marks[0] == pytest.approx(ticks[100.0], abs=0.2)
    assert "70 % of the area" in chart and "30 % of the area" in chart
    assert chart.count('class="band"') == 1 and chart.count('class="fit"') == 2


def test_no_grains_no_chart():
    assert distribution_charts(np.empty(0), np.empty(0), ()) == ("", "")


def test_one_grain_can_be_drawn():
    for svg in distribution_charts(np.array([50.0]), np.ones(1), (Mode(50.0, 1.0, None),)):
        assert "nan" not in svg
        ElementTree.fromstring(svg)


def test_range_chart_places_the_dot_on_a_logarithmic_axis():
    svg = ElementTree.fromstring(range_chart(100.0, (50.0, 200.0), (10.0, 1000.0)))
    (dot,) = svg.iter("circle")
    assert float(dot.attrib["cx"]) == pytest.approx(80.0, abs=0.1)


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
    assert [number(v) for v in (0.0, 23.84, 0.5, 12345.6, float("nan"))] == [
        "0",
        "23.8",
        "0.500",
        "12346",
        "–",
    ]
