"""Laths: said of long cells that point several ways, not of rolled or equiaxed ones, at any size."""

import numpy as np
import pytest

from segment.quality.warnings import LATHS, lath_warnings


def colonies(thick: int = 8, long: int = 96) -> np.ndarray:
    """Four colonies of twelve stripes, two of them across the others."""
    stripes = np.repeat(np.arange(1, long // thick + 1), thick)[:, None] + np.zeros((1, long), int)
    n = long // thick
    return np.block([[stripes, stripes.T + n], [stripes.T + 2 * n, stripes + 3 * n]]).astype(np.int32)


@pytest.mark.parametrize("size", [1, 3])
def test_colonies_that_lie_across_each_other_are_laths(size: int) -> None:
    (said,) = lath_warnings(colonies().repeat(size, 0).repeat(size, 1))
    assert said.startswith(LATHS)
    assert lath_warnings(np.ascontiguousarray(colonies().T)) == (said,)


def test_long_grains_along_each_other_are_rolled() -> None:
    stripes = colonies()[:96, :96]
    assert lath_warnings(np.concatenate([stripes, np.where(stripes > 0, stripes + 12, 0)], axis=1)) == ()


def test_short_cells_and_tiny_ones_are_none() -> None:
    assert lath_warnings(colonies(thick=48)) == ()
    assert lath_warnings(colonies(thick=2, long=8)) == ()
