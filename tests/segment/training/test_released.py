"""The released model on real fields: the floor below which no release may fall.

The fields are in its last stage; how it does on unseen ones is measured by scripts/cross_validate.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segment.error_rates import read_rates
from segment.micrograph import read_micrographs
from segment.pipeline import segment_micrograph
from segment.training.pairs import Pair
from segment.training.render import synthetic_micrograph
from segment.training.score import score
from segment.unet import load_model

FIELDS = ("uo2_07", "uo2_09", "uo2_24")


@pytest.mark.slow
@pytest.mark.realdata
def test_real_fields(shared_data: Path) -> None:
    model = load_model()
    f1, log_ratio = [], []
    for stem in FIELDS:
        folder = shared_data / "uo2_bftem"
        pair = Pair(folder / "images" / f"{stem}.jpg", folder / "boundary" / f"{stem}.png")
        _, cells = segment_micrograph(next(read_micrographs(pair.image)), model)
        found = score(cells.labels, pair.truth().labels)
        f1.append(found.f1)
        log_ratio.append(abs(np.log(found.intercept_ratio)))
    assert np.mean(f1) >= 0.75, f1
    assert np.mean(log_ratio) < 0.15, log_ratio


def test_the_error_rates_beside_the_weights_are_of_these_weights() -> None:
    model = load_model()
    assert read_rates(model.folder, model.digest).measured


@pytest.mark.slow
def test_fresh_synthetic_micrographs(tmp_path: Path) -> None:
    import cv2

    model = load_model()
    f1 = {}
    for style in ("bf_tem", "sem_film", "etched"):
        found = []
        for k in range(1, 4):
            drawn = synthetic_micrograph(np.random.default_rng([99, k]), (512, 512), style=style)
            path = tmp_path / f"{style}_{k}.png"
            cv2.imwrite(str(path), drawn.image)
            _, cells = segment_micrograph(next(read_micrographs(path)), model)
            found.append(score(cells.labels, drawn.grain_map.labels).f1)
        f1[style] = np.mean(found)
    assert min(f1.values()) > 0.6, f1
    assert np.mean(list(f1.values())) > 0.75, f1
