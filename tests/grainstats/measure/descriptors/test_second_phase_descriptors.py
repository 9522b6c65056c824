"""Pores and second phases among the descriptors: known shares, of several images by area and by outline."""

from __future__ import annotations

import json

import numpy as np
import pytest

from grainstats.measure import descriptors, measure_grain_map, sample_summary
from segment.grain_map import GrainMap


def test_shares_and_sizes_of_one_map(porous: GrainMap) -> None:
    found = json.loads(json.dumps(sample_summary([measure_grain_map(porous)])))["second_phases"]
    assert set(found) == {"n", "area_fraction", "mean_diameter_nm", "boundary_share"}
    assert (found["n"], found["area_fraction"]) == (1, pytest.approx(36 / 800))
    assert found["mean_diameter_nm"] == pytest.approx(np.sqrt(4 * 36 / np.pi))
    assert found["boundary_share"] == pytest.approx(24 / (24 + 2 * 14))
    assert (
        "mean_diameter_px"
        in sample_summary([measure_grain_map(GrainMap(porous.labels), unit="px")])["second_phases"]
    )


def test_grains_alone_and_hidden_parts_have_none(section: GrainMap, masked: GrainMap) -> None:
    for grain_map in (section, masked):
        assert "second_phases" not in sample_summary([measure_grain_map(grain_map)])
        assert not [d.name for d in descriptors(grain_map) if "second_phase" in d.name]


def test_a_map_without_any_counts_in_the_sample(porous: GrainMap, section: GrainMap) -> None:
    coarser = GrainMap(section.labels, 2.0, "manual")
    found = sample_summary([measure_grain_map(porous), measure_grain_map(coarser)])["second_phases"]
    assert found["n"] == 1
    assert found["area_fraction"] == pytest.approx(36 / (800 + 4 * section.labels.size))


def test_three_maps_have_intervals_that_end_at_one() -> None:
    maps = []
    for rows in (4, 7, 20):
        labels = np.ones((20, 40), np.int32)
        labels[:, 20:] = 2
        labels[:rows, 17:23] = 0
        maps.append(measure_grain_map(GrainMap(labels, 1.0, "manual")))
    found = {d.name: d for d in descriptors(maps)}
    cover = found["second_phase_boundary_share"]
    assert cover.ci_low is not None and cover.ci_high is not None
    assert cover.ci_low < cover.value < cover.ci_high <= 1.0
