"""Images whose scale does not fit the others of their sample are named; sound magnifications are not."""

from __future__ import annotations

import numpy as np
import pytest

from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.odd_scales import odd_images, odd_scales

NAMES = list("abcdef")


@pytest.mark.parametrize(
    ("pixel", "grain", "said"),
    [
        ([2, 2, 2000], [], "c has 2000 nm a pixel, exactly 1,000 times more"),
        ([2, 2, 2000], [50, 55, 60_000], "c has 2000 nm a pixel, exactly 1,000 times more"),
        ([2, 2, 5.08], [], "c has 5.08 nm a pixel, exactly 2.54 times more"),
        ([0.012, 2615], [], "a has 0.012 nm a pixel, 217,917 times less"),
        ([2, 5, 2, 5, 20], [50, 60, 55, 52, 570], "e has 20 nm a pixel, exactly 10 times more"),
        ([2, 5, 5 / 2.54, 2, 5], [50, 55, 21, 60, 58], "c has 1.969 nm a pixel, exactly 2.54 times less"),
        ([2, 2, 3, 2], [50, 55, 700, 60], "c has a mean grain size 12.7 times more"),
    ],
)
def test_what_is_odd_is_named_with_what_to_do(pixel, grain, said):
    (remark,) = odd_scales(NAMES[: len(pixel)], pixel, grain)
    assert remark.startswith("scales do not fit one another: ") and said in remark and "exclude" in remark
    named = [name for name in NAMES[: len(pixel)] if f" {name} has" in remark]
    assert len(named) == (2 if len(pixel) == 2 else 1)


@pytest.mark.parametrize(
    ("pixel", "grain"),
    [
        ([2.0], [50.0]),
        ([2.0, 2.0, 20.0], []),  # a step of magnification
        ([0.5, 1, 2, 5, 10, 20], [50, 48, 60, 55, 44, 66]),
        ([2.0, 2.0, 5.08], [50, 55, 60]),  # the grains fit
        ([2, 2, 2, 2], [50, 300, 55, np.nan]),  # a colony of coarse grains
    ],
)
def test_sound_samples_are_not(pixel, grain):
    assert odd_scales(NAMES[: len(pixel)], pixel, grain) == []


def test_ten_thousand_images_at_several_magnifications(seed=3):
    rng = np.random.default_rng(seed)
    pixel = rng.choice([0.8, 1.6, 4.0, 8.0, 16.0], 10_000) * rng.normal(1, 0.002, 10_000)
    grain = 60 * rng.lognormal(0, 0.15, 10_000)
    names = [f"{k}.tif" for k in range(10_000)]
    assert odd_scales(names, pixel, grain) == []
    pixel[7] *= 1000
    grain[7] *= 1000
    (remark,) = odd_scales(names, pixel, grain)
    assert ": 7.tif has" in remark and "others" in remark and ";" not in remark


def test_few_grains_tell_no_scale():
    few, many = (
        ImageGrains(np.full(n, d), np.ones(n), 1.0, (500.0, 500.0)) for n, d in ((9, 2.0), (80, 50.0))
    )
    assert odd_images(["a", "b", "c"], [many, many, few]) == []
