"""Angles of boundaries in tables and descriptors, against a mosaic whose orientations are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from grainstats.measure import boundary_network, descriptors, measure_grain_map
from grainstats.measure.network.misorientation import misorientation_distribution
from segment.grain_map import GrainMap
from segment.grain_orientations import CrystalPhase, GrainOrientations
from segment.orientation.misorientation import random_share_below
from segment.orientation.quaternions import from_axis_angle

IRON = CrystalPhase(1, "iron", "m-3m")


def oriented(grain_map: GrainMap, q: np.ndarray, phase: np.ndarray | None = None) -> GrainMap:
    """The map with orientations of grains 1 ... n."""
    number = np.ones(len(q) + 1, int) if phase is None else np.concatenate([[0], phase])
    number[0] = 0
    phases = (IRON, CrystalPhase(2, "FeAs", "mmm"))
    table = np.concatenate([np.full((1, 4), np.nan), q])
    return replace(grain_map, orientations=GrainOrientations(table, number, phases, 5.0))


def strips(*angles: float) -> GrainMap:
    """Upright strips of 10 px, turned about [001] and for NaN by 60 degrees about [111]."""
    labels = np.repeat(np.arange(1, len(angles) + 1, dtype=np.int32), 10)[None].repeat(40, 0)
    turns = [from_axis_angle((1, 1, 1), 60) if np.isnan(a) else from_axis_angle((0, 0, 1), a) for a in angles]
    return oriented(GrainMap(labels, 100.0, "manual"), np.array(turns))


def test_segments_carry_angle_and_sigma() -> None:
    table = boundary_network(strips(0, 10, 40, 0, np.nan)).segments
    inner = table[table["kind"] == "grain"].sort_values("label_a")
    assert inner["misorientation_deg"].to_numpy() == pytest.approx([10, 30, 40, 60], abs=1e-4)
    assert inner["low_angle"].tolist() == [True, False, False, False]
    assert inner["sigma"].tolist() == [1, 17, 5, 3]
    frame = table[table["kind"] != "grain"]
    assert frame["misorientation_deg"].isna().all() and not frame["low_angle"].any()


def test_descriptors_of_known_strips() -> None:
    found = {d.name: d for d in descriptors(strips(0, 10, 40, 0, np.nan))}
    assert found["misorientation_mean_deg"].value == pytest.approx(35, abs=1e-3)
    assert found["high_angle_boundary_share"].value == pytest.approx(0.75)
    assert found["sigma3_boundary_share"].value == pytest.approx(0.25)
    assert 0.3 < found["misorientation_distance_from_random"].value <= 1
    assert "misorientation_mean_deg" not in {
        d.name for d in descriptors(replace(strips(0, 10), orientations=None))
    }


def test_boundaries_between_phases_have_no_angle() -> None:
    plain = strips(0, 10, 40)
    assert plain.orientations is not None
    mixed = oriented(plain, plain.orientations.quaternions[1:], np.array([1, 1, 2]))
    table = boundary_network(mixed).segments.query("kind == 'grain'").sort_values("label_a")
    assert table["misorientation_deg"].iloc[0] == pytest.approx(10)
    assert np.isnan(table["misorientation_deg"].iloc[1])
    found = {d.name: d.value for d in descriptors(mixed)}
    assert found["high_angle_boundary_share"] == 0


def test_random_crystals_follow_the_random_law(voronoi: GrainMap) -> None:
    q = np.random.default_rng(0).standard_normal((voronoi.n_grains, 4))
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    grain_map = oriented(voronoi, q)
    measured = measure_grain_map(grain_map)
    assert grain_map.orientations is not None
    table = misorientation_distribution(measured.network.segments, grain_map.orientations)
    assert table["length_share"].sum() == pytest.approx(1)
    assert table["random_share"].sum() == pytest.approx(1)
    assert np.abs((table["length_share"] - table["random_share"]).cumsum()).max() < 0.1
    found = {d.name: d for d in descriptors(measured)}
    assert found["misorientation_distance_from_random"].value < 0.12
    mean = found["misorientation_mean_deg"]
    assert mean.ci_low is not None and mean.ci_high is not None and mean.ci_low < 40.73 < mean.ci_high
    high = found["high_angle_boundary_share"]
    expected = 1 - random_share_below(np.array([15.0]), IRON)[0]
    assert high.value == pytest.approx(expected, abs=0.03) and (high.ci_high or 0) <= 1


def test_distribution_of_no_boundary() -> None:
    one = strips(0)
    assert one.orientations is not None
    table = misorientation_distribution(boundary_network(one).segments, one.orientations)
    assert len(table) == 0
