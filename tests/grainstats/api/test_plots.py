"""Figures say their lengths as the report does."""

from __future__ import annotations

import numpy as np
import pytest

import grainstats as gs


@pytest.mark.parametrize(
    ("pixel_nm", "unit", "mean", "bar"), [(1.0, "nm", "20.2 nm", "25 nm"), (500.0, "µm", "10.1 µm", "10 µm")]
)
def test_figures_have_fitting_units_and_a_scale_bar(pixel_nm: float, unit: str, mean: str, bar: str) -> None:
    from matplotlib.figure import Figure

    from grainstats.api.plots import draw_grains, draw_sizes, draw_spacings
    from segment import grain_map_of_labels

    squares = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int))
    squares[:, 50] = squares[:, 49]  # sizes that differ
    measured = gs.measure(squares, pixel_size_nm=pixel_nm)
    sizes, spacings, grains = Figure().subplots(1, 3)
    draw_sizes(sizes, measured.grains, None, "")
    draw_spacings(spacings, measured.intercepts, 20.2 * pixel_nm)
    draw_grains(grains, grain_map_of_labels(squares, pixel_size_nm=pixel_nm), None, "")
    assert sizes.get_xlabel().endswith(f"({unit})") and spacings.get_xlabel().endswith(f"({unit})")
    assert sizes.get_xlim()[1] < 100
    assert spacings.get_title() == f"mean intercept {mean}"
    assert [text.get_text() for text in grains.texts] == [bar]
