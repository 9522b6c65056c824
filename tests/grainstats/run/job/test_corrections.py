"""A map corrected by hand counts for its image; what the network cut stays in the database."""

from __future__ import annotations

import json
import shutil
import struct
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from grainstats.run.job import batch, corrections, file_identity
from grainstats.run.job.batch import DATABASE, run_batch
from grainstats.run.job.call import Call
from grainstats.run.job.corrected_maps import (
    changed_share,
    find_corrections,
    read_correction,
    reason_beside,
)
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from grainstats.share.exports import export
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.label_maps.any_file import read_map
from segment.micrograph import micrograph_of_array
from segment.segmentation import BY_HAND


def go(data: Path, out: Path, model: Path, **call):
    return run_batch(Call((str(data),), out, workers=0, **call), Recipe(model=str(model)))


@pytest.fixture
def one_sample(tmp_path, write_micrograph) -> Path:
    for number in range(2):
        write_micrograph(tmp_path / "data/S1" / f"field_{number}.tif", number)
    return tmp_path / "data"


def stored(out: Path, *, current: bool = True):
    with Database.open(out / DATABASE, create=False) as db:
        return db.analyses(current=current)


def joined(out: Path, image: str = "field_0") -> np.ndarray:
    """The network's labels with the four largest grains made one."""
    (path,) = (p for p in out.glob(f"images/S1/{image}-*.labels.tif") if p.is_file())
    labels = tifffile.imread(path).astype(np.uint16)
    largest = np.argsort(np.bincount(labels.ravel())[1:])[-4:] + 1
    labels[np.isin(labels, largest)] = largest[0]
    return labels


def exported_maps_are_those_that_count(out: Path, to: Path) -> None:
    with Database.open(out / DATABASE, create=False) as db:
        written = export(db, "roiset", to / "roiset", files=out)
        assert all(path.parent == to / "roiset" / "S1" for path in written)
        read = [read_map(path) for path in written]
        assert sorted(m.n_grains for m in read) == sorted(db.analyses()["n_grains"])
        with pytest.raises(InputError, match="label maps"):
            export(db, "roiset", to / "none", files=to)


@pytest.mark.slow
def test_a_correction_counts_and_the_networks_map_stays(one_sample, tmp_path, edge_model, monkeypatch):
    out, folder = tmp_path / "out", tmp_path / "fixed"
    monkeypatch.setattr(file_identity, "_SETTLED_NS", -1)
    monkeypatch.setattr(corrections.getpass, "getuser", lambda: "ann")
    before = go(one_sample, out, edge_model)
    n_before = stored(out).set_index("path")["n_grains"]["data/S1/field_0.tif"]
    folder.mkdir()
    tifffile.imwrite(folder / "field_0.labels.tif", joined(out))
    (folder / "field_0.txt").write_text("lines missed\nat the top")

    after = go(one_sample, out, edge_model, corrections=folder)
    assert after.exit_status == 0 and (after.n_images, after.n_new, after.n_corrected) == (2, 0, 1)
    assert after.spacings["S1"] > before.spacings["S1"]
    counting, every = stored(out), stored(out, current=False)
    assert (len(counting), len(every)) == (2, 3)
    row = counting[counting["model_name"] == "corrected by hand"].iloc[0]
    assert row["path"] == "data/S1/field_0.tif" and row["pixel_size_nm"] == 2.0
    assert row["n_grains"] < n_before
    (said,) = (text for text in row["warnings"] if text.startswith("corrected by hand"))
    assert "by ann" in said and said.endswith("reason: lines missed at the top")
    assert f"{n_before} grains before, {row['n_grains']} after" in said
    page = (out / "report.html").read_text()
    assert page.count("corrected by hand by ann") >= 2 and "· corrected by hand ·" in page
    flagged = sum(any(not text.startswith("corrected") for text in said) for said in counting["warnings"])
    assert (" a remark: <a" in page) == bool(flagged)  # who corrected it is no doubt
    assert "corrected by hand" in (out / "tables/images.csv").read_text()

    for name in ("use_analysis", "add_analysis", "put_verdict"):
        monkeypatch.setattr(Database, name, lambda *args, name=name, **more: pytest.fail(f"{name} again"))
    again = go(one_sample, out, edge_model, corrections=folder)
    assert again.n_corrected == 0
    exported_maps_are_those_that_count(out, tmp_path / "exports")
    without = go(one_sample, out, edge_model)
    assert again.spacings == without.spacings == after.spacings and again.n_new == 0
    monkeypatch.undo()

    (folder / "field_0.labels.tif").unlink()
    back = go(one_sample, out, edge_model, corrections=folder)
    assert back.spacings == before.spacings and back.verdicts == before.verdicts
    assert any("counts again" in text for text in back.warnings)
    assert len(stored(out, current=False)) == 3


@pytest.mark.slow
def test_a_correction_keeps_what_the_network_knew_and_a_drawn_map_is_as_given(
    one_sample, tmp_path, edge_model_with_rates, monkeypatch
):
    out, folder, judged = tmp_path / "out", tmp_path / "fixed", []
    go(one_sample, out, edge_model_with_rates)
    folder.mkdir()
    tifffile.imwrite(folder / "field_0.tif", joined(out))
    squares = np.arange(16, dtype=np.uint8).reshape(4, 4).repeat(48, 0).repeat(48, 1) + 1
    tifffile.imwrite(folder / "field_1.tif", squares)
    from grainstats.run.job import judge_samples

    judge = judge_samples.judge_sample
    monkeypatch.setattr(
        judge_samples, "judge_sample", lambda images, **more: judged.append(images) or judge(images, **more)
    )
    go(one_sample, out, edge_model_with_rates, corrections=folder)
    assert {image.segmentation and image.segmentation.model_name for image in judged[0]} == {"edges", None}
    (made,) = (image.segmentation for image in judged[0] if image.segmentation)
    assert 1 <= np.count_nonzero(made.cells.bottom == BY_HAND) <= 4, "joined cells are the hand's"
    assert not any(image.missing for image in judged[0])


@pytest.mark.slow
def test_a_wrong_correction_costs_only_itself(one_sample, tmp_path, edge_model):
    out, folder = tmp_path / "out", tmp_path / "fixed"
    before = go(one_sample, out, edge_model)
    folder.mkdir()
    tifffile.imwrite(folder / "field_0.labels.tif", joined(out)[:100])
    tifffile.imwrite(folder / "nobody.tif", joined(out))
    exported = next(out.glob("images/S1/field_1-*.labels.tif"))
    shutil.copy(exported, folder)
    done = go(one_sample, out, edge_model, corrections=folder)
    (failure,) = done.failures
    assert failure.path == "data/S1/field_0.tif" and done.exit_status == 1
    assert (
        "192 x 100 pixels, its image 192 x 192" in failure.reason
        and "label map that run writes" in failure.remedy
    )
    assert done.spacings == before.spacings and done.n_images == 2
    assert any("nobody.tif not used: no image" in text for text in done.warnings)
    assert any("unchanged" in text and exported.name in text for text in done.warnings)
    assert failure.reason in (out / "report.html").read_text()
    assert len(stored(out, current=False)) == 2


def rectangle(left: int, right: int, rows: int) -> bytes:
    """A rectangle as ImageJ stores it: type 1 and its box."""
    box = struct.pack(">4sHBBhhhhH", b"Iout", 228, 1, 0, 0, left, rows, right, 0)
    return box.ljust(64, b"\0")


def regions_of_imagej(folder: Path) -> None:
    with zipfile.ZipFile(folder / "field_1_RoiSet.zip", "w") as archive:
        for number in range(4):
            archive.writestr(f"{number}.roi", rectangle(48 * number, 48 * number + 48, 192))


def outlines_of_labelme(folder: Path) -> None:
    shapes = [
        {"label": "grain", "points": [[48 * k, 0], [48 * k + 48, 192]], "shape_type": "rectangle"}
        for k in range(4)
    ]
    document = {"shapes": shapes, "imagePath": "field_1.tif", "imageHeight": 192, "imageWidth": 192}
    (folder / "field_1.json").write_text(json.dumps(document))


@pytest.mark.slow
@pytest.mark.parametrize("write", [regions_of_imagej, outlines_of_labelme])
def test_tracings_regions_and_outlines(one_sample, tmp_path, edge_model, write):
    out, folder = tmp_path / "out", tmp_path / "fixed"
    folder.mkdir()
    lines = np.zeros((192, 192), np.uint8)
    lines[::48] = lines[:, ::48] = 255
    tifffile.imwrite(folder / "field_0.tracing.tif", lines)
    write(folder)
    done = go(one_sample, out, edge_model, corrections=folder)
    assert done.exit_status == 0
    grains = stored(out).set_index("path")["n_grains"].to_dict()
    assert grains == {"data/S1/field_0.tif": 16, "data/S1/field_1.tif": 4}


def test_an_image_that_the_network_fails_at_has_a_result_by_hand(one_sample, tmp_path, edge_model):
    out, folder = tmp_path / "out", tmp_path / "fixed"
    folder.mkdir()
    sizes = [20, 24, 28, 36, 40, 44]
    labels = np.arange(36, dtype=np.uint8).reshape(6, 6).repeat(sizes, 0).repeat(sizes, 1) + 1
    tifffile.imwrite(folder / "field_0.tif", labels)
    recipe = Recipe(model=str(edge_model))
    for more in ({"corrections": folder}, {}):
        call = Call((str(one_sample),), out, workers=0, **more)
        done = run_batch(call, recipe, analyse=lambda job: job.failure("too dark", "Take another"))
        assert [failure.path for failure in done.failures] == ["data/S1/field_1.tif"]
        assert done.n_images == 1 and len(stored(out)) == 1
        with Database.open(out / DATABASE) as db:
            assert list(db.failures()["path"]) == ["data/S1/field_1.tif"]


def test_names(tmp_path):
    jobs = [(tmp_path / "a" / name, "A") for name in ("x_1.tif", "x_10.tif", "y.tif")]
    jobs += [(tmp_path / "b" / "y.tif", "B")]
    folder = tmp_path / "fixed"
    (folder / "B").mkdir(parents=True)
    for name in (
        "x_1-0a1b2c3d.labels.tif",
        "x_10_RoiSet.zip",
        "B/y.tracing.png",
        "y.tif",
        "x_11.tif",
        "why.txt",
    ):
        (folder / name).write_text("by eye")
    found = find_corrections(folder, jobs)
    assert {
        path.relative_to(tmp_path).as_posix(): [f.name for f in files] for path, files in found.files.items()
    } == {
        "a/x_1.tif": ["x_1-0a1b2c3d.labels.tif"],
        "a/x_10.tif": ["x_10_RoiSet.zip"],
        "b/y.tif": ["y.tracing.png"],
    }
    assert [text.split()[1] for text in found.warnings] == ["x_11.tif", "y.tif"]
    assert reason_beside(folder / "x_1-0a1b2c3d.labels.tif") == "by eye"
    assert reason_beside(folder / "B/y.tracing.png") == ""


def test_pictures_beside_a_map_are_passed_over_and_unread_formats_named(tmp_path):
    for name in ("x-0a1b2c3d.labels.tif", "x-0a1b2c3d.overlay.png", "x.svg", "z.svg", "y.roi"):
        (tmp_path / name).write_bytes(b"")
    found = find_corrections(tmp_path, [(Path("S1/x.tif"), "S1"), (Path("S1/y.tif"), "S1")])
    assert [[file.name for file in files] for files in found.files.values()] == [
        ["x-0a1b2c3d.labels.tif"],
        ["y.roi"],
    ]
    assert len(found.warnings) == 1 and "x.svg not used: its format is not read. Export" in found.warnings[0]


def test_what_changed_is_a_share_of_the_area():
    old = np.repeat(np.arange(1, 5, dtype=np.int32), 25).reshape(10, 10)
    assert changed_share(GrainMap(old), GrainMap(5 - old)) == 0
    new = old.copy()
    new[old == 4] = 3
    assert changed_share(GrainMap(old), GrainMap(new)) == pytest.approx(0.25)


def test_maps_of_other_programs_are_corrections_and_tables_of_grains_are_none(tmp_path):
    (tmp_path / "field_1.csv").write_text("x,y,grainId\n0,0,1\n")
    (tmp_path / "field_1.grains.csv").write_text("label,x_px,y_px\n1,0,0\n")
    (tmp_path / "field_1.h5").write_bytes(b"no HDF5")
    (tmp_path / "facts.json").write_text('{"microscope": "A"}')
    found = find_corrections(tmp_path, [(Path("S1/field_1.tif"), "S1")])
    assert found.files == {Path("S1/field_1.tif"): (tmp_path / "field_1.csv",)} and not found.warnings


def test_folders_that_cannot_hold_corrections(one_sample, tmp_path, edge_model):
    out = tmp_path / "out"
    for folder, words in ((out / "images", "output folder"), (tmp_path / "none", "no folder")):
        with pytest.raises(InputError, match=words):
            go(one_sample, out, edge_model, corrections=folder)
    with pytest.raises(InputError, match="report-only"):
        batch.run_batch(Call((), out, report_only=True, corrections=tmp_path), Recipe(model=str(edge_model)))


def test_links_that_lead_nowhere_are_named(tmp_path):
    (tmp_path / "field_1.labels.tif").symlink_to("nowhere.tif")
    found = find_corrections(tmp_path, [(Path("S1/field_1.tif"), "S1")])
    assert found.files == {} and "not used: a link that leads nowhere" in found.warnings[0]


@pytest.mark.parametrize("damage", ["wrapped", "smoothed"])
def test_damaged_numbers_are_no_correction(tmp_path, damage):
    labels = np.arange(400, dtype=np.float32).reshape(20, 20).repeat(8, 0).repeat(8, 1) + 1
    damaged = labels % 256 if damage == "wrapped" else cv2.GaussianBlur(labels, (0, 0), 1.5)
    tifffile.imwrite(tmp_path / "a.labels.tif", damaged.astype(np.uint16))
    with pytest.raises(InputError, match=r"in several pieces|scattered over the image"):
        read_correction(tmp_path / "a.labels.tif", micrograph_of_array(labels))
