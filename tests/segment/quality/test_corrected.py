"""What a model knew of a map stays known of what a hand has left of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from grainstats.infer import SampleImage, judge_sample
from grainstats.measure import measure_grain_map
from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.cells.editing import cut_cell, join_cells, numbered
from segment.cells.label_edges import on_edges
from segment.cells.recutting import as_in_map, cut_at, fine_cells
from segment.grain_map import GrainMap
from segment.label_maps.any_file import read_map
from segment.label_maps.imagej_rois import write_roi_set
from segment.label_maps.writing import write_label_map
from segment.mosaics.laguerre import laguerre_section
from segment.quality.boundary_loss import joined_share
from segment.quality.corrected import corrected
from segment.quality.warnings import MISSED
from segment.segmentation import Segmentation


@pytest.fixture(scope="module")
def network() -> GrainMap:
    """A map cut from boundaries of all strengths, the faint ones left out."""
    rng = np.random.default_rng(2)
    labels = laguerre_section((400, 400), 26.0, 0.3, rng).grain_map().labels
    wall = on_edges(labels, upper_left=True).astype(float)
    strength = ndimage.gaussian_filter(rng.normal(size=labels.shape), 15)
    chance = ndimage.gaussian_filter(wall, 1.0) * 2.2 * (0.55 + 0.2 * strength / strength.std())
    probability = np.clip(chance + 0.02 * rng.random(labels.shape), 0, 1).astype(np.float32)
    found = close_cells(BoundaryMap(probability, 1.0, "manual"), persistence=0.3)
    said = (f"{MISSED}, about 30% of their length",)
    made = Segmentation("m", "d", 0.3, fine_cells(found), (0.0,) * 4, True, said, corners=0.05)
    return replace(found, segmentation=made, warnings=said)


def by_hand(network: GrainMap, labels: np.ndarray) -> GrainMap:
    """As a program of another hand saves the labels."""
    return GrainMap(numbered(labels), 1.0, "manual")


def pair_of(network: GrainMap, row: int = 200) -> tuple[np.ndarray, list[int]]:
    """A line from one cell to its neighbour, and the two."""
    labels = network.labels[row]
    x = next(x for x in range(100, 300) if len(set(labels[x - 4 : x + 5])) == 2)
    return np.array([[row, x - 4.0], [row, x + 4.0]]), sorted({int(labels[x - 4]), int(labels[x + 4])})


def likely(made: Segmentation, without: list[int]) -> list[float]:
    """Areas of the likely cells that lie in none of the map's cells `without`."""
    cut = cut_at(made.cells, made.persistence, 0.4)
    return sorted(cut.area_px[~np.isin(cut.parent + 1, without)])


def test_what_changes_nothing_gives_exactly_the_same(network):
    turned = GrainMap(network.n_grains + 1 - network.labels, 1.0, "manual")
    same = corrected(network, by_hand(network, network.labels))
    assert same.segmentation.to_bytes() == network.segmentation.to_bytes()
    assert same.warnings == network.warnings
    verdicts = [
        judge_sample([SampleImage.of_measurement(measure_grain_map(one))])
        for one in (network, same, corrected(network, turned))
    ]
    assert verdicts[0] == verdicts[1] == verdicts[2] and verdicts[0].stability is not None
    assert joined_share(network.segmentation) > 0.05, "some borders are left out"


def test_joining_two_changes_only_these(network):
    line, pair = pair_of(network)
    labels = join_cells(network.labels, line).applied(network.labels)
    found = corrected(network, by_hand(network, labels))
    made, before = found.segmentation, network.segmentation
    (new,) = set(found.labels[np.isin(network.labels, pair)])
    assert likely(made, [new]) == likely(before, pair)
    np.testing.assert_array_equal(as_in_map(made.cells).area_px, np.bincount(found.labels.ravel())[1:])
    within = np.isin(before.cells.parent[before.cells.pairs - 1] + 1, pair).all(axis=1)
    length = before.cells.length_px[~within].sum()
    assert made.cells.length_px.sum() == pytest.approx(length, abs=2), "only borders within the two are gone"
    assert made.corners <= before.corners and found.warnings == network.warnings


@pytest.mark.parametrize("least_px", [20, 100])
def test_a_border_drawn_by_hand_is_sure_in_every_cut(network, least_px):
    cells = replace(network.segmentation.cells, least_px=least_px)
    start = replace(network, segmentation=replace(network.segmentation, cells=cells))
    place = ndimage.center_of_mass(network.labels == 60)
    cell = int(network.labels[tuple(np.int64(place))])
    labels = cut_cell(network.labels, np.add(place, [[0.0, -4.0], [0.0, 4.0]])).applied(network.labels)
    found = corrected(start, by_hand(network, labels))
    parts = sorted(set(found.labels[network.labels == cell]))
    assert len(parts) == 2 and found.segmentation.cells.least_px == least_px
    fine = found.segmentation.cells
    marked = replace(fine, at_frame=np.isin(fine.parent + 1, parts))  # a cut's cell has the mark of any part
    for persistence, level in ((0.15, 0.25), (0.3, 0.4), (0.9, 0.4), (0.02, 0.0)):
        assert np.count_nonzero(cut_at(marked, persistence, level).at_frame) == 2


def test_a_map_drawn_by_hand_stays_one(network):
    other = laguerre_section((400, 400), 30.0, 0.3, np.random.default_rng(5)).grain_map(1.0)
    assert corrected(network, other) is other
    assert corrected(replace(network, segmentation=None), network) is network


def test_what_was_missing_counts_until_a_tenth_of_the_borders_is_drawn(network):
    labels = network.labels.copy()
    for cell in range(1, network.n_grains, 2):
        y, x = np.nonzero(labels == cell)
        labels[y[x < np.median(x)], x[x < np.median(x)]] = labels.max() + 1
    found = corrected(network, by_hand(network, labels))
    assert found.segmentation is not None and not any(w.startswith(MISSED) for w in found.warnings)


def test_a_correction_beside_its_original_is_read_as_one(tmp_path, network):
    line, _ = pair_of(network)
    labels = join_cells(network.labels, line).applied(network.labels)
    edited = by_hand(network, labels)
    write_label_map(tmp_path / "a.labels.tif", network)
    write_label_map(tmp_path / "a_edited.tif", edited)
    write_label_map(tmp_path / "ab.tif", edited)
    write_roi_set(tmp_path / "a_RoiSet.zip", edited.labels)
    for name in ("a_edited.tif", "a_RoiSet.zip"):
        found = read_map(tmp_path / name, pixel_size_nm=1.0)
        assert found.n_grains == network.n_grains - 1
        assert joined_share(found.segmentation) == pytest.approx(
            joined_share(corrected(network, edited).segmentation)
        )
        assert any("a correction of a.labels.tif" in text for text in found.warnings)
    assert read_map(tmp_path / "ab.tif").segmentation is None, "ab is no longer name of a"
