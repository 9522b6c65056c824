from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure import boundary_network, intercept_table
from segment.errors import UncalibratedError
from segment.grain_map import GrainMap


def test_lines_are_covered_without_gap(voronoi: GrainMap) -> None:
    table = intercept_table(voronoi, unit="px", angles=(0.0, 30.0, 90.0, 117.0))
    whole = table.groupby("line").agg(total=("length_px", "sum"), line=("line_length_px", "first"))
    np.testing.assert_allclose(whole["total"], whole["line"])
    ends = table.groupby("line")["censored"].apply(lambda c: (c == "one").sum() + 2 * (c == "both").sum())
    assert (ends == 2).all()


@pytest.mark.parametrize("angle", [0.0, 12.0, 45.0, 90.0, 171.0])
def test_lines_sample_the_window_evenly(voronoi: GrainMap, angle: float) -> None:
    """Line length times spacing is the window's area between pixel centres."""
    table = intercept_table(voronoi, unit="px", angles=(angle,), spacing=2.0)
    assert table["length_px"].sum() * 2.0 == pytest.approx(199 * 219, rel=0.01)


def test_labels_are_those_of_the_pixels(voronoi: GrainMap) -> None:
    table = intercept_table(voronoi, unit="px", angles=(0.0, 60.0))
    turn = np.deg2rad(table["angle_deg"])
    y = table["y0_px"] - table["length_px"] / 2 * np.sin(turn)
    x = table["x0_px"] + table["length_px"] / 2 * np.cos(turn)
    there = voronoi.labels[np.rint(y).astype(int), np.rint(x).astype(int)]
    long = table["length_px"] > 3
    assert (there == table["label"])[long].mean() > 0.995


def test_lengths_have_no_integer_ties(voronoi: GrainMap) -> None:
    table = intercept_table(voronoi, unit="px", angles=(0.0, 90.0))
    length = table.loc[table["censored"] == "none", "length_px"]
    assert length.nunique() > 0.98 * len(length)
    assert np.abs(np.histogram(length % 1, 4, (0, 1))[0] / len(length) - 0.25).max() < 0.12


def test_angle_turns_counter_clockwise_as_seen() -> None:
    """A boundary that rises to the right is not crossed by lines along it."""
    y, x = np.mgrid[:60, :60]
    rising = GrainMap((x + y > 59).astype(np.int32) + 1, 1.0)  # the image's y points down
    along = intercept_table(rising, angles=(45.0,), spacing=7.0)
    across = intercept_table(rising, angles=(135.0,), spacing=7.0)
    assert (along["censored"] == "both").mean() > 0.8
    assert (across["censored"] == "one").all()


def test_seed_and_spacing_decide_the_lines(voronoi: GrainMap) -> None:
    first, again = intercept_table(voronoi, seed=4), intercept_table(voronoi, seed=4)
    assert first.equals(again)
    assert not first.equals(intercept_table(voronoi, seed=5))
    spacing = np.sqrt(voronoi.labels.size / voronoi.n_grains)
    starts = first.loc[first["angle_deg"] == 0].groupby("line")["y0_px"].first()
    np.testing.assert_allclose(np.diff(starts), spacing, rtol=1e-6)  # float32


def test_intercepts_end_whole_at_pores(porous: GrainMap) -> None:
    table = intercept_table(porous, angles=(0.0,), spacing=1.0)
    through = table[(table["y0_px"] > 8) & (table["y0_px"] < 11)]
    assert set(through["label"]) == {1, 2}
    assert (through["phase_ends"] == 1).all()
    assert (through["censored"] == "one").all()  # the other end is the frame
    np.testing.assert_allclose(through["length_nm"], 16.5, atol=0.3)
    above = table[table["y0_px"] < 4]
    assert (above["phase_ends"] == 0).all()


def test_intercepts_are_cut_at_hidden_regions(masked: GrainMap) -> None:
    table = intercept_table(masked, angles=(0.0,), spacing=1.0)
    beside = table[(table["y0_px"] < 6) & (table["label"] == 2)]
    np.testing.assert_allclose(beside["length_nm"], 10.0, atol=0.2)
    assert (beside["censored"] == "one").all()
    assert (table["phase_ends"] == 0).all()


def test_network_can_be_shared(voronoi: GrainMap) -> None:
    network = boundary_network(voronoi)
    assert intercept_table(voronoi, network=network).equals(intercept_table(voronoi))
    with pytest.raises(ValueError, match="unit"):
        intercept_table(voronoi, unit="px", network=network)


def test_uncalibrated_map_has_no_nanometres() -> None:
    with pytest.raises(UncalibratedError):
        intercept_table(GrainMap(np.ones((5, 5), np.int32)))


def test_one_grain_is_cut_on_both_sides() -> None:
    table = intercept_table(GrainMap(np.ones((50, 50), np.int32), 1.0))
    assert (table["censored"] == "both").all()
    assert set(table["label"]) == {1}
