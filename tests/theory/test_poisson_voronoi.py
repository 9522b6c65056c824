"""The planar Poisson-Voronoi mosaic of intensity lambda: what theory says of it (Okabe et al., Moller)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from grainstats.measure import Measurement, measure_grain_map
from grainstats.measure.descriptors.describe_spacing import mean_intercept
from grainstats.measure.intervals.map_blocks import map_blocks
from grainstats.measure.spacing.chords import chords_of, intercept_count, n_cuts
from segment.mosaics.laguerre import poisson_voronoi_plane

INTENSITY = 1 / 20**2
MEAN_CHORD = np.pi / (4 * np.sqrt(INTENSITY))


@pytest.fixture(scope="module")
def large() -> Measurement:
    rng = np.random.default_rng(20)
    return measure_grain_map(poisson_voronoi_plane((1200, 1200), INTENSITY, rng).grain_map(1.0), seed=rng)


@pytest.fixture(scope="module")
def small() -> pd.DataFrame:
    """Intercepts of many small windows of 5 x 5 grains: where the frame cuts most."""
    rng = np.random.default_rng(21)
    maps = [
        measure_grain_map(poisson_voronoi_plane((100, 100), INTENSITY, rng).grain_map(1.0), seed=rng)
        for _ in range(100)
    ]
    return pd.concat([m.intercepts for m in maps], ignore_index=True)


def test_mean_chord(large: Measurement) -> None:
    """pi / (4 sqrt(lambda)); about 3600 grains, so 1 % is two standard errors."""
    assert mean_intercept(map_blocks(large)).value == pytest.approx(MEAN_CHORD, rel=0.02)


def test_boundary_length_per_area(large: Measurement) -> None:
    """L_A = 2 sqrt(lambda)."""
    density = large.network.length() / np.prod(large.shape)
    assert density == pytest.approx(2 * np.sqrt(INTENSITY), rel=0.02)


def test_two_triple_points_a_grain(large: Measurement) -> None:
    """Euler: two trivalent vertices a cell; those that pixels merge count for two."""
    n_grains = np.prod(large.shape) * INTENSITY
    assert large.network.triple_points.sum() / n_grains == pytest.approx(2.0, rel=0.03)


def test_line_and_length_agree(large: Measurement) -> None:
    """L_A = (pi / 2) P_L on the same map."""
    intercept = mean_intercept(map_blocks(large)).value
    density = large.network.length() / np.prod(large.shape)
    assert np.pi / 2 / intercept == pytest.approx(density, rel=0.01)


@pytest.mark.slow
def test_mean_chord_is_unbiased_in_small_windows(small: pd.DataFrame) -> None:
    """E112's ratio has no frame bias; the mean of whole intercepts alone is far too small."""
    length, cuts = small["length_nm"], n_cuts(small["censored"].to_numpy())
    assert length.sum() / intercept_count(cuts).sum() == pytest.approx(MEAN_CHORD, rel=0.02)
    whole = length[cuts == 0].mean()
    assert whole < 0.95 * MEAN_CHORD


@pytest.mark.slow
def test_distribution_is_unbiased_in_small_windows(small: pd.DataFrame, large: Measurement) -> None:
    """Kaplan-Meier over seen ends gives the large window's distribution."""
    reference, found = chords_of(large.intercepts), chords_of(small)
    assert found.mean == pytest.approx(MEAN_CHORD, rel=0.02)
    assert found.quantile(0.5) == pytest.approx(reference.quantile(0.5), rel=0.025)
    assert found.cv == pytest.approx(reference.cv, rel=0.03)


def test_circles_and_lines_agree(large: Measurement) -> None:
    lines = mean_intercept(map_blocks(large)).value
    cut = np.where(large.circles["censored"] == "none", 1.0, 0.0)
    circles = large.circles["length_nm"].sum() / cut.sum()
    assert circles == pytest.approx(lines, rel=0.03)
