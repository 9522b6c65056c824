"""Cells that stand apart by their brightness are said; grains of many greys, and half a phase, are not."""

import numpy as np
import pytest

from segment.quality.warnings import BRIGHT, bright_cell_warnings

LABELS = np.arange(1, 145).reshape(12, 12).repeat(12, 0).repeat(12, 1).astype(np.int32)


def grains(seed: int, noise: float = 5.0) -> np.ndarray:
    """Grains of many greys, as in channelling contrast."""
    rng = np.random.default_rng(seed)
    return rng.normal(130, 25, LABELS.max() + 1)[LABELS] + rng.normal(0, noise, LABELS.shape)


@pytest.mark.parametrize(("n_bright", "said"), [(1, 0), (2, 1), (14, 1), (36, 1), (72, 0)])
def test_few_bright_cells_apart_are_said(n_bright: int, said: int) -> None:
    """One of 144 cells changes no mean; half of them are a phase, not dust."""
    image = grains(1)
    image[LABELS > LABELS.max() - n_bright] = 330
    found = bright_cell_warnings(image, LABELS)
    assert len(found) == said
    if said:
        assert f"{n_bright} cells ({n_bright / 144:.0%} of their area) are {BRIGHT}" in found[0]
        assert "--voids bright" in found[0]


def test_grains_of_many_greys_and_dark_ones_are_not() -> None:
    image = grains(1)
    image[LABELS % 17 == 0] -= 200
    assert bright_cell_warnings(image, LABELS) == ()
    assert sum(bool(bright_cell_warnings(grains(seed), LABELS)) for seed in range(40)) == 0


def test_few_cells_and_cells_of_no_grain_are_not_judged() -> None:
    image = grains(2)
    image[LABELS > 139] = 330
    assert bright_cell_warnings(image, np.where(LABELS % 12 < 2, LABELS, 0)) == ()
    assert bright_cell_warnings(image, np.where(LABELS > 139, 0, LABELS)) == ()
