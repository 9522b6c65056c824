"""The table of a model: written and read back, applied to borders and grains, refused where it is damaged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fit_confidence import write_confidence

from segment.errors import ModelError
from segment.grain_map import Reliability
from segment.quality.calibration_table import CONFIDENCE_FILE, Confidence, Weighing, read_confidence
from segment.quality.evidence_numbers import Evidence

EVEN = Evidence(80, 0.2, 0.3, 0.01, 0.05, 0.02, 140, 0.8, 0.86, 0.8, 0.03, 0.1, 0.1, 2.5, 3.0, 0.1)
TABLE = Confidence(
    borders=Reliability((0.2, 0.6, 1.0), (0.1, 0.5, 0.9)),
    unlike_grains=Weighing(("widest_angle",), (140.0,), (10.0,), (2.0,), -1.0, 1.0),
    missed=Weighing(("solidity", "weak"), (0.8, -3.0), (0.1, 1.0), (-0.5, 0.25), 0.2, 0.4),
)


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_confidence(tmp_path) is None
    write_confidence(tmp_path, TABLE, {"calibration_error": {"after": 0.0123456789}})
    assert read_confidence(tmp_path) == TABLE
    assert (
        json.loads((tmp_path / CONFIDENCE_FILE).read_text())["measured"]["calibration_error"]["after"]
        == 0.012346
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda facts: facts | {"format": 99},
        lambda facts: {key: value for key, value in facts.items() if key != "missed"},
        lambda facts: facts | {"unlike_grains": facts["unlike_grains"] | {"names": ["colour"]}},
        lambda facts: facts | {"unlike_grains": facts["unlike_grains"] | {"products": [1.0, 2.0]}},
    ],
)
def test_a_damaged_table_is_refused_with_the_remedy(tmp_path: Path, damage) -> None:
    path = write_confidence(tmp_path, TABLE, {})
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    with pytest.raises(ModelError, match="calibrate_confidence"):
        read_confidence(tmp_path)


def test_a_weighing_adds_standardised_evidence() -> None:
    assert TABLE.unlike_grains(replace(EVEN, widest_angle=155)) == pytest.approx(-1 + 2 * 1.5)
    expected = 0.2 - 0.5 * (0.86 - 0.8) / 0.1 + 0.25 * (np.log(0.05) + 3.0)
    assert TABLE.missed(EVEN) == pytest.approx(expected)


def test_a_weighing_adds_halves_of_products() -> None:
    both = replace(TABLE.missed, products=(2.0, 3.0, 4.0))
    one, other = (0.86 - 0.8) / 0.1, np.log(0.05) + 3.0
    more = (2 * one * one + 3 * one * other + 4 * other * other) / 2
    assert both(EVEN) == pytest.approx(TABLE.missed(EVEN) + more)


def test_missing_evidence_adds_nothing_and_extremes_are_bounded() -> None:
    assert TABLE.unlike_grains(replace(EVEN, widest_angle=float("nan"))) == -1.0
    assert TABLE.unlike_grains(replace(EVEN, widest_angle=1000.0)) == pytest.approx(-1 + 2 * 3)


def test_borders_are_stated_as_the_table_says() -> None:
    np.testing.assert_allclose(TABLE.borders(np.array([0.4, 1.0])), [0.3, 0.9], rtol=1e-6)
