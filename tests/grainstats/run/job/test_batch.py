"""The batch: bad images cost only themselves, a second run does nothing, workers change no number."""

from __future__ import annotations

import shutil
import sqlite3
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import tifffile

from grainstats.run.job.batch import DATABASE, Summary, run_batch
from grainstats.run.job.call import Call
from grainstats.run.job.one_image import Analyst
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from segment.errors import InputError


def go(data: Path, out: Path, model: Path, workers: int = 0, analyse=None, **call) -> Summary:
    recipe = Recipe(model=str(model), pixel_size_nm=call.pop("pixel_size_nm", None))
    return run_batch(Call((str(data),), out, workers=workers, **call), recipe, analyse=analyse)


def never(job):
    raise AssertionError(f"{job.path} is done again")


def read_tables(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / "tables").iterdir()}


def test_everything_comes_out_and_a_second_run_does_nothing(two_samples, tmp_path, edge_model):
    out = tmp_path / "out"
    first = go(two_samples, out, edge_model)
    assert (first.n_images, first.n_new, first.exit_status) == (4, 4, 0)
    assert [sample for sample, _ in first.verdicts] == ["S1", "S2"]
    assert len(list(out.glob("images/*/*.overlay.png"))) == len(list(out.glob("images/*/*.labels.tif"))) == 4
    tables = read_tables(out)
    again = go(two_samples, out, edge_model, analyse=never)
    assert (again.n_images, again.n_new, again.exit_status) == (4, 0, 0)
    assert read_tables(out) == tables


@pytest.mark.slow
def test_the_number_of_workers_changes_no_byte_of_the_tables(analysed, tmp_path, edge_model):
    go(analysed / "data", tmp_path / "out2", edge_model, workers=2)
    assert read_tables(analysed / "out") == read_tables(tmp_path / "out2")


def test_tables_hold_what_the_database_holds(analysed):
    out = analysed / "out"
    with Database.open(out / DATABASE, create=False) as db:
        stored = db.grains()
    for table in (pd.read_csv(out / "tables/grains.csv"), pd.read_parquet(out / "tables/grains.parquet")):
        assert len(table) == len(stored) > 100
        assert table["area_nm2"].sum() == pytest.approx(stored["area_nm2"].sum(), rel=1e-9)
        assert table.groupby("sample_id")["analysis"].nunique().to_dict() == {"S1": 2, "S2": 2}


def test_an_uncalibrated_image_enters_no_statistics(analysed, edge_model, write_micrograph):
    data, out = analysed / "data/S1", analysed / "out"
    write_micrograph(data / "unknown.tif", 9, pixel_size_nm=None)
    summary = go(data, out, edge_model)
    (failure,) = summary.failures
    assert "no pixel size" in failure.reason and "--pixel-size" in failure.remedy
    assert summary.n_images == 2
    assert len(list(out.glob("images/S1/unknown-*.labels.tif"))) == 1
    with Database.open(out / DATABASE, create=False) as db:
        assert not db.micrographs()["path"].str.contains("unknown").any()
    rescued = go(data, out, edge_model, pixel_size_nm=2.0)
    assert (rescued.n_images, rescued.exit_status) == (3, 0)


def test_a_missing_reader_of_scale_bars_is_part_of_the_remedy(
    tmp_path, edge_model, write_micrograph, monkeypatch
):
    path = write_micrograph(tmp_path / "data/S1/bar.tif", 5, pixel_size_nm=None)
    image = tifffile.imread(path)
    image[-50:-10, 10:170] = 0
    cv2.putText(image, "200 nm", (40, len(image) - 30), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 1, cv2.LINE_AA)
    image[-20:-15, 20:160] = 255
    tifffile.imwrite(path, image)
    monkeypatch.setattr("segment.micrograph.scale_bar.scale_bar.recogniser", lambda: None)
    (failure,) = go(tmp_path / "data", tmp_path / "out", edge_model).failures
    assert "pip install --no-deps rapidocr-onnxruntime" in failure.remedy


def killing(analyst: Analyst, victim: str, job):
    """Analyse, unless it is the victim: then die as if memory had run out."""
    if job.path.name == victim:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)
    return analyst(job)


@pytest.mark.slow
def test_a_worker_that_dies_costs_only_its_image(two_samples, tmp_path, edge_model):
    out = tmp_path / "out"
    analyst = Analyst(Recipe(), str(edge_model), "cpu", 1, out)
    summary = go(two_samples, out, edge_model, workers=1, analyse=partial(killing, analyst, "field_1.tif"))
    (failure,) = summary.failures
    assert Path(failure.path).name == "field_1.tif" and "died" in failure.reason
    assert (summary.n_images, summary.exit_status) == (3, 1)
    rescued = go(two_samples, out, edge_model)
    assert (rescued.n_images, rescued.n_new, rescued.exit_status) == (4, 1, 0)


def test_the_same_image_under_two_names_counts_once_and_in_two_samples_is_refused(
    two_samples, tmp_path, edge_model
):
    shutil.copy(two_samples / "S1/field_0.tif", two_samples / "S1/zcopy.tif")
    shutil.copy(two_samples / "S1/field_1.tif", two_samples / "S2/zcopy.tif")
    summary = go(two_samples, tmp_path / "out", edge_model)
    assert summary.n_images == 4
    assert any("counted once" in warning for warning in summary.warnings)
    (failure,) = summary.failures
    assert failure.path.endswith("S2/zcopy.tif") and "'S1'" in failure.reason


def test_an_image_turned_over_counts_once_and_that_is_said(analysed, edge_model):
    data = analysed / "data"
    image = tifffile.imread(data / "S1/field_0.tif")
    options = {"imagej": True, "resolution": (0.5, 0.5), "metadata": {"unit": "nm"}}
    tifffile.imwrite(data / "S1/turned.tif", image[::-1], **options)
    (said,) = go(data, analysed / "out", edge_model).warnings
    assert said.startswith("S1: The same area, counted once: ")
    assert "field_0.tif" in said and "turned.tif" in said


def test_every_frame_of_a_stack_is_a_micrograph(tmp_path, edge_model, write_micrograph):
    frames = [tifffile.imread(write_micrograph(tmp_path / f"{i}.tif", i)) for i in range(3)]
    path = tmp_path / "data/S1/stack.tif"
    path.parent.mkdir(parents=True)
    tifffile.imwrite(path, np.stack(frames), photometric="minisblack")
    out = tmp_path / "out"
    first = go(path, out, edge_model, pixel_size_nm=2.0)
    assert (first.n_images, first.n_new, first.exit_status) == (3, 3, 0)
    assert any("3 pages" in w and "grainstats volume" in w for w in first.warnings)
    again = go(path, out, edge_model, pixel_size_nm=2.0)
    assert (again.n_images, again.n_new) == (3, 0)


def test_samples_csv_moves_images_without_doing_them_again(analysed, edge_model):
    out, sheet = analysed / "out", analysed / "samples.csv"
    sheet.write_text(
        "sample_id,design_route,campaign,images\nA7,ai,c1,data/S1/*.tif\nR2,researcher,c1,data/S2/*.tif\n"
    )
    moved = go(analysed / "data", out, edge_model, samples=sheet, analyse=never)
    assert [sample for sample, _ in moved.verdicts] == ["A7", "R2"]
    with Database.open(out / DATABASE, create=False) as db:
        assert set(db.verdicts()["sample_id"]) == {"A7", "R2"}
        assert db.grains("S1").empty and len(db.grains("A7"))


def test_a_sample_that_is_renamed_leaves_no_rows_of_the_old_name(analysed, edge_model):
    data, out, sheet = analysed / "data", analysed / "out", analysed / "samples.csv"
    text = "sample_id,design_route,param:t_C,prop:jc_kA/cm2\n{},ai,800,5\nS2,ai,850,6\n"
    sheet.write_text(text.format("S1"))
    go(data, out, edge_model, samples=sheet, analyse=never)
    (data / "S1").rename(data / "S9")
    sheet.write_text(text.format("S9"))
    renamed = go(data, out, edge_model, samples=sheet, analyse=never)
    assert "S1 is taken out, S9 has its images or settings now" in renamed.warnings
    with Database.open(out / DATABASE, create=False) as db:
        assert set(db.samples()["sample_id"]) == set(db.optimizer_table()["sample_id"]) == {"S2", "S9"}


def test_no_verdict_of_an_older_version_stays_where_no_image_counts_any_more(analysed, edge_model):
    out, sheet = analysed / "out", analysed / "samples.csv"
    with sqlite3.connect(out / DATABASE) as raw:
        raw.execute("UPDATE sample_result SET code_version = 'older'")
    sheet.write_text("sample_id,design_route,excluded\nS1,ai,cracked\nS2,ai,\n")
    go(analysed / "data", out, edge_model, samples=sheet, analyse=never)
    with Database.open(out / DATABASE, create=False) as db:
        assert set(db.verdicts()["sample_id"]) == {"S2"}
        features = db.optimizer_table().query("kind in ['feature', 'verdict']")
        assert set(features["sample_id"]) == {"S2"}


def test_shards_share_a_database_and_a_last_run_reports(two_samples, tmp_path, edge_model):
    out = tmp_path / "out"
    parts = [go(two_samples, out, edge_model, shard=(i, 2)) for i in (1, 2)]
    assert sum(part.n_new for part in parts) == 4 and not any(part.report for part in parts)
    last = go(two_samples, out, edge_model, analyse=never)
    assert last.n_images == 4 and last.report.is_file()


def test_another_output_folder_gets_its_own_pictures(two_samples, tmp_path, edge_model):
    db = str(tmp_path / "shared.db")
    for out in ("out1", "out2"):
        go(two_samples / "S1", tmp_path / out, edge_model, db=db)
    names = [sorted(p.name for p in (tmp_path / out).rglob("*.png")) for out in ("out1", "out2")]
    assert names[0] == names[1] and len(names[0]) == 4


def test_a_recipe_that_is_asked_for_again_finds_its_own_files(two_samples, tmp_path, edge_model):
    """Not those that another recipe wrote into the same folder meanwhile."""
    image, out = two_samples / "S1/field_0.tif", tmp_path / "out"
    call = Call((str(image),), out, workers=0)
    first, other = Recipe(model=str(edge_model)), Recipe(model=str(edge_model), persistence=0.9)

    def files() -> dict[str, bytes]:
        with Database.open(out / DATABASE, create=False) as db:
            (artefacts,) = db.analyses()["artefacts"]
        return {kind: (out / path).read_bytes() for kind, path in artefacts.items()}

    run_batch(call, first)
    before = files()
    run_batch(call, other)
    assert files()["labels"] != before["labels"]
    run_batch(call, first, analyse=never)
    assert files() == before


def test_our_own_output_is_no_input(analysed, edge_model):
    data = analysed / "data"
    out = (analysed / "out").rename(data / "out")
    assert go(data, out, edge_model, analyse=never).n_images == 4


def test_no_images_is_a_wrong_call(tmp_path, edge_model):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no micrograph"):
        go(tmp_path / "empty", tmp_path / "out", edge_model)


def test_the_order_in_which_results_arrive_changes_no_byte_of_the_tables(two_samples, tmp_path, edge_model):
    for first in ("field_0.tif", "field_1.tif"):
        out = tmp_path / f"out_{Path(first).stem}"
        go(two_samples / "S1" / first, out, edge_model)
        go(two_samples / "S1", out, edge_model)
    assert read_tables(tmp_path / "out_field_0") == read_tables(tmp_path / "out_field_1")
