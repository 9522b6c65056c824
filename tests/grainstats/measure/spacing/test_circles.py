from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure import boundary_network, circular_intercepts
from segment.grain_map import GrainMap


def test_three_circles_are_covered_without_gap(voronoi: GrainMap) -> None:
    table = circular_intercepts(voronoi, unit="px", diameter_px=150.0)
    whole = table.groupby("line").agg(total=("length_px", "sum"), line=("line_length_px", "first"))
    np.testing.assert_allclose(whole["total"], whole["line"])
    np.testing.assert_allclose(whole["line"], np.pi * 150 * np.array([3, 2, 1]) / 3)
    assert set(table["censored"]) == {"none"}


def test_patterns_tile_the_window_and_stay_inside(voronoi: GrainMap) -> None:
    table = circular_intercepts(voronoi, unit="px", diameter_px=60.0)
    assert table["line"].nunique() == 9 * 3
    assert table["y0_px"].between(0, voronoi.labels.shape[0] - 1).all()
    assert table["x0_px"].between(0, voronoi.labels.shape[1] - 1).all()


def test_concentric_boundary_is_not_met_and_a_straight_one_twice() -> None:
    labels = np.ones((101, 101), np.int32)
    labels[:, 50:] = 2
    table = circular_intercepts(GrainMap(labels, 1.0), diameter_px=90.0)
    assert (table.groupby("line").size() == 2).all()
    assert sorted(table["label"].unique()) == [1, 2]
    whole = table.groupby("line")["length_nm"].sum()
    np.testing.assert_allclose(whole, np.pi * 90 * np.array([3, 2, 1]) / 3)


def test_circle_inside_one_grain_has_no_ends() -> None:
    table = circular_intercepts(GrainMap(np.ones((60, 60), np.int32), 1.0))
    assert len(table) == 3
    assert (table["censored"] == "both").all()


def test_circle_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        circular_intercepts(GrainMap(np.ones((60, 60), np.int32), 1.0), diameter_px=80.0)
    assert len(circular_intercepts(GrainMap(np.ones((3, 3), np.int32), 1.0))) == 0


def test_labels_are_those_of_the_pixels(section: GrainMap) -> None:
    network = boundary_network(section, unit="px")
    table = circular_intercepts(section, unit="px", network=network)
    y, x = np.rint(table["y0_px"]).astype(int), np.rint(table["x0_px"]).astype(int)
    # an arc starts on the boundary of its grain: the label is within two pixels
    near = [
        label in section.labels[max(a - 2, 0) : a + 3, max(b - 2, 0) : b + 3]
        for label, a, b in zip(table["label"], y, x, strict=True)
    ]
    assert np.mean(near) > 0.995
