"""Magnets in the report."""

import pandas as pd
import pytest

from grainstats.run.report.magnet_section import magnet_section

PAIR = {"param:diameter_mm": 30.0, "param:thickness_mm": 6.0, "param:n_discs_1": 2}


def test_field_and_current():
    samples = pd.DataFrame(
        [
            {"sample_id": "a", "prop:trapped_field_T": 2.0, "prop:jc_kA/cm2": 16.1, **PAIR},
            {"sample_id": "b", "prop:trapped_field_T": 1.0, "prop:jc_kA/cm2": None, **PAIR},
            {"sample_id": "no field", "prop:trapped_field_T": None, "prop:jc_kA/cm2": 1.0, **PAIR},
        ]
    )
    found = magnet_section(samples)
    assert found is not None
    a, b = found["rows"]
    assert a["needed_A_per_m2"] == pytest.approx(1.61e8, rel=1e-3)
    assert a["computed_T"] == pytest.approx(2.0, rel=1e-3)
    assert b["needed_A_per_m2"] == pytest.approx(a["needed_A_per_m2"] / 2)
    assert b["computed_T"] is None
    assert found["chart"] is not None
    (drawn,) = found["chart"].points  # b has no current density
    assert (drawn.x, drawn.y) == (a["computed_T"], 2.0)


def test_other_units():
    samples = pd.DataFrame(
        [
            {
                "sample_id": "a",
                "prop:trapped_field_mT": 500,
                "prop:disc_diameter_cm": 1.0,
                "prop:disc_thickness_mm": 2.0,
            }
        ]
    )
    found = magnet_section(samples)
    assert found is not None
    assert found["rows"][0]["size"] == "10 mm × 2 mm"
    assert found["rows"][0]["measured_T"] == 0.5
    assert not found["chart"]


@pytest.mark.parametrize(
    "row",
    [
        {"prop:hardness_GPa": 3.0},
        {"prop:trapped_field_T": 2.0},
        {"prop:trapped_field_T": -2.0, **PAIR},
    ],
)
def test_no_magnet(row):
    assert magnet_section(pd.DataFrame([{"sample_id": "a", **row}])) is None
