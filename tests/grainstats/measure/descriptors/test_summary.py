from __future__ import annotations

import json

import numpy as np
import pytest

from grainstats.measure import (
    check_label_map,
    descriptor_table,
    descriptors,
    measure_grain_map,
    sample_summary,
)
from grainstats.measure.intervals.map_blocks import map_blocks
from grainstats.measure.spacing.astm import g_from_grains_per_mm2
from segment.errors import UncalibratedError, UnreadableError
from segment.grain_map import GrainMap


def test_names_of_the_contract(voronoi: GrainMap) -> None:
    document = json.loads(json.dumps(sample_summary([measure_grain_map(voronoi)])))
    assert {"n_grains", "n_interior", "boundary_density_per_um", "triple_junctions_per_um2", "astm_g"} <= set(
        document
    )
    assert set(document["equivalent_diameter_nm"]) == {"mean", "median", "area_weighted_mean", "ci"}
    assert set(document["intercept_nm"]) == {"mean", "median", "cv", "ci", "n"}
    low, high = document["intercept_nm"]["ci"]
    assert low < document["intercept_nm"]["mean"] < high
    assert document["n_grains"] == voronoi.n_grains
    assert document["boundary_density_per_um"] == pytest.approx(
        1000 * np.pi / 2 / document["intercept_nm"]["mean"], rel=0.05
    )


def test_pixels_are_named_so(voronoi: GrainMap) -> None:
    document = sample_summary([measure_grain_map(GrainMap(voronoi.labels), unit="px")])
    assert "equivalent_diameter_px" in document and "boundary_density_per_px" in document
    assert document["astm_g"] is None
    assert document["equivalent_diameter_px"]["mean"] == pytest.approx(
        sample_summary([measure_grain_map(voronoi)])["equivalent_diameter_nm"]["mean"] / 2
    )
    assert not [name for name in document["descriptors"] if name.endswith("_nm") or "_um" in name]


def test_uncalibrated_map_has_no_nanometres(voronoi: GrainMap) -> None:
    with pytest.raises(UncalibratedError, match="pixel size"):
        measure_grain_map(GrainMap(voronoi.labels))


def test_several_maps_are_one_sample(voronoi: GrainMap, section: GrainMap) -> None:
    maps = [measure_grain_map(voronoi, image_id="a"), measure_grain_map(section, image_id="b")]
    document = sample_summary(maps)
    assert document["n_grains"] == voronoi.n_grains + section.n_grains
    assert document["pixel_size_nm"] == [2.0, 1.0]
    single = [sample_summary([m])["intercept_nm"] for m in maps]
    assert document["intercept_nm"]["n"] == single[0]["n"] + single[1]["n"]
    total = sum(s["mean"] * s["n"] for s in single)
    assert document["intercept_nm"]["mean"] == pytest.approx(total / document["intercept_nm"]["n"])
    table = descriptor_table(maps)
    assert list(dict.fromkeys(table["image"])) == ["a", "b", ""]


def test_identical_images_have_no_spread_between_them(voronoi: GrainMap) -> None:
    """From five images on, images are the blocks: copies of one image have an interval without width."""
    document = sample_summary([measure_grain_map(voronoi, seed=0)] * 5)
    low, high = document["intercept_nm"]["ci"]
    assert high / low == pytest.approx(1.0, abs=1e-6)


def test_the_blocks_share_out_what_the_network_has(section: GrainMap, porous: GrainMap) -> None:
    for grain_map in (section, porous):
        measured = measure_grain_map(grain_map)
        blocks, network = map_blocks(measured), measured.network
        grain = network.segments["kind"] == "grain"
        assert blocks.boundary_length.sum() == pytest.approx(network.segments.loc[grain, "length_nm"].sum())
        assert blocks.triple_points.sum() == pytest.approx(network.triple_points.sum())
        share = measured.window.seen_share
        assert blocks.block_area.sum() == pytest.approx(measured.grains["area_nm2"].sum() * share)


def test_a_grain_lies_in_one_block(section: GrainMap) -> None:
    """With all that lies in it: its intercepts carry the block of its centroid."""
    measured = measure_grain_map(section)
    blocks = map_blocks(measured)
    assert blocks.n_blocks > 9
    block = dict(zip(measured.grains["label"], blocks.any_grain_block, strict=True))
    table = measured.intercepts.sort_values("length_nm", kind="stable")
    assert [block[label] for label in table["label"]] == blocks.chord_block.tolist()


def test_mean_area_is_the_inverse_of_the_planimetric_count(section: GrainMap) -> None:
    found = {d.name: d for d in descriptors(section)}
    area, g = found["grain_area_mean_nm2"], found["astm_g_planimetric"]
    assert g_from_grains_per_mm2(1e12 / area.value) == pytest.approx(g.value)
    assert area.ci_low is not None and area.ci_high is not None and g.ci_low is not None
    assert g_from_grains_per_mm2(1e12 / area.ci_high) == pytest.approx(g.ci_low)


def test_units_do_not_mix(voronoi: GrainMap) -> None:
    with pytest.raises(ValueError, match="unit"):
        sample_summary([measure_grain_map(voronoi), measure_grain_map(voronoi, unit="px")])
    with pytest.raises(ValueError, match="no map"):
        descriptors([])


@pytest.mark.parametrize(
    "labels",
    [
        np.zeros((20, 20), np.int32),
        np.ones((20, 20), np.int32),
        np.ones((1, 1), np.int32),
        np.arange(1, 17, dtype=np.int32).reshape(4, 4),
        np.array([[1, 2]], np.int32),
    ],
)
def test_degenerate_maps_give_a_document(labels: np.ndarray) -> None:
    document = sample_summary([measure_grain_map(GrainMap(labels, 1.0))])
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text)["n_grains"] == int(labels.max())


def test_every_descriptor_says_unit_and_method(section: GrainMap) -> None:
    found = descriptors(section)
    assert len({d.name for d in found}) == len(found)
    for d in found:
        assert d.unit and d.method
        if d.ci_low is not None and d.ci_high is not None:
            assert d.ci_low <= d.value <= d.ci_high, d.name


def test_same_seed_same_document(section: GrainMap) -> None:
    one, two = (sample_summary([measure_grain_map(section, seed=2)]) for _ in range(2))
    assert one == two


def test_micrograph_and_tracing_are_no_label_maps(section: GrainMap) -> None:
    check_label_map(section, "map.tif")
    grey = np.random.default_rng(0).integers(0, 256, (100, 100)).astype(np.int32)
    with pytest.raises(UnreadableError, match="micrograph"):
        check_label_map(GrainMap(grey), "image.tif")
    with pytest.raises(UnreadableError, match="--tracing"):
        check_label_map(GrainMap((grey > 200).astype(np.int32)), "tracing.png")
