"""The released model on real fields that it never saw: the floor below which no release may fall."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segment.micrograph import read_micrographs
from segment.pipeline import segment_micrograph
from segment.training.pairs import Pair
from segment.training.render import synthetic_micrograph
from segment.training.score import score
from segment.unet import load_model

HELD_OUT = ("uo2_07", "uo2_09", "uo2_24")


@pytest.mark.slow
@pytest.mark.realdata
def test_held_out_fields(shared_data: Path) -> None:
    model = load_model()
    f1, log_ratio = [], []
    for stem in HELD_OUT:
        folder = shared_data / "uo2_bftem"
        pair = Pair(folder / "images" / f"{stem}.jpg", folder / "boundary" / f"{stem}.png")
        _, cells = segment_micrograph(next(read_micrographs(pair.image)), model)
        found = score(cells.labels, pair.truth().labels)
        f1.append(found.f1)
        log_ratio.append(abs(np.log(found.intercept_ratio)))
    assert np.mean(f1) >= 0.75, f1
    assert np.mean(log_ratio) < 0.15, log_ratio


@pytest.mark.slow
def test_fresh_synthetic_micrographs(tmp_path: Path) -> None:
    import cv2

    model = load_model()
    f1 = {}
    for style in ("bf_tem", "sem_film", "etched"):
        drawn = synthetic_micrograph(np.random.default_rng([99, 1]), (512, 512), style=style)
        cv2.imwrite(str(tmp_path / f"{style}.png"), drawn.image)
        _, cells = segment_micrograph(next(read_micrographs(tmp_path / f"{style}.png")), model)
        f1[style] = score(cells.labels, drawn.grain_map.labels).f1
    assert min(f1.values()) > 0.6, f1
    assert np.mean(list(f1.values())) > 0.75, f1
