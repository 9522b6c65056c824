"""What leaves the machine names no folder of it, and a run from another folder still knows its work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grainstats.run.job.batch import DATABASE, run_batch
from grainstats.run.job.call import Call
from grainstats.run.names import stored_names, without_folders
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from grainstats.share.exports import export


@pytest.mark.parametrize(
    ("inputs", "path", "name"),
    [
        (["films"], "films/S1/a.tif", "films/S1/a.tif"),
        (["films/"], "films/S1/deep/a.tif", "films/S1/deep/a.tif"),
        (["films/S1/a.tif"], "films/S1/a.tif", "S1/a.tif"),
        (["films/*"], "films/S1/a.tif", "S1/a.tif"),
        (["films/*/*.tif"], "films/S2/b.tif", "S2/b.tif"),
        (["films", "films/S1"], "films/S1/a.tif", "films/S1/a.tif"),
        (["./films/../films"], "films/S2/b.tif", "films/S2/b.tif"),
    ],
)
def test_a_micrograph_is_named_after_the_input_it_was_found_under(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inputs: list[str], path: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("films/S1/a.tif", "films/S1/deep/a.tif", "films/S2/b.tif"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).touch()
    assert stored_names(inputs)(Path(path)) == name
    assert stored_names([str(tmp_path / text) for text in inputs])(tmp_path / path) == name


def test_words_about_a_file_lose_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "films/S1/a.tif"
    said = f"{path}.txt beside {path.name} says 2 nm, {tmp_path / 'films/S1/a.tif'} says 3 nm/px"
    assert without_folders(said, path, "films/S1/a.tif") == (
        "films/S1/a.tif.txt beside a.tif says 2 nm, films/S1/a.tif says 3 nm/px"
    )
    assert without_folders("1/um", Path("a.tif"), "x/a.tif") == "1/um"


def test_nothing_that_is_sent_on_names_a_folder_of_the_machine(
    two_samples: Path, tmp_path: Path, edge_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (two_samples / "S1/text.tif").write_text("not an image")
    shutil.copy(two_samples / "S1/field_0.tif", two_samples / "S2/copy.tif")
    sheet = tmp_path / "samples.csv"
    header = "sample_id,design_route,campaign,param:t_h,prop:jc_kA/cm2\n"
    sheet.write_text(f"{header}S1,ai,c,1,2\nS2,researcher,c,2,3\n")
    out = tmp_path / "out"
    recipe = Recipe(model=str(edge_model))
    summary = run_batch(Call((str(two_samples),), out, samples=sheet, workers=0), recipe)
    assert len(summary.failures) == 2
    exports = tmp_path / "sent"
    with Database.open(out / DATABASE, create=False) as db:
        for form in ("csv", "datapackage", "rde", "boxvia", "parquet"):
            export(db, form, exports / form)
        assert set(db.micrographs()["path"]) == {f"data/S{i // 2 + 1}/field_{i}.tif" for i in range(4)}
    assert 'id="campaign"' in (out / "report.html").read_text()
    sent = [p for folder in (exports, out / "tables") for p in folder.rglob("*") if p.is_file()]
    for path in [*sent, out / "report.html"]:
        assert str(tmp_path).encode() not in path.read_bytes(), path
        assert str(edge_model.parent).encode() not in path.read_bytes(), path
    moved = two_samples.rename(tmp_path / "elsewhere")
    monkeypatch.chdir(moved)

    def never(job):
        raise AssertionError(f"{job.path} is done again")

    again = run_batch(
        Call(("S1", "S2"), out, samples=sheet, workers=0),
        recipe,
        analyse=lambda job: never(job) if "field" in job.path.name else job.failure("bad", "mend it"),
    )
    assert (again.n_images, again.n_new) == (4, 0)
