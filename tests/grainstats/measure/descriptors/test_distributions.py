"""Shares of area by grain size and of line length by spacing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grainstats.measure import Measurement, measure_grain_map, sample_summary
from grainstats.measure.descriptors.summary import distributions
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section


def shares_of(measured: Measurement) -> dict[str, dict[str, Any]]:
    return distributions(measured.grains, measured.intercepts, "nm")


def test_shares_sum_to_one_and_give_the_weighted_means_back() -> None:
    grain_map = laguerre_section((400, 400), 24.0, 0.3, np.random.default_rng(2)).grain_map(2.0)
    measured = measure_grain_map(grain_map)
    found = shares_of(measured)
    summary = sample_summary([measured])
    means = {
        "equivalent_diameter_nm": summary["equivalent_diameter_nm"]["area_weighted_mean"],
        "intercept_nm": summary["descriptors"]["intercept_length_weighted_mean_nm"]["value"],
    }
    for name, expected in means.items():
        edges, share = np.array(found[name]["edges"]), np.array(found[name]["share"])
        assert share.sum() == pytest.approx(1.0) and len(edges) == len(share) + 1
        assert np.sqrt(edges[1:] * edges[:-1]) @ share == pytest.approx(expected, rel=0.08)
    assert summary["distributions"] == found


def test_squares_have_one_size() -> None:
    number = np.arange(64, dtype=np.int32).reshape(8, 8) + 1
    lattice = GrainMap(np.kron(number, np.ones((20, 20), np.int32)), 1.0, "manual")
    found = shares_of(measure_grain_map(lattice, angles=(0.0, 30.0, 60.0, 90.0)))
    assert max(found["equivalent_diameter_nm"]["share"]) > 0.9


def test_nothing_whole_gives_nothing() -> None:
    one = GrainMap(np.ones((30, 30), np.int32), 1.0, "manual")
    assert shares_of(measure_grain_map(one))["equivalent_diameter_nm"]["share"] == []
