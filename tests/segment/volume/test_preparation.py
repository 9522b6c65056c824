"""Made FIB-SEM stacks: register, grey levels and phases against their truth."""

from __future__ import annotations

import numpy as np
import pytest
from fib_sem import FibSem, MadeStack, made_stack
from scipy import ndimage

from segment.errors import UnreadableError
from segment.volume import GreyVolume, VoxelSize
from segment.volume.alignment import aligned, find_drift
from segment.volume.grey_levels import curtain, even_slices
from segment.volume.phases import find_phases, fractions_of
from segment.volume.pipeline import StackSettings, segment_stack
from segment.volume.slice_defects import blank_slices, slice_defects, without_blanks


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union."""
    return float((a & b).sum() / (a | b).sum())


@pytest.fixture(scope="module")
def made() -> MadeStack:
    return made_stack((48, 96, 96), 24, np.random.default_rng(0))


def test_phases_of_a_made_stack(made: MadeStack) -> None:
    found, _ = segment_stack(
        GreyVolume(made.grey, VoxelSize(10, 10, 10)), None, StackSettings(align="none", grains=False)
    )
    ious = [overlap(found.phase == k, made.phase == k) for k in range(3)]
    assert ious[1] >= 0.98
    assert min(ious) >= 0.946  # of a network trained for such a ceramic
    names = [name for name, _ in found.phases]
    assert names == ["solid", "void", "second phase"]
    truth = np.bincount(made.phase.ravel()) / made.phase.size
    assert dict(found.phases)["void"] == pytest.approx(truth[0], abs=0.015)


def test_rare_second_phase_is_told() -> None:
    made = made_stack((40, 112, 112), 24, np.random.default_rng(9), porosity=0.05, second=0.03)
    found = dict(fractions_of(find_phases(even_slices(made.grey))))
    assert found["second phase"] == pytest.approx((made.phase == 2).mean(), abs=0.015)


def test_one_phase_stays_one() -> None:
    dense = made_stack((24, 64, 64), 20, np.random.default_rng(1), porosity=0, second=0)
    assert fractions_of(find_phases(even_slices(dense.grey))) == (("solid", 1.0),)


@pytest.mark.parametrize("porosity", [0.1, 0.3])
@pytest.mark.parametrize("blur", [0.0, 0.7])
@pytest.mark.parametrize("noise", [2.0, 20.0])
def test_edges_of_sharp_pores_are_no_third_phase(porosity: float, blur: float, noise: float) -> None:
    rng = np.random.default_rng(0)
    field = ndimage.gaussian_filter(rng.standard_normal((48, 48, 48)), 3)
    pores = field < np.quantile(field, porosity)
    grey = np.where(pores, 60.0, 180.0)
    grey = ndimage.gaussian_filter(grey, blur) + rng.normal(0, noise, grey.shape)
    found = find_phases(np.clip(grey, 0, 255).astype(np.uint8))
    assert overlap(found == 0, pores) > 0.85 and not (found == 2).any()


def test_drift_is_found_and_taken_out() -> None:
    rng = np.random.default_rng(2)
    body = ndimage.gaussian_filter(rng.standard_normal((24, 140, 140)), (6, 3, 3))
    steps = rng.normal(0, 1.0, (24, 2))
    steps[0] = 0
    path = np.cumsum(steps, axis=0)
    moved = np.stack([ndimage.shift(s, p, order=3, mode="reflect") for s, p in zip(body, path, strict=True)])
    drift = find_drift(moved, keep_shear=False)
    assert np.abs(np.diff(drift.correction_px, axis=0) + steps[1:]).mean() < 0.15
    back = aligned(moved, drift)
    inner = (slice(None), slice(20, -20), slice(20, -20))
    before, after = (np.abs(np.diff(v[inner], axis=0)).mean() for v in (moved, back))
    assert after < 0.8 * before


def test_a_leaning_structure_is_not_straightened() -> None:
    rng = np.random.default_rng(3)
    texture = ndimage.gaussian_filter(rng.standard_normal((96, 140)), 3)
    leaning = np.stack([texture[:, k : k + 96] for k in range(20)])
    drift = find_drift(leaning)
    assert drift.shear_px[1] == pytest.approx(-1, abs=0.1)
    assert drift.largest_px < 0.5
    assert find_drift(leaning, keep_shear=False).largest_px > 5


def test_slices_become_even_and_curtains_go() -> None:
    rng = np.random.default_rng(4)
    body = ndimage.gaussian_filter(rng.standard_normal((12, 160, 160)), 4) * 200 + 120
    brightness = rng.normal(0, 15, 12)[:, None, None]
    even = even_slices(body + brightness, curtains=False).astype(float)
    assert np.median(even, axis=(1, 2)).std() < 2
    stripes = 12 * ndimage.gaussian_filter1d(rng.standard_normal(160), 1.2)[None, :]
    left = stripes - curtain((body[0] + stripes).astype(np.float32))
    assert left.std() < 0.75 * stripes.std()


def test_noise_at_the_ends_is_no_curtain() -> None:
    noise = np.random.default_rng(6).normal(0, 20, (120, 200)).astype(np.float32)
    assert np.abs(curtain(noise)[0]).max() < 8


def test_slice_defects_are_named() -> None:
    stack = ndimage.gaussian_filter(np.random.default_rng(5).standard_normal((20, 64, 64)), (3, 2, 2))
    stack[7] = stack[6]
    stack[11] = 0.0
    stack[15] = np.random.default_rng(6).standard_normal((64, 64))
    told = slice_defects(stack, blank_slices(stack))
    filled = "blank slices, whose places are filled with a neighbour: 12"
    assert told[:2] == ("slices that repeat the one before: 8", filled)
    assert told[2].endswith("damaged perhaps: 16")
    whole = without_blanks(stack, [11], "s")
    np.testing.assert_array_equal(whole[11], stack[10])
    assert find_drift(whole).largest_px < find_drift(stack).largest_px
    stack[3:12] = 0.0
    with pytest.raises(UnreadableError, match="in a row"):
        without_blanks(stack, list(range(3, 12)), "s")


@pytest.mark.parametrize(
    ("levels", "n", "shares"),
    [
        ((0, 255), None, {"solid": 0.9, "void": 0.1}),
        ((255, 0), None, {"solid": 0.9, "second phase": 0.1}),
        ((255, 0), 2, {"solid": 0.1, "void": 0.9}),
        ((0, 1), None, {"solid": 0.9, "void": 0.1}),
    ],
)
def test_a_map_of_phases_is_taken_as_it_is(
    levels: tuple[int, int], n: int | None, shares: dict[str, float]
) -> None:
    phase = np.random.default_rng(0).random((20, 30, 30)) > 0.1
    stack = GreyVolume(np.where(phase, levels[1], levels[0]).astype(np.uint8), VoxelSize(10, 10, 10))
    found, _ = segment_stack(stack, None, StackSettings(grains=False, n_phases=n))
    assert dict(found.phases) == pytest.approx(shares, abs=0.01)
    with pytest.raises(UnreadableError, match="phases-only"):
        segment_stack(stack, None, StackSettings())


def test_three_levels_are_void_solid_and_second_phase() -> None:
    rank = np.random.default_rng(1).choice(3, (10, 20, 20), p=[0.6, 0.3, 0.1])
    stack = GreyVolume(rank * 100.0, VoxelSize(10, 10, 10))
    found, _ = segment_stack(stack, None, StackSettings(grains=False))
    assert dict(found.phases) == pytest.approx({"void": 0.6, "solid": 0.3, "second phase": 0.1}, abs=0.02)


@pytest.mark.parametrize("noise", [9.0, 35.0])
def test_only_slices_that_moved_are_worth_moving(noise: float) -> None:
    made = made_stack((24, 112, 112), 20, np.random.default_rng(8), imaging=FibSem(noise=noise))
    assert not find_drift(made.grey).worth_moving
    hot = np.where(np.random.default_rng(1).random(made.grey.shape) < 5e-4, 60_000, made.grey.astype(int))
    assert not find_drift(hot).worth_moving
    jumped = made.grey.copy()
    jumped[12:] = np.roll(jumped[12:], 4, axis=2)
    shaken = made_stack((24, 112, 112), 20, np.random.default_rng(8), imaging=FibSem(noise=noise, drift_px=1))
    assert find_drift(jumped).worth_moving and find_drift(shaken.grey).worth_moving
