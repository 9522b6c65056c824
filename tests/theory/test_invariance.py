"""What must not change: flips, transposition, renumbering, the unit of length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from grainstats.measure import anisotropy, boundary_network, grain_table, measure_grain_map, sample_summary
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import poisson_voronoi_plane

CHANGES = {
    "flip rows": lambda image: image[::-1].copy(),
    "flip columns": lambda image: image[:, ::-1].copy(),
    "transpose": lambda image: image.T.copy(),
}


@pytest.fixture(scope="module")
def grain_map() -> GrainMap:
    labels = (
        poisson_voronoi_plane((300, 260), 1 / 20**2, np.random.default_rng(5)).grain_map(2.0).labels.copy()
    )
    labels[labels % 11 == 3] = 0  # some pores
    valid = np.ones(labels.shape, bool)
    valid[200:220, 30:90] = False
    return numbered(np.where(valid, labels, 0), valid)


def numbered(labels: np.ndarray, valid: np.ndarray) -> GrainMap:
    present = np.unique(labels[labels > 0])
    number = np.zeros(labels.max() + 1, np.int32)
    number[present] = np.arange(1, present.size + 1)
    return GrainMap(number[labels], 2.0, "manual", valid)


def facts(grain_map: GrainMap) -> dict[str, np.ndarray]:
    """What does not depend on the seed of the test lines, in the order of labels where there is one."""
    table, network = grain_table(grain_map), boundary_network(grain_map)
    names = ["area_nm2", "perimeter_nm", "feret_max_nm", "feret_min_nm", "aspect_ratio", "weight"]
    found = {name: table[name].to_numpy() for name in names}
    found["length"] = np.array([network.length(kind) for kind in ("grain", "phase", "frame")])
    found["triple points"] = np.array([network.triple_points.sum(), len(network.junctions)])
    found["segments"] = np.sort(network.segments["length_nm"].to_numpy())
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_flip_and_transpose(grain_map: GrainMap, change: str) -> None:
    turned = replace(
        grain_map, labels=CHANGES[change](grain_map.labels), valid=CHANGES[change](grain_map.valid)
    )
    before, after = facts(grain_map), facts(turned)
    for name, value in before.items():
        np.testing.assert_allclose(after[name], value, rtol=1e-4, err_msg=name)


def test_relabel(grain_map: GrainMap) -> None:
    order = np.random.default_rng(1).permutation(grain_map.n_grains) + 1
    new = np.concatenate([[0], order]).astype(np.int32)
    renamed = replace(grain_map, labels=new[grain_map.labels])
    before, after = facts(grain_map), facts(renamed)
    for name, value in before.items():
        found = after[name]
        if value.size == grain_map.n_grains:
            found = found[order - 1]
        np.testing.assert_allclose(found, value, rtol=1e-9, err_msg=name)
    one, two = (measure_grain_map(m, seed=3) for m in (grain_map, renamed))
    np.testing.assert_allclose(one.intercepts["length_nm"], two.intercepts["length_nm"])
    assert (new[one.intercepts["label"]] == two.intercepts["label"]).all()


def test_twice_the_pixel_size_doubles_lengths(grain_map: GrainMap) -> None:
    maps = grain_map, replace(grain_map, pixel_size_nm=4.0)
    one, two = (sample_summary([measure_grain_map(one)]) for one in maps)
    powers = {"nm": 1, "nm2": 2, "1/um": -1, "1/um2": -2, "1": 0, "deg": 0}
    for name, before in one["descriptors"].items():
        after = two["descriptors"][name]
        if name.startswith("astm_g"):
            assert before["value"] - after["value"] == pytest.approx(2.0, abs=1e-5)
        elif before["value"] is not None:
            factor = 2.0 ** powers[before["unit"]]
            assert after["value"] == pytest.approx(factor * before["value"], rel=1e-9, abs=1e-12), name
            if before["ci"] is not None:
                np.testing.assert_allclose(after["ci"], factor * np.array(before["ci"]), err_msg=name)


def test_transposing_turns_the_preferred_direction(grain_map: GrainMap) -> None:
    stretched = np.repeat(grain_map.labels, 3, axis=1)
    lying = anisotropy(measure_grain_map(GrainMap(stretched, 1.0)))
    standing = anisotropy(measure_grain_map(GrainMap(stretched.T.copy(), 1.0)))
    assert lying.intercept_ratio == pytest.approx(standing.intercept_ratio, rel=1e-3)
    assert min(lying.direction_deg, 180 - lying.direction_deg) < 10
    assert abs(standing.direction_deg - 90) < 10
