"""Corrected means are stored with a sample, as its segmentations and the table give them."""

import json
import math
import shutil

import pytest

from grainstats.run.job.batch import DATABASE, run_batch
from grainstats.run.job.call import Call
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from segment.quality.boundary_loss import LOSS_FILE, LossTable, weights_key


@pytest.mark.slow
def test_corrected_means_are_stored_with_the_sample(tmp_path, edge_model, write_micrograph):
    model = shutil.copytree(edge_model, tmp_path / "edges")
    fitted = {"slope": 0.2, "level": 0.1, "common": 0.1, "deviation": 0.05}
    facts = {"low": 0.0, "high": 0.4, "intercept": fitted, "diameter": fitted}
    (model / LOSS_FILE).write_text(json.dumps({weights_key(model): facts}))
    for number in range(2):
        write_micrograph(tmp_path / "data/S1" / f"field_{number}.tif", number)
    run_batch(Call((str(tmp_path / "data"),), tmp_path / "out", workers=0), Recipe(model=str(model)))
    with Database.open(tmp_path / "out" / DATABASE, create=False) as db:
        rows = db.descriptors("sample").set_index("name")
        cut = list(db.segmentations(db.analyses()["analysis_id"]).values())
    loss = LossTable(facts).of(cut)
    assert 0.05 < loss.intercept < 0.2
    traced, corrected = rows.loc["intercept_mean_nm"], rows.loc["intercept_nm_corrected"]
    assert corrected["value"] == pytest.approx(traced["value"] * math.exp(-loss.intercept))
    shrunk = math.exp(-loss.intercept)
    assert corrected["ci_low"] < traced["ci_low"] * shrunk
    assert corrected["ci_high"] > traced["ci_high"] * shrunk
    assert rows.loc["boundary_lost_share", "value"] == pytest.approx(1 - math.exp(-loss.intercept))
    assert {"equivalent_diameter_nm_corrected", "boundary_density_per_um_corrected"} <= set(rows.index)
    assert "Mean lineal intercept corrected for lost boundary" in (tmp_path / "out/report.html").read_text()
