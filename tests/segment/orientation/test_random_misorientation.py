"""Random misorientations against the laws in closed form and against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from segment.grain_orientations import CrystalPhase
from segment.orientation.misorientation import (
    disorientation,
    random_density,
    random_share_below,
)
from segment.orientation.symmetry import LAUE_GROUPS


def phase(group: str) -> CrystalPhase:
    return CrystalPhase(1, "any", group)


@pytest.mark.parametrize("group", LAUE_GROUPS)
def test_density_is_one_in_all_and_agrees_with_simulation(group: str) -> None:
    _, density = random_density(phase(group))
    assert density.sum() * 0.25 == pytest.approx(1, abs=2e-3)
    q = np.random.default_rng(1).standard_normal((40_000, 4))
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    drawn = np.sort(disorientation(q[::2], q[1::2], phase(group)))
    law = random_share_below(drawn, phase(group))
    assert (
        np.abs(law - (np.arange(drawn.size) + 0.5) / drawn.size).max() < 1.95 / drawn.size**0.5
    )  # Kolmogorov: .1 %


def test_mackenzie() -> None:
    """Mean 40.73 degrees, mode 45, none above 62.80 (Mackenzie, Biometrika 45, 229, 1958)."""
    angle, density = random_density(phase("m-3m"))
    assert (angle * density).sum() / density.sum() == pytest.approx(40.73, abs=0.02)
    assert angle[density.argmax()] == pytest.approx(45, abs=0.3)
    assert angle[density > 0].max() == pytest.approx(62.75, abs=0.3)


def test_tetragonal_law_in_closed_form() -> None:
    omega = np.deg2rad([5.0, 9.0, 24.0, 40.0])
    closed = 8 * (omega - np.sin(omega)) / np.pi
    assert random_share_below(np.rad2deg(omega), phase("4/mmm")) == pytest.approx(closed, rel=0.01)
    assert closed[1:3] == pytest.approx([0.0016, 0.0309], abs=1e-4)
