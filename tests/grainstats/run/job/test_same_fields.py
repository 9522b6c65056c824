"""Copies of an area count once in a sample, whatever file they came in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grainstats.infer.modality.sample_pooling import Sample
from grainstats.run.job.same_fields import each_area_once


def grains_of(number: int, seed: int, *, turn: bool = False, lost: int = 0) -> pd.DataFrame:
    """Sixty grains at random places of 600 x 600 pixels; `turn`: seen upside down."""
    y, x = np.random.default_rng(seed).random((2, 60)) * 600
    y = 600 - y if turn else y
    table = pd.DataFrame({"analysis_id": number, "y_px": y, "x_px": x, "bbox_y1_px": 600, "bbox_x1_px": 600})
    return table[lost:]


def sample_of(*tables: pd.DataFrame) -> Sample:
    numbers = list(range(1, len(tables) + 1))
    images = pd.DataFrame({"analysis_id": numbers, "path": [f"{n}.tif" for n in numbers]})
    empty = pd.DataFrame({"analysis_id": numbers})
    return Sample(images, pd.concat(tables, ignore_index=True), empty, empty, dict.fromkeys(numbers))


def test_copies_and_turned_copies_are_left_out() -> None:
    sample = sample_of(grains_of(1, 0), grains_of(2, 1), grains_of(3, 0, lost=5), grains_of(4, 1, turn=True))
    once, copies = each_area_once(sample)
    assert copies == [("3.tif", "1.tif"), ("4.tif", "2.tif")]
    for table in (once.images, once.grains, once.intercepts, once.descriptors):
        assert set(table["analysis_id"]) == {1, 2}
    assert set(once.segmentations) == {1, 2}


def test_other_fields_stay() -> None:
    sample = sample_of(*(grains_of(n, n) for n in range(1, 13)))
    once, copies = each_area_once(sample)
    assert once is sample and copies == []
