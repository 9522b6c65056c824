"""The verdict's error rates in small: calibration/calibrate.py makes the full table (docs/validation)."""

from __future__ import annotations

import numpy as np
import pytest
from calibrate import Job, run
from null_mosaics import Population

REPEATS = 60
# 60 repeats at a true rate of .06 give 9 or fewer with probability .99.
MOST_FALSE = 9 / REPEATS


def called(population: Population, size: int, seed: int) -> tuple[float, float]:
    (row,) = run(Job("small", "test", population, (size,), REPEATS, seed))
    return row.bimodal, row.uniform


@pytest.mark.slow
@pytest.mark.parametrize(
    "population",
    [
        Population(0.0),
        Population(0.35),
        Population(0.65),
        Population(0.35, null="columnar"),
    ],
    ids=["Poisson-Voronoi", "sigma .35", "sigma .65", "columnar .35"],
)
def test_false_positives_stay_near_the_level(population: Population):
    bimodal, _ = called(population, 155, 501)
    assert bimodal <= MOST_FALSE


@pytest.mark.slow
def test_two_populations_are_found_in_enough_grains():
    bimodal, _ = called(Population(0.2, 4.0, 0.6), 865, 502)
    assert bimodal >= 0.9


@pytest.mark.slow
def test_a_uniform_network_is_called_uniform_in_enough_grains():
    bimodal, uniform = called(Population(0.2), 865, 503)
    assert uniform >= 0.85
    assert bimodal <= MOST_FALSE


@pytest.mark.slow
def test_the_level_holds_within_the_window_whatever_its_pixel():
    (fine,) = run(Job("raster", "test", Population(0.35), (155,), 20, 504, rasterised=True))
    assert fine.bimodal <= 0.2
    assert np.isclose(fine.bimodal + fine.uniform + fine.indeterminate, 1.0)
