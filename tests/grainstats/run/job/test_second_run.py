"""A run that finds all done reads no pixel, writes no row and no file; what changes is seen."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from grainstats.run.job import file_identity, image_sheet, up_to_date
from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call, frozen_listing, in_shard
from grainstats.run.job.file_identity import KnownFiles, file_digest
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from segment.errors import InputError


def go(data: Path, out: Path, model: Path, **call):
    return run_batch(Call((str(data),), out, workers=0, **call), Recipe(model=str(model)))


def states(out: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in out.rglob("*") if path.is_file() and "results.db" not in path.name)
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


@pytest.fixture(autouse=True)
def no_settling(monkeypatch):
    monkeypatch.setattr(file_identity, "_SETTLED_NS", -1)


def test_nothing_is_read_or_written_twice(two_samples, tmp_path, edge_model, write_micrograph, monkeypatch):
    frames = [tifffile.imread(write_micrograph(tmp_path / f"{i}.tif", 20 + i)) for i in range(2)]
    scale = {"resolution": (0.5, 0.5), "metadata": {"unit": "nm"}, "imagej": True}
    tifffile.imwrite(two_samples / "S2/stack.tif", np.stack(frames), **scale)
    out = tmp_path / "out"
    first = go(two_samples, out, edge_model)
    before = states(out)
    monkeypatch.setattr(file_identity, "file_digest", lambda path: pytest.fail(f"{path} is read again"))
    for name in ("use_analysis", "add_analysis", "put_verdict", "grains", "intercepts"):
        monkeypatch.setattr(Database, name, lambda *args, name=name, **more: pytest.fail(f"{name} again"))
    again = go(two_samples, out, edge_model)
    assert (first.n_images, again.n_images, again.n_new) == (6, 6, 0)
    assert again.verdicts == first.verdicts and again.spacings == first.spacings
    assert states(out) == before


def test_pages_of_an_older_program_are_written_again(analysed, edge_model, monkeypatch, tmp_path):
    out = analysed / "out"
    go(analysed / "data", out, edge_model)
    page, table = (out / name for name in ("report.html", "tables/grains.csv"))
    before, old = [path.stat().st_ino for path in (page, table)], tmp_path / "report"
    shutil.copytree(up_to_date._PAGES, old)
    (old / "templates/report.css").write_text("body { color: black }")
    monkeypatch.setattr(up_to_date, "_PAGES", old)
    go(analysed / "data", out, edge_model)
    assert page.stat().st_ino != before[0] and table.stat().st_ino == before[1]


def test_what_was_removed_or_edited_is_written_again(analysed, edge_model):
    out = analysed / "out"
    table, page = out / "tables/grains.csv", out / "report.html"
    right = table.read_bytes()
    table.write_bytes(b"")
    page.unlink()
    go(analysed / "data", out, edge_model)
    assert table.read_bytes() == right and page.is_file()


def test_a_changed_file_is_seen_also_when_its_date_and_size_are_kept(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(b"one")
    old = path.stat()
    known = KnownFiles(tmp_path)
    assert known.digest(path) == file_digest(path)
    known.save()
    path.write_bytes(b"two")
    os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert KnownFiles(tmp_path).digest(path) == file_digest(path)


def test_verify_reads_all(tmp_path, monkeypatch):
    path = tmp_path / "a.tif"
    path.write_bytes(b"one")
    known = KnownFiles(tmp_path)
    known.digest(path)
    known.save()
    monkeypatch.setattr(file_identity, "file_digest", lambda path: "read")
    assert KnownFiles(tmp_path).digest(path) != "read"
    assert KnownFiles(tmp_path, verify=True).digest(path) == "read"


def test_a_damaged_memory_is_no_harm(tmp_path):
    (tmp_path / ".report").mkdir()
    (tmp_path / ".report/files-1of1.json").write_text("{")
    (tmp_path / "a.tif").write_bytes(b"one")
    assert KnownFiles(tmp_path).digest(tmp_path / "a.tif") == file_digest(tmp_path / "a.tif")


def test_files_younger_than_the_clock_can_tell_are_read_again_and_seen_to_be_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(file_identity, "_SETTLED_NS", 2_000_000_000)
    path = tmp_path / "a.tif"
    path.write_bytes(b"one")
    known = KnownFiles(tmp_path)
    first = known.digest(path)
    known.save()
    path.write_bytes(b"two")
    later = KnownFiles(tmp_path)
    assert later.digest(path) == file_digest(path) and later.replaced() == {first: True}


def test_an_image_that_was_replaced_before_a_run_into_another_folder_is_told(
    two_samples, tmp_path, edge_model, write_micrograph
):
    db, path = str(tmp_path / "shared.db"), two_samples / "S1/field_0.tif"
    go(two_samples / "S1", tmp_path / "one", edge_model, db=db)
    assert not go(two_samples / "S1", tmp_path / "two", edge_model, db=db).warnings
    write_micrograph(path, 77)
    (said,) = go(two_samples / "S1", tmp_path / "three", edge_model, db=db).warnings
    assert said.startswith("other images of the names S1/field_0.tif count, too; where they were replaced")


def test_shards_do_not_move_when_images_arrive():
    names = [f"films/S{k % 7}/{k}.tif" for k in range(2000)]
    parts = [{name for name in names if in_shard(name, (part, 4))} for part in (1, 2, 3, 4)]
    assert set.union(*parts) == set(names) and sum(map(len, parts)) == 2000
    assert min(map(len, parts)) > 400
    assert all(in_shard(name, (2, 4)) for name in parts[1])


def test_a_manifest_is_made_once_and_then_read(tmp_path):
    odd = [tmp_path / "b.tif", tmp_path / os.fsdecode(b"a\xff.tif"), tmp_path / "c\nd.tif"]
    manifest = tmp_path / "films.txt"
    assert frozen_listing(manifest, lambda: odd) == odd
    assert frozen_listing(manifest, lambda: []) == odd
    manifest.write_text("\n")
    with pytest.raises(InputError, match="lists no image"):
        frozen_listing(manifest, lambda: odd)
    manifest.write_bytes(b"II*\0")
    for wrong, reason in ((manifest, "no list of paths"), (tmp_path, "cannot be read")):
        with pytest.raises(InputError, match=reason):
            frozen_listing(wrong, lambda: odd)


def test_the_report_can_be_made_from_the_database_alone(two_samples, tmp_path, edge_model):
    out = tmp_path / "out"
    (two_samples / "S1/bad.tif").write_text("no image")
    for part in (1, 2):
        done = go(two_samples, out, edge_model, shard=(part, 2))
        assert done.report is None
    alone = run_batch(Call((), out, workers=0, report_only=True), Recipe(model=str(edge_model)))
    assert (alone.n_images, len(alone.failures), [s for s, _ in alone.verdicts]) == (4, 1, ["S1", "S2"])
    whole = tmp_path / "whole"
    go(two_samples, whole, edge_model)
    for path in (whole / "tables").iterdir():
        assert (out / "tables" / path.name).read_bytes() == path.read_bytes(), path.name


def test_failed_images_alone_can_be_tried_again(two_samples, tmp_path, edge_model, write_micrograph):
    out, bad = tmp_path / "out", two_samples / "S1/bad.tif"
    copy = two_samples / "S2/copy.tif"
    for path in (bad, copy):
        path.write_text("no image")
    go(two_samples, out, edge_model)
    bad.unlink()
    write_micrograph(bad, 30)
    copy.write_bytes((two_samples / "S2/field_2.tif").read_bytes())
    write_micrograph(two_samples / "S2/new.tif", 31)
    again = go(two_samples, out, edge_model, retry_failed=True)
    assert (again.n_new, again.exit_status) == (1, 0)
    with Database.open(out / "results.db") as db:
        assert len(db.analyses()) == 5 and db.failures().empty


def test_whole_numbers_stay_whole_where_some_are_missing(analysed):
    table = pd.read_csv(analysed / "out/tables/grains.csv", dtype=str)
    assert not table["bbox_x0_px"].str.contains(r"\.").any()


def test_a_later_pixel_size_or_null_measures_the_maps_that_are_there(
    tmp_path, edge_model, write_micrograph, monkeypatch
):
    data, out = tmp_path / "data", tmp_path / "out"
    for number in range(2):
        write_micrograph(data / f"S1/{number}.tif", number, None)
    assert len(go(data, out, edge_model).failures) == 2
    sized = Recipe(model=str(edge_model), pixel_size_nm=2.5)
    fresh = tmp_path / "fresh"
    run_batch(Call((str(data),), fresh, workers=0), sized)
    monkeypatch.setattr("segment.pipeline.segment_micrograph", lambda *a, **b: pytest.fail("segmented again"))
    done = run_batch(Call((str(data),), out, workers=0), sized)
    assert (done.n_images, done.n_new, done.failures) == (2, 2, ())
    for table in ("grains", "intercepts", "image_descriptors", "verdicts", "images"):
        assert (out / f"tables/{table}.parquet").read_bytes() == (
            fresh / f"tables/{table}.parquet"
        ).read_bytes()
    films = Recipe(model=str(edge_model), pixel_size_nm=3.0, null="columnar")
    assert run_batch(Call((str(data),), out, workers=0), films).n_new == 2


def test_samples_of_earlier_runs_are_named_where_the_report_leaves_them_out(
    two_samples, tmp_path, edge_model
):
    out = tmp_path / "out"
    assert not [said for said in go(two_samples / "S1", out, edge_model).warnings if "earlier" in said]
    (said,) = (said for said in go(two_samples / "S2", out, edge_model).warnings if "earlier" in said)
    assert said.startswith("S1: ") and "--report-only" in said
    assert not [said for said in go(two_samples, out, edge_model).warnings if "earlier" in said]


def test_images_of_several_magnifications_have_each_their_pixel_size(tmp_path, edge_model, write_micrograph):
    data, out = tmp_path / "S1", tmp_path / "out"
    for number, folder in enumerate(("x50", "x100")):
        write_micrograph(data / folder / "a.tif", number, None)
    recipe = Recipe(model=str(edge_model), pixel_size_nm={"x50": 4.0, "x100/*": 2.0, "x20": 8.0})
    sheet = tmp_path / "samples.csv"
    sheet.write_text("sample_id,design_route,images\nS1,ai,S1/*/*.tif\n")
    done = run_batch(Call((str(data),), out, samples=sheet, workers=0), recipe)
    assert (done.n_images, done.failures, done.verdicts[0][0]) == (2, (), "S1")
    images = pd.read_csv(out / "tables/images.csv").set_index("path")
    assert images["pixel_size_nm"].to_dict() == {"S1/x50/a.tif": 4.0, "S1/x100/a.tif": 2.0}


def test_a_map_that_a_hand_has_changed_is_cut_again(tmp_path, edge_model, write_micrograph, monkeypatch):
    data, out = tmp_path / "data", tmp_path / "out"
    write_micrograph(data / "S1/a.tif", 1, None)
    go(data, out, edge_model)
    (labels,) = out.glob("images/S1/*.labels.tif")
    tifffile.imwrite(labels, np.fliplr(tifffile.imread(labels)))
    cut = []
    from segment.pipeline import segment_micrograph

    monkeypatch.setattr(
        "segment.pipeline.segment_micrograph", lambda *a, **b: cut.append(1) or segment_micrograph(*a, **b)
    )
    run_batch(Call((str(data),), out, workers=0), Recipe(model=str(edge_model), pixel_size_nm=2.5))
    assert cut == [1]


def counts(out: Path) -> dict[str, str | None]:
    with Database.open(out / "results.db") as db:
        images = db.analyses().merge(db.micrographs()[["micrograph_digest", "excluded"]])
    return {row.micrograph_digest: row.excluded for row in images.itertuples()}


def test_an_image_that_was_replaced_counts_no_more_until_it_is_back(
    two_samples, tmp_path, edge_model, write_micrograph
):
    out, path = tmp_path / "out", two_samples / "S1/field_0.tif"
    first = go(two_samples, out, edge_model)
    before, old = path.read_bytes(), file_digest(path)
    write_micrograph(path, 77)
    done = go(two_samples, out, edge_model)
    assert done.n_new == 1 and done.n_images == first.n_images
    assert done.warnings == ("data/S1/field_0.tif: earlier images of these names count no more",)
    assert [digest for digest, why in counts(out).items() if why == image_sheet.REPLACED] == [old]
    assert go(two_samples, out, edge_model).verdicts == done.verdicts
    path.rename(two_samples / "S1/new.tif")
    path.write_bytes(before)
    back = go(two_samples, out, edge_model)
    assert back.n_new == 0 and not any(counts(out).values()) and not back.warnings


def test_an_image_that_is_no_more_there_is_named_and_may_be_excluded(two_samples, tmp_path, edge_model):
    out, sheet = tmp_path / "out", tmp_path / "images.csv"
    first = go(two_samples, out, edge_model)
    (two_samples / "S1/field_0.tif").unlink()
    done = go(two_samples, out, edge_model)
    assert done.verdicts == first.verdicts and done.spacings == first.spacings
    (said,) = done.warnings
    assert said.startswith(
        "counted, too: 1 image of earlier runs (data/S1/field_0.tif); to leave one out, name it"
    )
    sheet.write_text("file,excluded\nS1/field_0.tif,out of focus\n")
    without = go(two_samples, out, edge_model, images=sheet)
    assert "data/S1/field_0.tif is excluded, it enters no statistic: out of focus" in without.warnings
    assert not any("earlier runs" in said for said in without.warnings)
    assert without.spacings["S1"] != first.spacings["S1"] and without.spacings["S2"] == first.spacings["S2"]


def test_a_file_that_changes_between_hashing_and_reading_gives_no_result(
    two_samples, tmp_path, edge_model, monkeypatch
):
    path, hashed = two_samples / "S1/field_0.tif", file_identity.file_digest

    def hash_then_grow(file):
        digest = hashed(file)
        if file == path:
            with path.open("ab") as growing:
                growing.write(b"more")
        return digest

    monkeypatch.setattr(file_identity, "file_digest", hash_then_grow)
    done = go(two_samples, tmp_path / "out", edge_model)
    (failure,) = done.failures
    assert (failure.path, failure.reason) == (
        "data/S1/field_0.tif",
        "the file changed while the run was reading it",
    )
    monkeypatch.undo()
    assert not go(two_samples, tmp_path / "out", edge_model).failures


def test_a_text_beside_an_image_that_states_another_size_is_told(tmp_path, edge_model, write_micrograph):
    data, out = tmp_path / "data", tmp_path / "out"
    path = write_micrograph(data / "S1/a.tif", 0, None)
    rows, columns = tifffile.imread(path).shape
    text = path.with_suffix(".txt")
    stated = f"[SemImageFile]\nDataSize={columns}x{rows}\nPixelSize="
    text.write_text(f"{stated}2.0\n")
    os.utime(text, (0, 0))
    assert go(data, out, edge_model).n_new == 1
    assert go(data, out, edge_model).warnings == ()
    text.write_text(f"{stated}2.5\n")
    (said,) = go(data, out, edge_model).warnings
    assert said.startswith(
        "data/S1/a.tif: the text beside it states 2.5 nm a pixel now, its results hold for 2 nm"
    )
    sized = Recipe(model=str(edge_model), pixel_size_nm=2.5)
    assert run_batch(Call((str(data),), out, workers=0), sized).warnings == ()
