"""Fields that overlap are found by their grains; fields that do not are left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from grainstats.measure import measure_grain_map
from segment.grain_map import GrainMap
from segment.label_maps.repairs import grain_map_of_labels
from segment.mosaics.laguerre import poisson_voronoi_plane
from segment.registration.overlap import MOST_NAMED, SAME_AREA, Places, each_area_once, overlapping


@pytest.fixture(scope="module")
def wide() -> np.ndarray:
    return poisson_voronoi_plane((400, 1000), 1 / 900, np.random.default_rng(5)).grain_map().labels


def shared_part(one: Places, other: Places) -> float:
    found = overlapping([one, other])
    return found[0].share if found else 0.0


def window(labels: np.ndarray, left: int, width: int = 400) -> Places:
    cut = np.ascontiguousarray(labels[:, left : left + width])
    return measure_grain_map(grain_map_of_labels(cut, pixel_size_nm=2.0)).places()


@pytest.mark.parametrize("left", [0, 80, 200, 320])
def test_the_share_of_a_neighbour(wide: np.ndarray, left: int) -> None:
    assert shared_part(window(wide, 0), window(wide, left)) == pytest.approx(1 - left / 400, abs=0.02)


def test_a_tenth_of_a_field_of_many_grains() -> None:
    fine = poisson_voronoi_plane((400, 760), 1 / 180, np.random.default_rng(6)).grain_map().labels
    assert shared_part(window(fine, 0), window(fine, 360)) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle", [7.0, 33.0, 120.0])
def test_turned_and_mirrored_copies(wide: np.ndarray, angle: float, mirrored: bool) -> None:
    turn = cv2.getRotationMatrix2D((200, 200), angle, 1.0)
    copy = cv2.warpAffine(wide[:, :400].astype(np.uint16), turn, (400, 400), flags=cv2.INTER_NEAREST)
    copy = copy[80:320, 80:320].astype(np.int32)
    found = shared_part(window(wide, 0), window(copy[:, ::-1] if mirrored else copy, 0, 240))
    assert found == pytest.approx(1, abs=0.03)


def test_a_crop_lies_in_its_image(wide: np.ndarray) -> None:
    crop = window(wide[100:350], 150, 300)
    assert shared_part(window(wide, 0, 600), crop) == pytest.approx(1, abs=0.02)
    (found,) = overlapping([crop, window(wide, 0, 600)])
    assert (found.kept, found.other) == (1, 0)


def test_a_crop_from_the_corner_has_edges_in_common(wide: np.ndarray) -> None:
    assert shared_part(window(wide, 0, 310), window(wide[:360], 0, 280)) == pytest.approx(1, abs=0.02)


def test_of_many_copies_some_are_named_and_the_others_counted(wide: np.ndarray) -> None:
    copies = {place: 0 for place in range(1, MOST_NAMED + 4)}
    fields = [window(wide, 0, 200)] + [Places(np.zeros((0, 2)), np.zeros(0), (1.0, 1.0))] * len(copies)
    own, said = each_area_once(fields, [f"{place}.tif" for place in range(len(fields))], copies)
    assert own == [0]
    assert said[0] == f"{SAME_AREA}1.tif and 0.tif"
    assert len(said) == MOST_NAMED + 1 and said[-1] == f"{SAME_AREA}3 more pairs"


def test_other_fields_share_nothing(wide: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    fields = [
        Places(rng.random((150, 2)) * 600, rng.lognormal(7, spread, 150), (600.0, 600.0))
        for spread in np.repeat([0.05, 0.3, 0.8], 8)
    ]
    assert overlapping([*fields, window(wide, 0), window(wide, 600)]) == []


def test_grains_in_rows_agree_on_many_shifts() -> None:
    y, x = np.mgrid[20:600:45, 20:600:45]
    fields = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        centres = np.column_stack([y.ravel(), x.ravel()]) + rng.normal(0, 4, (y.size, 2))
        fields.append(Places(centres, rng.normal(2000, 60, y.size), (600.0, 600.0)))
    assert overlapping(fields) == []


def test_too_few_grains_tell_nothing() -> None:
    labels = np.arange(1, 10, dtype=np.int32).reshape(3, 3).repeat(20, 0).repeat(20, 1)
    one = measure_grain_map(GrainMap(labels, 1.0, "manual")).places()
    assert shared_part(one, one) == 0


@pytest.mark.parametrize("seed", range(12))
def test_a_copy_of_few_grains_whose_areas_differ_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centres, areas = rng.random((30, 2)) * 100, rng.lognormal(3, 0.5, 30)
    moved, other = centres + rng.normal(0, 0.3, centres.shape), areas * np.exp(rng.normal(0, 0.12, 30))
    assert shared_part(Places(centres, areas, (100, 100)), Places(moved, other, (100, 100))) > 0.5
