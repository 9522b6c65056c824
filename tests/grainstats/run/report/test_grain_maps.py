"""Maps show what was measured: coarse grains bright, two populations, local spacing in place."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from grainstats.run.report.grain_maps import (
    COARSE_RGB,
    FINE_RGB,
    LINE_RGB,
    Range,
    colours,
    population_png,
    scale_bar,
    size_png,
)


def rgb(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_coarse_grains_are_brighter_than_fine_ones(two_squares):
    shown = rgb(size_png(two_squares, two_squares.labels.shape, Range(10.0, 100.0)))
    fine, coarse = shown[60, 60], shown[70, 410]
    assert coarse.sum() > fine.sum() + 50
    bright = colours("size").astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(bright) > 0).all()  # one way from dark to light: readable without colour


def test_populations_are_told_apart_at_the_border(two_squares):
    shown = rgb(population_png(two_squares, two_squares.labels.shape, 30.0))
    assert tuple(shown[60, 60]) == FINE_RGB and tuple(shown[70, 410]) == COARSE_RGB
    assert tuple(shown[60, 63]) == LINE_RGB
    assert tuple(shown[4, 60]) != FINE_RGB  # cut by the frame: paler


@pytest.mark.parametrize(
    ("width_nm", "words"),
    [
        (1640.0, "250 nm"),
        (40_000.0, "10 µm"),
        (5.0, "1 nm"),
        (3.9, "0.97 nm"),
        (1_000.0, "250 nm"),
        (4e6, "1 mm"),
    ],
)
def test_scale_bars_have_round_lengths_that_match_the_picture(width_nm, words):
    share, said = scale_bar(width_nm)
    assert said == words and share <= 0.25
    value, unit = said.split()
    assert share * width_nm == pytest.approx(float(value) * {"nm": 1, "µm": 1e3, "mm": 1e6}[unit], rel=0.01)
