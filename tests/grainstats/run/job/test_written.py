"""What a run leaves: three bytes at most for a byte of image, and intercepts not more often than needed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import tifffile

from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from segment.mosaics.laguerre import poisson_voronoi_plane


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Results of one image of 512² with grains of 36 px and noise: what compresses worst."""
    folder, rng = tmp_path_factory.mktemp("written"), np.random.default_rng(1)
    labels = poisson_voronoi_plane((512, 512), 36.0**-2, rng).grain_map().labels
    line = (labels != np.roll(labels, 1, 0)) | (labels != np.roll(labels, 1, 1))
    grey = np.where(line, 60, rng.uniform(110, 200, labels.max() + 1)[labels])
    grey += rng.normal(0, 8, labels.shape)
    image = folder / "data/S1/a.tif"
    image.parent.mkdir(parents=True)
    scale = {"resolution": (1.0, 1.0), "metadata": {"unit": "nm"}}
    tifffile.imwrite(image, np.clip(grey, 0, 255).astype(np.uint8), imagej=True, **scale)
    run_batch(Call((str(image),), folder / "out", workers=0), Recipe())
    return folder / "out"


def test_a_run_leaves_at_most_three_times_the_image(out):
    written = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    assert written <= 3.0 * 512 * 512


def test_intercepts_are_kept_twice_in_few_bytes_and_exactly(out):
    assert not (out / "tables/intercepts.csv").exists()
    table = pd.read_parquet(out / "tables/intercepts.parquet")
    with Database.open(out / "results.db", create=False) as db:
        stored = db.intercepts("S1")
    assert len(table) > 2000
    pd.testing.assert_frame_equal(table[list(stored)[2:]], stored[list(stored)[2:]], check_dtype=False)
    assert (out / "tables/intercepts.parquet").stat().st_size < 20 * len(table)
