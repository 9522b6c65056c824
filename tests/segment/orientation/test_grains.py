"""From points to grains: thresholds, cleaning, gaps, twins, phases; angles between grains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segment.errors import InputError
from segment.grain_orientations import CrystalPhase
from segment.orientation import (
    GrainRules,
    boundary_character,
    grain_map_of,
    misorientation_of_pairs,
    read_orientation_map,
    twin_law,
)
from segment.orientation.boundary_character import deviation
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.quaternions import conjugate, from_axis_angle, multiply
from segment.orientation.raster import neighbour_pairs
from segment.orientation.twins import SIGMA_3, touching_labels

Write = Callable[..., Path]
IRON = CrystalPhase(1, "iron", "m-3m")
MAGNESIUM = CrystalPhase(1, "magnesium", "6/mmm", (3.2, 3.2, 5.2, 90, 90, 120))


def map_of(labels: np.ndarray, orientations: list[np.ndarray], phase: CrystalPhase = IRON) -> OrientationMap:
    """A map whose point of label k has the k-th orientation."""
    q = np.array(orientations)[labels]
    return OrientationMap(q, np.full(labels.shape, phase.id, np.int32), (phase,), 50.0, 50.0, "metadata")


def halves(
    angle_deg: float, axis: tuple[float, ...] = (0, 0, 1), phase: CrystalPhase = IRON
) -> OrientationMap:
    """Two grains side by side."""
    labels = np.zeros((8, 10), int)
    labels[:, 5:] = 1
    return map_of(labels, [from_axis_angle((0, 0, 1), 0), from_axis_angle(axis, angle_deg)], phase)


def test_threshold() -> None:
    two = halves(6.0)
    assert grain_map_of(two).n_grains == 2
    assert grain_map_of(two, GrainRules(misorientation_deg=7)).n_grains == 1
    assert grain_map_of(halves(4.9)).n_grains == 1
    with pytest.raises(ValueError, match="180"):
        grain_map_of(two, GrainRules(misorientation_deg=0))


@pytest.mark.parametrize(("per_point", "n_grains"), [(0.05, 2), (0.2, 1)])
def test_grains_that_bend_are_told(per_point: float, n_grains: int) -> None:
    """Two grains 20 degrees apart that bend in opposite senses: where they differ by nothing they are one."""
    bend = np.where(np.arange(100) < 50, 1, -1) * (np.arange(100)[:, None] - 50) * per_point
    turn = bend + np.where(np.arange(100) < 50, 0, 20)
    turns = [from_axis_angle((0, 0, 1), angle) for angle in turn.ravel()]
    found = grain_map_of(map_of(np.arange(10_000).reshape(100, 100), turns))
    assert found.n_grains == n_grains
    assert any("several" in told for told in found.warnings) == (n_grains == 1)


@pytest.mark.parametrize("pattern", ["half at random", "every third diagonal", "every second row"])
def test_grains_are_one_across_narrow_gaps(pattern: str) -> None:
    labels = np.kron(np.arange(9).reshape(3, 3), np.ones((20, 20), int))
    whole = map_of(labels, [from_axis_angle((0, 0, 1), 9.0 * k) for k in range(9)])
    row, column = np.indices(labels.shape)
    missing = {
        "half at random": np.random.default_rng(0).random(labels.shape) < 0.5,
        "every third diagonal": (row + column) % 3 == 0,
        "every second row": row % 2 == 1,
    }[pattern]
    grains = grain_map_of(replace(whole, phase=np.where(missing, 0, whole.phase)))
    assert grains.n_grains == 9 and (grains.labels > 0).all()


def test_grains_are_one_across_wrongly_indexed_points() -> None:
    labels = np.kron(np.arange(9).reshape(3, 3), np.ones((20, 20), int))
    whole = map_of(labels, [from_axis_angle((0, 0, 1), 9.0 * k) for k in range(9)])
    rng = np.random.default_rng(0)
    wrong = rng.random(labels.shape) < 0.4
    q = whole.quaternions.copy()
    q[wrong] = np.array([from_axis_angle(a, 50.0) for a in rng.standard_normal((int(wrong.sum()), 3))])
    grains = grain_map_of(replace(whole, quaternions=q))
    assert grains.n_grains == 9
    assert (grains.labels == labels + 1).mean() > 0.95


def test_grains_are_two_across_a_wide_gap() -> None:
    labels = np.zeros((20, 30), int)
    whole = map_of(labels, [from_axis_angle((0, 0, 1), 0)])
    phase = whole.phase.copy()
    phase[:, 12:18] = 0
    assert grain_map_of(replace(whole, phase=phase)).n_grains == 2


def test_symmetrically_equal_orientations_are_one_grain() -> None:
    assert grain_map_of(halves(90.0)).n_grains == 1
    assert grain_map_of(halves(90.0, phase=MAGNESIUM)).n_grains == 2
    assert grain_map_of(halves(60.0, phase=MAGNESIUM)).n_grains == 1


def test_mean_orientation_lies_among_its_points() -> None:
    rng = np.random.default_rng(0)
    true = from_axis_angle((1, 2, 3), 77)
    labels = np.zeros((20, 20), int)
    q = map_of(labels, [true]).quaternions
    axis = rng.standard_normal((400, 3))
    small = np.array([from_axis_angle(a, 1.0) for a in axis]).reshape(20, 20, 4)
    turned = from_axis_angle((0, 0, 1), 90)  # of the crystal, at random
    q = multiply(small, np.where(rng.random((20, 20, 1)) < 0.5, q, multiply(turned, q)))
    grains = grain_map_of(replace(map_of(labels, [true]), quaternions=q))
    assert grains.n_grains == 1 and grains.orientations is not None
    cosine = np.abs(multiply(grains.orientations.quaternions[1], conjugate(true))[0])
    variants = [
        np.abs(multiply(from_axis_angle((0, 0, 1), 90 * k), true) @ grains.orientations.quaternions[1])
        for k in range(4)
    ]
    assert max(cosine, *variants) > np.cos(np.deg2rad(0.2) / 2)


def test_misorientation_of_pairs() -> None:
    grains = grain_map_of(halves(30.0))
    assert misorientation_of_pairs(
        grains, np.array([[1, 2], [2, 1], [1, 1], [0, 2], [-1, 1]])
    ) == pytest.approx([30, 30, 0, np.nan, np.nan], nan_ok=True, abs=1e-5)
    with pytest.raises(ValueError, match="no orientations"):
        misorientation_of_pairs(replace(grains, orientations=None), np.array([[1, 2]]))


def test_no_angle_between_phases(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    phase = np.ones((12, 16), int)
    phase[:, 8:] = 2
    path = write(tmp_path / "two.ctf", four_grains, phase=phase, phases=(("Iron", 11), ("Mg", 9)))
    grains = grain_map_of(read_orientation_map(path))
    assert grains.n_grains == 4 and grains.orientations is not None
    angles = dict(
        zip(
            map(tuple, touching_labels(grains.labels)),
            misorientation_of_pairs(grains, touching_labels(grains.labels)),
            strict=True,
        )
    )
    same = {pair for pair in angles if len(set(grains.orientations.phase[list(pair)])) == 1}
    assert len(same) == 2
    assert all(np.isfinite(angles[pair]) == (pair in same) for pair in angles)
    assert any("all phases" in w for w in grains.warnings)
    chosen = grain_map_of(read_orientation_map(path), GrainRules(phase="mg"))
    assert chosen.n_grains == 2 and chosen.n_second_phases == 2 and (chosen.labels[:, :8] == 0).all()
    assert chosen.orientations is not None and (chosen.orientations.phase == [0, 2, 2]).all()
    with pytest.raises(InputError, match="Iron, Mg"):
        grain_map_of(read_orientation_map(path), GrainRules(phase="Nb3Sn"))


def test_small_groups_go_to_their_neighbour() -> None:
    labels = np.zeros((10, 10), int)
    labels[4:6, 4:6] = 1
    speck = map_of(labels, [from_axis_angle((0, 0, 1), 0), from_axis_angle((0, 0, 1), 40)])
    assert grain_map_of(speck).n_grains == 1
    assert (grain_map_of(speck).labels == 1).all()
    assert grain_map_of(speck, GrainRules(min_points=4)).n_grains == 2


def test_narrow_gaps_are_filled_and_wide_ones_hidden() -> None:
    two = halves(30.0)
    phase = two.phase.copy()
    phase[:, 4:6] = 0
    filled = grain_map_of(replace(two, phase=phase))
    assert filled.n_grains == 2 and (filled.labels > 0).all() and filled.valid is None
    assert (filled.labels[:, :5] == 1).all() and (filled.labels[:, 5:] == 2).all()
    wide = map_of(np.zeros((20, 20), int), [from_axis_angle((0, 0, 1), 0)])
    phase = wide.phase.copy()
    phase[5:12, 6:13] = 0
    hidden = grain_map_of(replace(wide, phase=phase))
    assert hidden.valid is not None and (~hidden.valid).sum() == 49
    assert ((hidden.labels == 0) == ~hidden.valid).all()


def test_unreliable_points_are_cleaned(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    ci = np.full((12, 16), 0.8)
    four_grains[8:11, 2:5] = (77.0, 33.0, 11.0)  # a group of nine wrong points
    ci[8:11, 2:5] = 0.02
    assert grain_map_of(read_orientation_map(write(tmp_path / "a.ang", four_grains, ci=ci))).n_grains == 4
    low = grain_map_of(read_orientation_map(write(tmp_path / "b.ang", four_grains, ci=ci / 10)))
    assert low.n_grains == 5 and any("confidence index is not used" in w for w in low.warnings)
    mad = np.where(ci < 0.1, 2.5, 0.4)
    assert grain_map_of(read_orientation_map(write(tmp_path / "c.ctf", four_grains, mad=mad))).n_grains == 4


def test_no_grain_at_all() -> None:
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((12, 12, 4))
    noise /= np.linalg.norm(noise, axis=-1, keepdims=True)
    scattered = replace(map_of(np.zeros((12, 12), int), [noise[0, 0]]), quaternions=noise, source="noise.ang")
    with pytest.raises(InputError, match=r"noise\.ang"):
        grain_map_of(scattered)


def test_six_neighbours_on_a_hexagonal_grid() -> None:
    for first in (False, True):
        grid = OrientationMap(
            np.zeros((5, 5, 4)), np.ones((5, 5), int), (), grid="hexagonal", first_row_shifted=first
        )
        pairs = neighbour_pairs(grid)
        assert np.bincount(pairs.ravel())[12] == 6
        y, x = np.divmod(pairs, 5)
        x = x + 0.5 * ((y % 2 == 0) == first)
        assert np.allclose(np.hypot(np.diff(x), np.diff(y) * 3**0.5 / 2), 1)


def test_rectangular_steps_become_square_pixels() -> None:
    two = replace(halves(30.0), y_step_nm=100.0, row_distance=2.0)
    grains = grain_map_of(two)
    assert grains.pixel_size_nm == 50 and grains.labels.shape == (16, 10)
    assert (np.bincount(grains.labels.ravel())[1:] == 80).all()


def test_twins_are_merged_on_request() -> None:
    twins = halves(60.0, (1, 1, 1))
    assert grain_map_of(twins).n_grains == 2
    sigma3 = GrainRules(twins=(twin_law("sigma3"),))
    merged = grain_map_of(twins, sigma3)
    assert merged.n_grains == 1 and merged.orientations is not None
    assert len(merged.orientations.quaternions) == 2
    assert grain_map_of(halves(60.0, (1, 1, 0)), sigma3).n_grains == 2
    assert grain_map_of(halves(64.0, (1, 1, 1)), sigma3).n_grains == 1
    assert grain_map_of(halves(66.0, (1, 1, 1)), sigma3).n_grains == 2
    assert grain_map_of(halves(50.0, (1, 1, 1)), sigma3).n_grains == 2
    unfit = grain_map_of(halves(45.0, phase=MAGNESIUM), sigma3)
    assert any("no phase has the symmetry" in w for w in unfit.warnings)


def test_random_grains_are_seldom_twins() -> None:
    """96 rotations are equal to Σ3 in m-3m: a share 96 (d - sin d)/π of random ones lies within d of one."""
    rotations = np.random.default_rng(1).standard_normal((40_000, 4))
    rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
    near = deviation(rotations, SIGMA_3.rotation(IRON), IRON) <= SIGMA_3.tolerance_deg
    angle = np.deg2rad(SIGMA_3.tolerance_deg)
    assert near.mean() == pytest.approx(96 / np.pi * (angle - np.sin(angle)), rel=0.2)
    assert near.mean() < 0.005


def test_twins_by_axis_and_angle() -> None:
    law = GrainRules(twins=(twin_law("86.3@1,1,-2,0"),))
    for turn in (0, 60, 120):  # the three <11-20> axes
        axis = (np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn)), 0.0)
        twins = halves(86.3, axis, MAGNESIUM)
        assert grain_map_of(twins).n_grains == 2 and grain_map_of(twins, law).n_grains == 1
    other = halves(86.3, (np.cos(np.deg2rad(30)), 0.5, 0.0), MAGNESIUM)
    assert grain_map_of(other, law).n_grains == 2
    for wrong in ("86.3", "200@1,0,0", "60@0,0,0", "60@1,1,1,0", "mirror"):
        with pytest.raises(InputError):
            twin_law(wrong)


@pytest.mark.parametrize(
    ("angle", "axis", "number"),
    [
        (60, (1, 1, 1), 3),
        (36.87, (1, 0, 0), 5),
        (38.21, (1, 1, 1), 7),
        (38.94, (1, 1, 0), 9),
        (50.48, (1, 1, 0), 11),
        (22.62, (1, 0, 0), 13),
        (48.19, (2, 1, 0), 15),
        (46.4, (2, 2, 1), 29),
        (8, (1, 2, 3), 1),
        (45, (1, 0, 0), 29),
        (30, (2, 1, 0), 0),
        (180, (1, 1, 2), 3),
        (180, (2, 2, 1), 9),
    ],
)
def test_coincidence_lattices(angle: float, axis: tuple[int, ...], number: int) -> None:
    """Angle and axis as tables give them (Grimmer 1984), and other descriptions of Σ3 and Σ9."""
    character = boundary_character(grain_map_of(halves(angle, axis)), np.array([[1, 2]]))
    assert character.sigma[0] == number
    assert character.low_angle[0] == (angle < 15)


def test_magnesium_twins(shared_data: Path) -> None:
    """82 grains of five points at 10 degrees, and far fewer with the twins merged."""
    path = shared_data / "orientation_maps" / "twins.ctf"
    points = read_orientation_map(path)
    grains = grain_map_of(points, GrainRules(misorientation_deg=10))
    assert grains.n_grains == 82
    assert (grains.pixel_size_nm, grains.pixel_size_source) == (300.0, "metadata")
    merged = grain_map_of(points, GrainRules(misorientation_deg=10, twins=(twin_law("86.3@1,1,-2,0"),)))
    assert merged.n_grains < 40


def test_real_maps_of_other_kinds(shared_data: Path) -> None:
    folder = shared_data / "orientation_maps"
    acom = read_orientation_map(folder / "ACOM.ang")
    assert acom.x_step_nm is None and acom.shape == (15, 15) and not acom.indexed[0, 0]
    section = read_orientation_map(folder / "sections" / "S10.ANG")
    assert section.shape == (40, 35) and section.x_step_nm == 400.0
    assert read_orientation_map(folder / "testdata_hex.ctf").grid == "hexagonal"
    assert read_orientation_map(folder / "testdata_sqr.ctf").grid == "square"
