"""Orientation maps through the commands: info, segment, measure, run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from grainstats.run.cli import app
from segment.mosaics.laguerre import poisson_voronoi_plane


@pytest.fixture(scope="module")
def ctf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .ctf of about 130 cubic grains, 60 x 70 points 50 nm apart, turned at random."""
    rng = np.random.default_rng(3)
    labels = poisson_voronoi_plane((60, 70), 130 / (60 * 70), rng).grain_map(1.0).labels
    angles = rng.uniform(0, 1, (labels.max() + 1, 3))
    euler = np.stack(
        [360 * angles[:, 0], np.rad2deg(np.arccos(1 - 2 * angles[:, 1])), 360 * angles[:, 2]], axis=1
    )
    lines = ["Channel Text File", "JobMode\tGrid", "XCells\t70", "YCells\t60", "XStep\t0.05", "YStep\t0.05"]
    lines += ["Phases\t1", "3.9;3.9;3.9\t90;90;90\tNi\t11\t225"]
    lines += ["Phase\tX\tY\tBands\tError\tEuler1\tEuler2\tEuler3\tMAD\tBC\tBS"]
    for (row, column), label in np.ndenumerate(labels):
        a = euler[label]
        place = f"1\t{column * 0.05:.2f}\t{row * 0.05:.2f}\t8\t0"
        lines.append(f"{place}\t{a[0]:.3f}\t{a[1]:.3f}\t{a[2]:.3f}\t0.5\t{100 + column}\t1")
    path = tmp_path_factory.mktemp("maps") / "S1" / "ni.ctf"
    path.parent.mkdir()
    path.write_text("\n".join(lines) + "\n")
    return path


def call(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_info(ctf: Path) -> None:
    code, shown, _ = call("info", ctf, "--json")
    document = json.loads(shown)
    assert code == 0 and document["kind"] == "orientation_map"
    assert (document["shape"], document["step_nm"], document["step_source"]) == ([60, 70], 50.0, "metadata")
    assert document["grid"] == "square" and document["indexed_share"] == 1.0 and document["warnings"] == []
    assert document["phases"] == [{"name": "Ni", "laue_group": "m-3m", "share": 1.0}]
    assert {**document["files"][0], "files": document["files"]} == document
    code, shown, _ = call("info", ctf.parent.parent)
    assert code == 0 and "60 x 70 points, square" in shown and "Ni (m-3m) 100.0%" in shown


def test_info_names_what_it_cannot_use(tmp_path: Path, ctf: Path) -> None:
    path = tmp_path / "cut.ctf"
    path.write_text(ctf.read_text()[:-5000])
    code, shown, told = call("info", path, "--json")
    assert code == 1 and "truncated" in json.loads(shown)["files"][0]["error"] and "cut.ctf" in told


def test_segment_then_measure_is_measure(tmp_path: Path, ctf: Path) -> None:
    code, shown, _ = call("segment", ctf, "--out", tmp_path, "--json")
    (image,) = json.loads(shown)["images"]
    assert code == 0 and image["pixel_size_nm"] == 50.0 and Path(image["boundary"]).is_file()
    table = pd.read_csv(image["orientations"])
    assert len(table) == image["n_grains"] and set(table["laue_group"]) == {"m-3m"}
    documents = [json.loads(call("measure", path, "--json")[1]) for path in (ctf, image["labels"])]
    assert documents[0]["n_grains"] == image["n_grains"]
    assert "misorientation_mean_deg" in documents[0]["descriptors"]
    assert documents[0]["modality"] == documents[1]["modality"]
    for name in ("misorientation_mean_deg", "high_angle_boundary_share", "intercept_mean_nm"):
        values = [document["descriptors"][name]["value"] for document in documents]
        assert values[0] == pytest.approx(values[1], rel=1e-6)


def test_front_door(ctf: Path) -> None:
    import grainstats as gs

    grains = gs.segment(ctf)
    assert grains.orientations is not None and grains.pixel_size_nm == 50.0
    measured = gs.measure(ctf)
    assert len(measured.grains) == grains.n_grains
    assert measured.network.segments["misorientation_deg"].notna().any()


def test_options_and_tables(tmp_path: Path, ctf: Path) -> None:
    code, shown, _ = call("measure", ctf, "--misorientation-deg", "30", "--json", "--out", tmp_path)
    assert code == 0
    assert json.loads(shown)["n_grains"] < 120
    assert {"misorientation_deg", "sigma"} <= set(pd.read_csv(tmp_path / "ni.segments.csv").columns)
    assert pd.read_csv(tmp_path / "ni.misorientations.csv")["length_share"].sum() == pytest.approx(1)
    code, _, told = call("measure", ctf, "--twin", "nonsense")
    assert code != 0
    code, _, told = call("measure", ctf, "--phase", "Fe")
    assert code == 1 and "Ni" in told


def test_phase_and_twins_hold_for_label_maps_too(tmp_path: Path, ctf: Path) -> None:
    """A label map with orientations beside it gives the numbers of the map that it was cut from."""
    two = tmp_path / "two.ctf"
    lines = ctf.read_text().replace("Phases\t1", "Phases\t2").splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("Phases"))
    lines.insert(at + 2, lines[at + 1].replace("Ni", "Fe"))
    right = [line.split("\t") for line in lines[at + 4 :]]
    middle = max(float(fields[1]) for fields in right) / 2
    for fields in right:
        fields[0] = "2" if float(fields[1]) > middle else "1"
    two.write_text("\n".join([*lines[: at + 4], *("\t".join(fields) for fields in right)]) + "\n")
    labels = json.loads(call("segment", two, "--out", tmp_path, "--json")[1])["images"][0]["labels"]
    wanted, found, everything = (
        json.loads(call("measure", path, "--json", *options)[1])["n_grains"]
        for path, options in ((two, ("--phase", "Ni")), (labels, ("--phase", "ni")), (labels, ()))
    )
    assert found == wanted < everything
    code, _, told = call("measure", labels, "--phase", "Cu")
    assert code == 1 and "Ni, Fe" in told
    code, _, told = call("measure", labels, "--misorientation-deg", "20")
    assert code == 0 and "cut already" in told and "all phases" in told
    Path(labels).with_name("two.orientations.csv").unlink()
    code, _, told = call("measure", labels, "--merge-twins")
    assert code == 1 and "no orientations" in told


def test_unknown_step_is_asked_for(tmp_path: Path, ctf: Path) -> None:
    path = tmp_path / "a.ctf"
    lines = ctf.read_text().splitlines()
    body = [line.split("\t") for line in lines[9:]]
    for fields in body:
        fields[1], fields[2] = (f"{float(v) / 0.05:.0f}" for v in fields[1:3])
    path.write_text("\n".join([*lines[:9], *("\t".join(fields) for fields in body)]) + "\n")
    code, _, told = call("measure", path)
    assert code == 1 and "--pixel-size" in told
    code, shown, _ = call("measure", path, "--pixel-size", "50", "--json")
    assert code == 0 and json.loads(shown)["pixel_size_nm"] == [50.0]


def _picture(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture)


def test_run(tmp_path: Path, ctf: Path, edge_model: Path) -> None:
    """A folder with an orientation map: stored with its descriptors, shown in its colours, done once."""
    from grainstats.run.job.batch import run_batch
    from grainstats.run.job.call import Call
    from grainstats.run.recipe import Recipe
    from grainstats.share import Database

    asked = Call((str(ctf.parent),), tmp_path / "out", workers=0)
    recipe = Recipe(model=str(edge_model), misorientation_deg=6.0)
    done = run_batch(asked, recipe)
    assert (done.n_images, done.n_new, done.failures) == (1, 1, ())
    assert run_batch(asked, recipe).n_new == 0
    with Database.open(tmp_path / "out" / "results.db") as db:
        (verdict,) = db.verdicts().to_dict("records")
        found = db.descriptors("sample").set_index("name")["value"]
        (image,) = db.analyses().to_dict("records")
    measured = json.loads(call("measure", ctf, "--misorientation-deg", "6", "--json")[1])["modality"]
    assert (verdict["verdict"], verdict["reason"]) == (measured["verdict"], measured["reason"])
    assert 35 < found["misorientation_mean_deg"] < 46
    assert 0.9 < found["high_angle_boundary_share"] <= 1
    view, layer = (_picture(tmp_path / "out" / image["artefacts"][name]) for name in ("view", "layer"))
    assert view.shape[:2] == layer.shape[:2]
    colours = view[: len(view) // 2, : view.shape[1] // 2, :3].astype(int)
    assert np.ptp(colours, axis=2).max() > 100
    assert "ni.ctf" in (tmp_path / "out" / "report.html").read_text()
