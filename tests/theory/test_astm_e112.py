"""ASTM E112 against its own table of grain size relationships.

Source: ASTM E112-13, Table 4, "Grain Size Relationships Computed for Uniform, Randomly Oriented, Equiaxed
Grains": G, grains per mm2 at 1x, mean intercept in micrometres.
"""

from __future__ import annotations

import pytest

from grainstats.measure.spacing.astm import (
    g_from_area,
    g_from_grains_per_mm2,
    g_from_intercept,
)

TABLE_4 = [
    # G, N_A per mm2, mean intercept um
    (0.0, 7.75, 320.0),
    (0.5, 10.96, 269.1),
    (1.0, 15.50, 226.3),
    (1.5, 21.92, 190.3),
    (2.0, 31.00, 160.0),
    (2.5, 43.84, 134.5),
    (3.0, 62.00, 113.1),
    (3.5, 87.68, 95.1),
    (4.0, 124.00, 80.0),
    (4.5, 175.36, 67.3),
    (5.0, 248.00, 56.6),
    (5.5, 350.73, 47.6),
    (6.0, 496.00, 40.0),
    (6.5, 701.45, 33.6),
    (7.0, 992.00, 28.3),
    (7.5, 1402.9, 23.8),
    (8.0, 1984.0, 20.0),
    (8.5, 2805.8, 16.8),
    (9.0, 3968.0, 14.1),
    (9.5, 5611.6, 11.9),
    (10.0, 7936.0, 10.0),
    (10.5, 11223.2, 8.4),
    (11.0, 15872.0, 7.1),
    (11.5, 22446.4, 5.9),
    (12.0, 31744.1, 5.0),
    (12.5, 44892.9, 4.2),
    (13.0, 63488.1, 3.5),
    (13.5, 89785.8, 3.0),
    (14.0, 126976.3, 2.5),
]


@pytest.mark.parametrize(("g", "n_a", "intercept_um"), TABLE_4)
def test_table_4(g: float, n_a: float, intercept_um: float) -> None:
    """Within the rounding of the table: the intercept has one decimal, the constants of G three."""
    low, high = (g_from_intercept((intercept_um + d) * 1e3) for d in (0.0501, -0.0501))
    assert low - 0.0015 <= g <= high + 0.0015
    assert g_from_grains_per_mm2(n_a) == pytest.approx(g, abs=1.5e-3)


def test_g_of_an_area_is_that_of_its_number_per_mm2() -> None:
    """Table 4: G = 10 has 7936 grains per mm2, a mean area of 126 um2."""
    assert g_from_area(126.0e6) == pytest.approx(10.0, abs=0.006)
