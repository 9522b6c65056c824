"""The methods section says what decided: every constant of the rule, and no other number for it."""

from __future__ import annotations

import pandas as pd
import pytest

from grainstats.infer.modality import coarse_grains, judge, null_library, stability
from grainstats.run.recipe import Recipe
from grainstats.run.report.page import fill_template
from grainstats.run.report.report import RULES, methods_of
from segment.unet import load_model


@pytest.fixture(scope="module")
def methods(edge_model) -> dict:
    images = pd.DataFrame({"path": ["S/a.tif"], "scale_source": ["manual"], "pixel_size_nm": [2.0]})
    return methods_of(load_model(edge_model), Recipe(), images)


def text_of(methods: dict) -> str:
    return fill_template("methods.html.j2", m=methods, version="0")


def test_the_rule_is_told_with_the_constants_that_decide(methods):
    text = text_of(methods)
    assert f"p &lt; {judge.LEVEL:g}" in text and f"p ≥ {judge.LEVEL:g}" in text
    assert f"mode ratio of at least {judge.SMALLEST_RATIO:.1f}" in text
    assert f"at least {100 * judge.SMALLEST_SHARE:.0f} % of the area" in text
    assert f"Below {judge.FEWEST_GRAINS} whole grains" in text
    assert f"at least {coarse_grains.FEWEST_COARSE} coarse grains" in text
    assert f"repeated on {1 + len(stability.CUTS)} other maps of the same images" in text
    assert f"fewer than {100 * stability.LEAST_AGREEING:.0f} %" in text
    assert f"are {null_library.PAIR_RATIO:g} times or more apart" in text
    for gone in ("Silverman", "likelihood ratio"):
        assert gone not in text


@pytest.mark.parametrize("name", RULES)
def test_every_constant_is_in_the_text(methods, name):
    other = RULES | {name: RULES[name] * 2}
    assert text_of(methods | {"rules": other}) != text_of(methods)
