"""Cuts of an image are kept until its sample is judged, and shake the verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from grainstats.infer import ImageCuts, ImageGrains, judge_modality, with_stability
from grainstats.measure import grain_table
from grainstats.run.job.batch import DATABASE, Call, run_batch
from grainstats.run.job.cut_files import cuts_of, read_cuts, write_cuts
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from segment.mosaics.laguerre import laguerre_section


@pytest.fixture
def cuts() -> ImageCuts:
    grain_map = laguerre_section((300, 240), 18.0, 0.3, np.random.default_rng(4)).grain_map(1.5)
    return ImageCuts.of(grain_map)


def test_cuts_come_back_as_they_were(cuts, tmp_path):
    write_cuts(tmp_path / "a" / "one.cuts.npz", cuts)
    again = read_cuts(tmp_path / "a" / "one.cuts.npz")
    assert again.window_nm == (450.0, 360.0)
    np.testing.assert_array_equal([again.missed, again.invented], [cuts.missed, cuts.invented])
    for was, now in zip(cuts.graphs, again.graphs, strict=True):
        for name in ("area_nm2", "at_frame", "pairs", "confidence"):
            np.testing.assert_array_equal(getattr(was, name), getattr(now, name))


def test_without_the_files_of_all_images_there_is_no_stability(cuts, tmp_path):
    write_cuts(tmp_path / "one.cuts.npz", cuts)
    images = pd.DataFrame({"artefacts": [{"cuts": "one.cuts.npz"}, {"labels": "two.labels.tif"}]})
    assert cuts_of(tmp_path, images) == []
    assert len(cuts_of(tmp_path, images[:1])) == 1
    grain_map = laguerre_section((300, 240), 18.0, 0.3, np.random.default_rng(4)).grain_map(1.5)
    judged = judge_modality([ImageGrains.from_table(grain_table(grain_map), grain_map)])
    assert with_stability(judged, []) == judged


def test_a_run_says_how_stable_its_verdicts_are(two_samples, tmp_path, edge_model):
    out = tmp_path / "out"
    recipe = Recipe(model=str(edge_model))
    summary = run_batch(Call((str(two_samples / "S1"),), out, workers=0), recipe)
    assert summary.exit_status == 0
    with Database.open(out / DATABASE, create=False) as db:
        verdicts = db.verdicts()
    assert verdicts["stability"].between(0, 1).all() and len(verdicts) == 1
    assert len(list((out / ".report").rglob("*.cuts.npz"))) == 2
