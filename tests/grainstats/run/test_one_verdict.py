"""The same images have the same verdict by every route and in every folder, and a new one when what decides
changes."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest

import grainstats as gs
from grainstats.run import cli
from grainstats.run.job.batch import DATABASE, run_batch
from grainstats.run.job.call import Call
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from segment.quality.error_rates import SIZE_CLASSES, ErrorRates, write_rates
from segment.unet import load_model

FACTS = ("verdict", "p_value", "stability", "power", "modes_nm", "reason", "seed", "n_interior")


def measured(folder: Path, missed: float) -> Path:
    """A model folder with measured error rates."""
    rates = ErrorRates(missed=((missed,),) * SIZE_CLASSES)
    write_rates(folder, rates, load_model(folder).weights_digest, "a test")
    return folder


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


@pytest.fixture(scope="module")
def model(edge_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return measured(shutil.copytree(edge_model, tmp_path_factory.mktemp("models") / "edges"), 0.05)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory, write_micrograph) -> list[Path]:
    """Five of one sample."""
    folder = tmp_path_factory.mktemp("data")
    return [write_micrograph(folder / f"S1/field_{number}.tif", number, 1.7) for number in range(5)]


@pytest.fixture(scope="module")
def results(images: list[Path], model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The five in one run: its folder and what it says."""
    out = tmp_path_factory.mktemp("run") / "out"
    return out, by_run(images, out, model)


def same(found: dict, expected: dict) -> bool:
    """Through JSON, which turns tuples into lists."""
    return json.loads(json.dumps({name: found[name] for name in FACTS})) == json.loads(json.dumps(expected))


@pytest.mark.slow
def test_run_and_segment_and_measure_agree(images, results, model, tmp_path, monkeypatch, capsys):
    out, run = results
    assert run["p_value"] is not None and 0 < run["stability"] <= 1
    spacing = gs.load_results(out).samples["S1"].descriptors.loc["intercept_mean_nm"]
    maps = tmp_path / "maps"
    command(monkeypatch, capsys, "segment", *images, "--out", maps, "--model", model, "--json")
    written = sorted(maps.glob("*.labels.tif"))
    for labels in (written, written[::-1], sorted((out / "images").glob("*/*.labels.tif"))):
        assert len(labels) == 5
        found = command(monkeypatch, capsys, "measure", *labels, "--json")
        assert same(found["modality"], run)
        assert found["intercept_nm"]["mean"] == pytest.approx(spacing["value"])
        assert found["intercept_nm"]["ci"] == pytest.approx([spacing["ci_low"], spacing["ci_high"]])


@pytest.mark.slow
def test_three_images_have_the_same_descriptors_by_run_and_measure(
    images, model, tmp_path, monkeypatch, capsys
):
    by_run(images[:3], tmp_path / "out", model)
    stored = gs.load_results(tmp_path / "out").samples["S1"].descriptors
    maps = sorted((tmp_path / "out" / "images").glob("*/*.labels.tif"))
    found = command(monkeypatch, capsys, "measure", *maps, "--json")["descriptors"]
    for name, d in found.items():
        expected = stored.loc[name, ["value", "ci_low", "ci_high"]].tolist()
        values = [math.nan if v is None else v for v in (d["value"], *(d["ci"] or (None, None)))]
        assert values == pytest.approx(expected, nan_ok=True), name


@pytest.mark.slow
def test_two_folders_with_one_database_are_one_sample(images, results, model, tmp_path):
    _, together = results
    db = tmp_path / "shared.db"
    by_run(images[:3], tmp_path / "first", model, db)
    assert by_run(images[3:], tmp_path / "second", model, db) == together


@pytest.mark.slow
def test_other_error_rates_are_another_model_and_all_is_analysed_again(images, results, model, tmp_path):
    done, before = results
    out = shutil.copytree(done, tmp_path / "out")
    other = measured(shutil.copytree(model, tmp_path / "edges"), 0.9)
    assert load_model(other).digest != load_model(model).digest
    after = by_run(images, out, other)
    with Database.open(out / DATABASE, create=False) as db:
        assert set(db.analyses()["model_digest"]) == {load_model(other).digest}
    assert after["stability"] is not None
    assert after["p_value"] == before["p_value"]


@pytest.mark.slow
def test_a_verdict_by_other_rules_is_judged_again(images, results, model, tmp_path, monkeypatch):
    from grainstats.run.job import judge_samples

    out = shutil.copytree(results[0], tmp_path / "out")
    judged = []
    monkeypatch.setattr(judge_samples, "_judge", lambda db, sample_id, *rest: judged.append(sample_id))
    by_run(images, out, model)
    assert judged == []
    monkeypatch.setattr(judge_samples, "judging_digest", lambda: "other rules")
    by_run(images, out, model)
    assert judged == ["S1"]
