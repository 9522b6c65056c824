from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import regionprops

from grainstats.measure import grain_table
from segment.errors import UncalibratedError
from segment.grain_map import GrainMap


def disc(radius: float, centre: tuple[float, float] = (50.3, 49.8)) -> GrainMap:
    y, x = np.mgrid[:100, :100]
    return GrainMap(((y - centre[0]) ** 2 + (x - centre[1]) ** 2 < radius**2).astype(np.int32), 1.0)


def rectangle(angle_deg: float, length: float = 80.0, width: float = 40.0) -> GrainMap:
    """Turned counter-clockwise as seen."""
    y, x = np.mgrid[:160, :160]
    turn = np.deg2rad(angle_deg)
    along = (x - 80.2) * np.cos(turn) - (y - 79.7) * np.sin(turn)
    across = (x - 80.2) * np.sin(turn) + (y - 79.7) * np.cos(turn)
    return GrainMap(((abs(along) < length / 2) & (abs(across) < width / 2)).astype(np.int32), 1.0)


def test_agrees_with_scikit_image(voronoi: GrainMap) -> None:
    table = grain_table(voronoi, unit="px").set_index("label")
    for region in regionprops(voronoi.labels):
        row = table.loc[region.label]
        assert row["area_px2"] == region.area
        assert (row["y_px"], row["x_px"]) == pytest.approx(region.centroid)
        box = tuple(row[f"bbox_{name}_px"] for name in ("y0", "x0", "y1", "x1"))
        assert box == region.bbox
        assert row["equivalent_diameter_px"] == pytest.approx(region.equivalent_diameter_area)
        if region.area > 100:  # pixels are squares here, points there
            ratio = region.axis_major_length / region.axis_minor_length
            assert row["aspect_ratio"] == pytest.approx(ratio, rel=0.02)
        # scikit-image fills the convex hull with whole pixels first
        assert row["feret_max_px"] == pytest.approx(region.feret_diameter_max, abs=0.6)


def test_feret_diameters_by_brute_force(voronoi: GrainMap) -> None:
    """Caliper widths of the points half a pixel up, down, left and right of every pixel, each 0.1 degrees."""
    table = grain_table(voronoi, unit="px").set_index("label")
    angle = np.deg2rad(np.arange(0, 180, 0.1))
    for label in table.index[:40]:
        y, x = np.nonzero(voronoi.labels == label)
        y = np.concatenate([y - 0.5, y + 0.5, y, y])
        x = np.concatenate([x, x, x - 0.5, x + 0.5])
        width = np.ptp(np.outer(np.sin(angle), y) + np.outer(np.cos(angle), x), axis=1)
        assert table.loc[label, "feret_max_px"] == pytest.approx(width.max(), rel=2e-3)
        assert table.loc[label, "feret_min_px"] == pytest.approx(width.min(), rel=1e-2)


@pytest.mark.parametrize("radius", [8, 20, 40])
def test_disc(radius: int) -> None:
    row = grain_table(disc(radius)).iloc[0]
    assert row["perimeter_nm"] == pytest.approx(2 * np.pi * radius, rel=0.006)
    assert row["feret_max_nm"] == pytest.approx(2 * radius, abs=0.9)
    assert row["feret_min_nm"] == pytest.approx(2 * radius, abs=0.6)
    assert row["aspect_ratio"] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("angle", [0.0, 20.0, 45.0, 110.0, 165.0])
def test_turned_rectangle(angle: float) -> None:
    row = grain_table(rectangle(angle)).iloc[0]
    turn = abs((row["orientation_deg"] - angle + 90) % 180 - 90)
    assert turn < 0.5
    assert row["aspect_ratio"] == pytest.approx(2.0, rel=0.02)
    assert row["feret_max_nm"] == pytest.approx(np.hypot(80, 40), abs=0.8)
    assert row["feret_min_nm"] == pytest.approx(40, abs=1.1)
    assert row["perimeter_nm"] == pytest.approx(240, rel=0.03)


def test_miles_lantuejoul_weight(voronoi: GrainMap) -> None:
    table = grain_table(voronoi)
    height, width = voronoi.labels.shape
    w = table["bbox_x1_px"] - table["bbox_x0_px"]
    h = table["bbox_y1_px"] - table["bbox_y0_px"]
    expected = 1 / ((width - w) * (height - h) / (width * height))
    inner = ~table["touches_frame"]
    np.testing.assert_allclose(table.loc[inner, "weight"], expected[inner])
    assert table.loc[~inner, "weight"].isna().all()
    assert (table["touches_frame"] == voronoi.touches_frame[table["label"]]).all()


def test_weighted_count_is_unbiased() -> None:
    """Sum of the weights over the area estimates the intensity: Poisson-Voronoi has one grain a point."""
    from segment.mosaics.laguerre import poisson_voronoi_plane

    rng, total = np.random.default_rng(4), []
    for _ in range(60):
        total.append(
            grain_table(poisson_voronoi_plane((120, 120), 1 / 400, rng).grain_map(1.0))["weight"].sum()
        )
    # 36 grains a window: the mean of 60 windows has a standard error near 2 %
    assert np.mean(total) / (120 * 120) == pytest.approx(1 / 400, rel=0.05)


def test_weighted_count_is_unbiased_around_a_hidden_region() -> None:
    """As above, per valid area: a hidden disc cuts grains as the frame does."""
    from segment.mosaics.laguerre import poisson_voronoi_plane

    rng, total = np.random.default_rng(5), []
    away = np.hypot(*(np.mgrid[:240, :240] - 119.5))
    valid = away > 80
    for _ in range(40):
        labels = poisson_voronoi_plane((240, 240), 1 / 400, rng).grain_map().labels
        whole = GrainMap(np.where(valid, labels, 0), 1.0, "manual", valid)
        total.append(grain_table(whole)["weight"].sum())
    assert np.mean(total) / valid.sum() == pytest.approx(1 / 400, rel=0.05)


def test_weight_uses_the_extent_of_the_valid_region() -> None:
    labels = np.full((40, 60), 1, np.int32)
    labels[15:20, 20:30] = 2
    valid = np.zeros(labels.shape, bool)
    valid[5:35, 10:50] = True
    table = grain_table(GrainMap(np.where(valid, labels, 0), 1.0, "manual", valid)).set_index("label")
    assert table.loc[2, "weight"] == pytest.approx(1 / ((40 - 10) * (30 - 5) / (40 * 30)))
    assert table.loc[1, "touches_frame"]


def test_pores_are_no_grains(porous: GrainMap) -> None:
    table = grain_table(porous)
    assert list(table["label"]) == [1, 2]
    assert list(table["area_nm2"]) == [400 - 18, 400 - 18]


def test_grains_below_the_least_area_are_left_out(voronoi: GrainMap) -> None:
    everything = grain_table(voronoi, unit="px")
    large = grain_table(voronoi, unit="px", min_area_px=300)
    assert len(large) == (everything["area_px2"] >= 300).sum()
    assert grain_table(voronoi, min_area_px=300)["label"].equals(large["label"])


def test_uncalibrated_map_has_no_nanometres() -> None:
    grain_map = GrainMap(np.ones((5, 5), np.int32))
    with pytest.raises(UncalibratedError, match="--pixel-size"):
        grain_table(grain_map)
    assert grain_table(grain_map, unit="px")["area_px2"].tolist() == [25.0]


def test_map_without_grains() -> None:
    table = grain_table(GrainMap(np.zeros((5, 5), np.int32), 1.0))
    assert len(table) == 0
    full = grain_table(GrainMap(np.ones((5, 5), np.int32), 1.0))
    assert list(table.columns) == list(full.columns)
