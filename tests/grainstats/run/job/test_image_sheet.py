"""The sheet of images in a run: pictures of one field count as one, excluded images in no statistic."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from grainstats.run.job.batch import DATABASE, run_batch
from grainstats.run.job.call import Call
from grainstats.run.job.image_sheet import listed_images
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from grainstats.share.db.records import ImageRow, ImageSheet
from segment.errors import InputError


def go(folder: Path, model: Path, sheet: str = "", **call):
    images = None
    if sheet:
        images = folder / "images.csv"
        images.write_text(sheet)
    return run_batch(
        Call((str(folder / "data"),), folder / "out", workers=0, images=images, **call),
        Recipe(model=str(model)),
    )


def stored(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Micrographs, verdicts and analyses behind the results."""
    with Database.open(folder / "out" / DATABASE, create=False) as db:
        return db.micrographs(), db.verdicts(), db.sample_results()


def moved(source: Path, target: Path, shift: int) -> None:
    """The same field again: shifted, and bright where it was dark."""
    image = 255 - tifffile.imread(source)
    grown = np.pad(image, shift, mode="reflect")[: image.shape[0], : image.shape[1]]
    tifffile.imwrite(target, grown, imagej=True, resolution=(0.5, 0.5), metadata={"unit": "nm"})


@pytest.fixture
def tilts(tmp_path, write_micrograph) -> Path:
    """A sample of two fields, the first at two tilts."""
    for name, seed in (("a", 1), ("b", 2)):
        write_micrograph(tmp_path / "data/S1" / f"{name}.tif", seed)
    moved(tmp_path / "data/S1/a.tif", tmp_path / "data/S1/a-tilt.tif", 7)
    return tmp_path


FIELD = "file,field,tilt_deg\ndata/S1/a.tif,f1,0\ndata/S1/a-tilt.tif,f1,8\n"


@pytest.mark.slow
def test_pictures_of_a_field_are_one_image_everywhere(tilts, edge_model):
    before = go(tilts, edge_model)
    assert before.n_images == 3
    done = go(tilts, edge_model, FIELD)
    assert done.exit_status == 0 and (done.n_images, done.n_new) == (2, 1)
    images, verdicts, behind = stored(tilts)
    field = images[images["pictures"].notna()].iloc[0]
    assert field["path"] == "data/S1/a.tif"
    assert [each["path"] for each in field["pictures"]] == ["S1/a.tif", "S1/a-tilt.tif"]
    assert [each["tilt_deg"] for each in field["pictures"]] == [0.0, 8.0]
    assert verdicts["n_images"].tolist() == [2] and len(behind) == 2
    alone = images[images["path"].isin(["data/S1/a.tif", "data/S1/a-tilt.tif"]) & images["pictures"].isna()]
    assert alone["excluded"].str.contains("counts as one").tolist() == [True, True]
    assert "one field of 2 pictures" in (tilts / "out/report.html").read_text()
    again = go(tilts, edge_model, FIELD)
    assert again.n_new == 0 and again.spacings == done.spacings
    apart = go(tilts, edge_model, FIELD.replace("f1,8", "f2,8").replace("f1,0", ",0"))
    assert apart.n_images == 3
    assert stored(tilts)[0].set_index("sha256")["excluded"][field["sha256"]].startswith("its pictures belong")


@pytest.mark.slow
def test_another_area_in_a_field_is_refused_by_name(tilts, edge_model):
    done = go(tilts, edge_model, "file,field\na.tif,f\nb.tif,f\na-tilt.tif,\n")
    (failure,) = done.failures
    assert done.exit_status == 1 and done.n_images == 1
    assert failure.path == "data/S1/a.tif" and "b.tif" in failure.reason and "take it out" in failure.remedy


@pytest.mark.slow
def test_an_excluded_image_stays_in_the_database_and_out_of_every_number(tilts, edge_model):
    (tilts / "data/S1/a-tilt.tif").unlink()
    both = go(tilts, edge_model)
    done = go(tilts, edge_model, "file,excluded\nb.tif,merged grains\n")
    images, verdicts, behind = stored(tilts)
    reasons = images.set_index("path")["excluded"]
    assert pd.isna(reasons["data/S1/a.tif"]) and reasons["data/S1/b.tif"] == "merged grains"
    assert verdicts["n_images"].tolist() == [1] and len(behind) == 1
    assert done.spacings != both.spacings
    assert "data/S1/b.tif is excluded, it enters no statistic: merged grains" in done.warnings
    page = (tilts / "out/report.html").read_text()
    assert page.count("Excluded, in no number: <b>b.tif</b> (merged grains)") == 1
    table = pd.read_csv(tilts / "out/tables/images.csv")
    assert table["excluded"].notna().tolist() == [row == "data/S1/b.tif" for row in table["path"]]
    grains = pd.read_csv(tilts / "out/tables/grains.csv")
    assert set(grains["analysis"]) == set(table.loc[table["excluded"].isna(), "analysis"])
    samples = tilts / "samples.csv"
    samples.write_text("sample_id,design_route,excluded\nS1,ai,cracked\n")
    none = go(tilts, edge_model, "file,excluded\nb.tif,\n", samples=samples)
    assert none.spacings == {} and stored(tilts)[0]["excluded"].tolist() == ["cracked", "cracked"]
    samples.write_text("sample_id,design_route,excluded\nS1,ai,\n")
    back = go(tilts, edge_model, "file,excluded\nb.tif,\n", samples=samples)
    assert back.spacings == both.spacings and back.n_new == 0


def listed(rows: list[ImageRow], *names: str):
    paths = [Path(f"/x/{name}") for name in names]
    return listed_images(paths, ImageSheet("/x/images.csv", tuple(rows)), dict.fromkeys(paths, "S"))


def test_files_are_found_from_the_sheet_or_by_the_end_of_their_path():
    found = listed([ImageRow("S1/a.tif"), ImageRow("b.tif"), ImageRow("gone.tif")], "S1/a.tif", "S2/b.tif")
    assert [path.name for path in found.rows] == ["a.tif", "b.tif"]
    assert found.warnings == ("images.csv: no image of this run is called gone.tif",)
    names = ["S1\\a.tif", "\u00e9.tif"]  # as another system writes them
    assert len(listed([ImageRow(name) for name in names], "S1/a.tif", "S2/e\u0301.tif").rows) == 2
    with pytest.raises(InputError, match=r"'a\.tif' fits 2 images"):
        listed([ImageRow("a.tif")], "S1/a.tif", "S2/a.tif")
    with pytest.raises(InputError, match="are one file"):
        listed([ImageRow("S1/a.tif"), ImageRow("a.tif")], "S1/a.tif")


def test_an_excluded_picture_leaves_its_field_and_a_single_file_may_be_a_field():
    rows = [
        ImageRow("a.tif", field="f", excluded="blurred"),
        ImageRow("b.tif", field="f"),
        ImageRow("c.tif", "T", "f"),
    ]
    found = listed(rows, "a.tif", "b.tif", "c.tif")
    assert [tuple(p.path.name for p in pictures) for pictures in found.fields.values()] == [
        ("b.tif",),
        ("c.tif",),
    ]
    assert [sample for _, sample in found.jobs(list(found.rows), dict.fromkeys(found.rows, "S"))] == [
        "S",
        "S",
        "T",
    ]


def test_the_sheet_of_images_may_lie_beside_the_sheet_of_samples(tmp_path):
    samples, beside = tmp_path / "samples.csv", tmp_path / "images.csv"
    assert Call(("in",), tmp_path, samples=samples).image_sheet is None
    beside.write_text("file\n")
    assert Call(("in",), tmp_path, samples=samples).image_sheet == beside
    assert Call(("in",), tmp_path).image_sheet is None
    assert (
        Call(("in",), tmp_path, samples=samples, images=tmp_path / "x.csv").image_sheet == tmp_path / "x.csv"
    )
