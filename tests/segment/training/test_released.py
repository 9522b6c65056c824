"""The released model on micrographs that it never saw: the floor below which no release may fall.

The TEM fields are in its last stage; how it does on unseen ones is measured by
calibration/segmentation/cross_validate.py.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from fit_boundary_loss import MOST_UNSEEN, rendered

from segment.micrograph import micrograph_of_array, read_micrographs
from segment.pipeline import segment_micrograph
from segment.quality.boundary_loss import SOUND
from segment.quality.score import score
from segment.quality.warnings import MISSED
from segment.training.data.pairs import find_pairs
from segment.training.recipe import read_training_recipe
from segment.training.synthetic.render import synthetic_micrograph
from segment.unet import load_model


@pytest.mark.slow
@pytest.mark.realdata
def test_micrographs_that_training_never_saw(shared_data: Path) -> None:
    model = load_model()
    recipe = read_training_recipe(model.folder / "recipe.toml")
    (tbm,) = [one for one in recipe.real if one.name == "tbm_om"]
    folder = shared_data / tbm.name
    pairs = [
        pair for pair in find_pairs(folder / "images", folder / "boundary") if pair.image.stem in tbm.held_out
    ]
    assert len(pairs) == len(tbm.held_out) >= 20
    pairs = pairs[::2]
    f1 = [
        score(segment_micrograph(pair.micrograph(), model)[1].cells(), pair.truth().labels).f1
        for pair in pairs
    ]
    assert np.mean(f1) > 0.7, dict(zip((pair.image.stem for pair in pairs), f1, strict=True))


def test_the_error_rates_beside_the_weights_are_of_these_weights() -> None:
    assert load_model().error_rates.measured


@pytest.mark.slow
def test_fresh_synthetic_micrographs(tmp_path: Path) -> None:
    model = load_model()
    f1 = {}
    for style in ("bf_tem", "sem_film", "etched"):
        found = []
        for k in range(1, 3):
            drawn = synthetic_micrograph(np.random.default_rng([99, k]), (512, 512), style=style)
            path = tmp_path / f"{style}_{k}.png"
            cv2.imwrite(str(path), drawn.image)
            _, cells = segment_micrograph(next(read_micrographs(path)), model)
            found.append(score(cells.labels, drawn.grain_map.labels).f1)
        f1[style] = np.mean(found)
    assert min(f1.values()) > 0.6, f1
    assert np.mean(list(f1.values())) > 0.75, f1


@pytest.mark.slow
def test_boundaries_that_only_a_smaller_size_shows_are_found_in_a_blurred_image() -> None:
    drawn = synthetic_micrograph(np.random.default_rng([910, 9, 0]), (448, 448), style="sem_channelling")
    blurred = micrograph_of_array(cv2.GaussianBlur(drawn.image, (0, 0), 4.0))
    _, cells = segment_micrograph(blurred, load_model())
    assert score(cells.labels, drawn.grain_map.labels).f1 > 0.8


@pytest.mark.slow
def test_boundaries_that_leave_no_trace_are_told() -> None:
    """Etched mosaic 83: a grain in three is joined to another; fitted on, but not seen by training."""
    model = load_model()
    for most_unseen, told in ((0.0, False), (MOST_UNSEEN, True)):
        found, truth = rendered(model, 83, most_unseen)
        assert found.segmentation is not None
        assert (found.segmentation.corners > SOUND) == told
        assert any(text.startswith(MISSED) for text in found.warnings) == told
        assert (found.n_grains < 0.8 * truth.n_grains) == told
