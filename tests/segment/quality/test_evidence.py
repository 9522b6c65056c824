"""Evidence: known values on drawn networks, whatever the magnification; windows that stand for the whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.spatial import cKDTree

from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.cells.label_edges import on_edges
from segment.micrograph import Micrograph
from segment.quality.evidence import gather_evidence, hull_area, junctions
from segment.quality.evidence_numbers import EVIDENCE_NAMES, Evidence


def cells_of(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[: size[0], : size[1]]
    nearest = cKDTree(points).query(np.column_stack([y.ravel(), x.ravel()]))[1]
    return (np.unique(nearest, return_inverse=True)[1].reshape(size) + 1).astype(np.int32)


def honeycomb(size: int = 300, edge: float = 40.0) -> np.ndarray:
    rows = np.arange(-1, size / (edge * 0.866) + 2)
    columns = np.arange(-1, size / edge + 2)
    points = [(r * edge * 0.866, (c + 0.5 * (r % 2)) * edge) for r in rows for c in columns]
    return cells_of(np.array(points), (size, size))


def answer(labels: np.ndarray, strength: float = 0.95, scale: float = 1.0) -> BoundaryMap:
    thick = cv2.dilate(on_edges(labels).astype(np.float32), np.ones((3, 3), np.uint8))
    return BoundaryMap((0.02 + (strength - 0.02) * thick).astype(np.float32), None, "none", scale=scale)


def micrograph(image: np.ndarray) -> Micrograph:
    return Micrograph(image, None, "none", path=Path("x.tif"), sha256="0" * 64, vendor="test")


def evidence(labels: np.ndarray, boundary_map: BoundaryMap | None = None) -> Evidence:
    boundary_map = boundary_map or answer(labels)
    grey = (255 - 200 * boundary_map.probability).astype(np.uint8)
    cells = close_cells(boundary_map, persistence=0.1)
    found = gather_evidence(micrograph(grey), boundary_map, cells.labels)
    assert found is not None
    return found


def test_angles_of_a_honeycomb_and_of_a_brick_wall() -> None:
    angle, clean = junctions(honeycomb())
    assert 120 <= angle < 132  # the raster moves a junction by up to a pixel of the eight of the circle
    assert clean > 0.95
    row, column = np.mgrid[:240, :240]
    wall = (row // 30) * 20 + (column + 30 * (row // 30 % 2)) // 60
    angle, clean = junctions((wall + 1).astype(np.int32))
    assert angle == pytest.approx(180, abs=8)
    assert clean > 0.95


def test_four_squares_that_meet_are_no_clean_junction() -> None:
    row, column = np.mgrid[:200, :200]
    assert junctions((row // 40 * 5 + column // 40 + 1).astype(np.int32))[1] == 0
    assert all(np.isnan(junctions(np.ones((60, 60), np.int32))))


def test_small_bodies_on_a_plain_ground_have_heavy_tails() -> None:
    rng, answered = np.random.default_rng(3), answer(honeycomb())
    labels = close_cells(answered, persistence=0.1).labels

    def tails(grey: np.ndarray) -> float:
        found = gather_evidence(micrograph(grey.astype(np.float32)), answered, labels)
        assert found is not None
        return found.grey_tails

    noise = rng.normal(100, 10, (300, 300))
    second_phases = np.zeros((300, 300))
    for y, x in rng.integers(10, 290, (60, 2)):
        second_phases[y - 2 : y + 3, x - 2 : x + 3] = 100
    assert tails(noise) == pytest.approx(3, abs=0.3)
    assert tails(noise + second_phases) > 10
    assert tails(noise - second_phases) == pytest.approx(tails(noise + second_phases), rel=0.2)
    assert tails(np.full((300, 300), 80.0)) == 0


def test_a_honeycomb_is_even_convex_and_hides_nothing() -> None:
    found = evidence(honeycomb())
    assert found.solidity > 0.9
    assert found.hidden < 0.02 and found.weak == 0
    assert found.open_lines < 0.01  # cells at the corners too small to be cut
    assert found.faint < 0.02
    assert found.edge_contrast > 5


def test_walls_of_medium_probability_inside_cells_are_hidden_length() -> None:
    """Every second wall of a square net at .3: as much length hidden at .3 as is left."""
    probability = np.full((320, 320), 0.02, np.float32)
    for at in range(39, 319, 40):
        probability[at : at + 2] = 0.95
        probability[:, at : at + 2] = np.maximum(probability[:, at : at + 2], 0.3)
    found = evidence(np.zeros(0), BoundaryMap(probability, None, "none"))
    assert found.cells == 8
    assert found.hidden == pytest.approx(0.3, abs=0.03)


def test_open_ends_and_uneven_fields_show() -> None:
    labels = honeycomb()
    plain = answer(labels)
    probability = plain.probability.copy()
    probability[labels == labels[150, 150]] = 0.02
    y, x = (int(np.mean(axis)) for axis in np.nonzero(labels == labels[150, 150]))
    probability[y - 1 : y + 2, x - 9 : x + 9] = 0.9
    with_end = evidence(labels, replace(plain, probability=probability))
    assert with_end.open_lines > evidence(labels).open_lines + 0.003
    half = answer(np.where(np.arange(300) < 150, labels, 0).astype(np.int32))
    uneven = evidence(labels, half)
    assert uneven.density_spread > 2 * evidence(labels).density_spread
    assert uneven.largest_cell > 0.4


def test_magnification_changes_little() -> None:
    labels = honeycomb()
    small = evidence(labels)
    large = cv2.resize(labels, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    wide = cv2.resize(answer(labels).probability, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    seen = evidence(large, BoundaryMap(wide, None, "none", scale=0.5))
    assert seen.cells == small.cells
    assert seen.widest_angle == pytest.approx(small.widest_angle, abs=3)
    assert seen.line_share == pytest.approx(small.line_share, rel=0.15)
    assert seen.solidity == pytest.approx(small.solidity, abs=0.02)


def test_windows_stand_for_a_large_image(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = honeycomb(640, 40)
    whole = evidence(labels)
    monkeypatch.setattr("segment.quality.evidence.WHOLE_PX", 1000)
    monkeypatch.setattr("segment.quality.evidence.EVIDENCE_WINDOW_PX", 240)
    parts = evidence(labels)
    assert parts.widest_angle == pytest.approx(whole.widest_angle, abs=2)
    assert parts.line_share == pytest.approx(whole.line_share, rel=0.1)
    assert parts.density_spread < 0.1


def test_nothing_found_is_no_evidence() -> None:
    flat = BoundaryMap(np.full((100, 100), 0.1, np.float32), None, "none")
    image = micrograph(np.full((100, 100), 90, np.uint8))
    assert gather_evidence(image, flat, np.ones((100, 100), np.int32)) is None


def test_shares_enter_as_logarithms_and_missing_values_stay_missing() -> None:
    found = replace(evidence(honeycomb()), hidden=0.2, widest_angle=float("nan"))
    vector = found.vector(("hidden", "widest_angle", "solidity"))
    assert vector[0] == pytest.approx(np.log(0.2))
    assert np.isnan(vector[1]) and vector[2] == found.solidity
    assert set(EVIDENCE_NAMES) == set(Evidence.__dataclass_fields__)


def test_hull_of_a_comb_is_its_box() -> None:
    comb = np.zeros((60, 60), bool)
    comb[:, ::4] = comb[:4] = True
    assert hull_area(np.ones((20, 30), bool)) == 600
    assert hull_area(comb) == pytest.approx(60 * 58.5, rel=0.03)
