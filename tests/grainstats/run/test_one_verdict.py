"""The same images have the same verdict by every route and in every folder, and a new one when what decides
changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from grainstats.run import cli
from grainstats.run.job.batch import DATABASE, run_batch
from grainstats.run.job.call import Call
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from segment.quality.error_rates import CLASSES, ErrorRates, write_rates
from segment.unet import load_model

FACTS = ("verdict", "p_value", "stability", "power", "modes_nm", "reason", "seed", "n_interior")


def measured(folder: Path, missed: float) -> Path:
    """A model folder with measured error rates."""
    rates = ErrorRates(missed=((missed,),) * CLASSES)
    write_rates(folder, rates, load_model(folder).weights_digest, "a test")
    return folder


@pytest.fixture
def model(edge_model: Path, tmp_path: Path) -> Path:
    shutil.copytree(edge_model, tmp_path / "edges")
    return measured(tmp_path / "edges", 0.05)


@pytest.fixture
def fields(tmp_path: Path, write_micrograph) -> Path:
    """Five images of one sample."""
    for number in range(5):
        write_micrograph(tmp_path / f"data/S1/field_{number}.tif", number, 1.7)
    return tmp_path / "data/S1"


def command(monkeypatch, capsys, *arguments: object) -> dict:
    monkeypatch.setattr("sys.argv", ["grainstats", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    return json.loads(capsys.readouterr().out)


def by_run(paths: list[Path], out: Path, model: Path, db: Path | None = None) -> dict:
    call = Call(tuple(map(str, paths)), out, workers=0, db=None if db is None else str(db))
    assert run_batch(call, Recipe(model=str(model))).exit_status == 0
    with Database.open(db or out / DATABASE, create=False) as opened:
        (row,) = opened.verdicts().to_dict("records")
    return {name: row[name] for name in FACTS}


def same(found: dict, expected: dict) -> bool:
    """Through JSON, which turns tuples into lists."""
    return json.loads(json.dumps({name: found[name] for name in FACTS})) == json.loads(json.dumps(expected))


@pytest.mark.slow
def test_run_and_segment_and_measure_agree(fields, model, tmp_path, monkeypatch, capsys):
    images = sorted(fields.glob("*.tif"))
    run = by_run(images, tmp_path / "run", model)
    assert run["p_value"] is not None and 0 < run["stability"] <= 1
    maps = tmp_path / "maps"
    command(monkeypatch, capsys, "segment", *images, "--out", maps, "--model", model, "--json")
    written = sorted(maps.glob("*.labels.tif"))
    for labels in (written, written[::-1], sorted((tmp_path / "run/images").glob("*/*.labels.tif"))):
        assert len(labels) == 5
        found = command(monkeypatch, capsys, "measure", *labels, "--json")["modality"]
        assert same(found, run)


@pytest.mark.slow
def test_two_folders_with_one_database_are_one_sample(fields, model, tmp_path):
    images, db = sorted(fields.glob("*.tif")), tmp_path / "shared.db"
    together = by_run(images, tmp_path / "together", model)
    by_run(images[:3], tmp_path / "first", model, db)
    assert by_run(images[3:], tmp_path / "second", model, db) == together


@pytest.mark.slow
def test_other_error_rates_are_another_model_and_every_image_is_analysed_again(fields, model, tmp_path):
    images, db = sorted(fields.glob("*.tif")), tmp_path / "shared.db"
    before, digest = by_run(images, tmp_path / "out", model, db), load_model(model).digest
    measured(model, 0.9)
    assert load_model(model).digest != digest
    after = by_run(images, tmp_path / "out", model, db)
    with Database.open(db, create=False) as opened:
        assert set(opened.analyses()["model_digest"]) == {load_model(model).digest}
    assert after["stability"] is not None
    assert after["p_value"] == before["p_value"]


@pytest.mark.slow
def test_a_verdict_by_other_rules_is_judged_again(fields, model, tmp_path, monkeypatch):
    from grainstats.run.job import judge_samples

    images, out = sorted(fields.glob("*.tif")), tmp_path / "out"
    by_run(images, out, model)
    judged = []
    monkeypatch.setattr(judge_samples, "_judge", lambda db, sample_id, *rest: judged.append(sample_id))
    by_run(images, out, model)
    assert judged == []
    monkeypatch.setattr(judge_samples, "judging_digest", lambda: "other rules")
    by_run(images, out, model)
    assert judged == ["S1"]
