"""`grainstats volume` as scripts call it."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import tifffile
from fib_sem import made_stack
from laguerre_volume import poisson_voronoi_volume
from typer.testing import CliRunner

from grainstats.infer.modality.verdict import ModalityVerdict
from grainstats.run.cli import app
from segment.errors import InputError

KEYS = {
    "shape",
    "voxel_size_nm",
    "n_grains",
    "n_interior",
    "equivalent_diameter_nm",
    "s_v_per_um",
    "faces_per_grain",
    "phases",
    "modality",
    "warnings",
}
MODALITY_KEYS = {f.name for f in fields(ModalityVerdict)} - {"n_grains"}  #: as `measure` prints them


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    labels = poisson_voronoi_volume((40, 48, 56), 1 / 12**3, np.random.default_rng(0)).labels((40, 48, 56))
    path = tmp_path_factory.mktemp("stack") / "labels.tif"
    tifffile.imwrite(path, labels.astype(np.uint16))
    return path


def test_document_follows_the_contract(stack: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call = ["volume", str(stack), "--labels", "--voxel-size", "10", "10", "20", "--out", str(out), "--json"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found) >= KEYS
    assert found["shape"] == [40, 48, 56]
    assert found["voxel_size_nm"] == [10, 10, 20]
    assert set(found["equivalent_diameter_nm"]) >= {"mean", "median", "volume_weighted_mean", "ci"}
    assert {"value", "ci"} <= set(found["s_v_per_um"])
    assert found["modality"]["verdict"] in ("uniform", "bimodal", "indeterminate")
    assert set(found["modality"]) == MODALITY_KEYS
    assert found["sections"]["over_volume"] < 1
    assert found["phases"][0] == {"name": "solid", "fraction": 1.0}
    assert json.loads((out / "summary.json").read_text(encoding="utf-8")) == found
    assert len(pd.read_csv(out / "grains.csv")) == found["n_grains"]
    assert np.array_equal(tifffile.imread(out / "labels.labels.tif"), tifffile.imread(stack))
    assert (out / "labels.vti").is_file()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg") == 3 + found["shape"][0] and page.count("data:image/webp") == 1
    assert "http" not in page.replace("http-equiv", "") and "unsafe" not in page
    assert page.count('class="scale"') == 4


def test_feature_ids_are_labels_without_being_told(stack: Path, tmp_path: Path) -> None:
    labels = tifffile.imread(stack).astype(np.int32)
    with h5py.File(tmp_path / "v.dream3d", "w") as file:
        file["DataContainers/A/_SIMPL_GEOMETRY/DIMENSIONS"] = np.array(labels.shape[::-1])
        file["DataContainers/A/_SIMPL_GEOMETRY/SPACING"] = np.full(3, 0.01)
        file["DataContainers/A/CellData/FeatureIds"] = labels[..., None]
    result = CliRunner().invoke(app, ["volume", str(tmp_path / "v.dream3d"), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["n_grains"] == labels.max()


def test_phases_alone(tmp_path: Path) -> None:
    made = made_stack((24, 64, 64), 18, np.random.default_rng(0), porosity=0.2, second=0.06)
    tifffile.imwrite(tmp_path / "grey.tif", made.grey)
    call = ["volume", str(tmp_path / "grey.tif"), "--phases-only", "--voxel-size", "5", "5", "5", "--json"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    fractions = {p["name"]: p["fraction"] for p in found["phases"]}
    assert fractions["void"] == pytest.approx((made.phase == 0).mean(), abs=0.02)
    assert found["porosity"] == pytest.approx(fractions["void"])
    assert found["n_grains"] == 0 and "grains lie" not in str(found["warnings"])
    assert found["modality"]["verdict"] == "indeterminate"
    assert set(found["modality"]) == MODALITY_KEYS
    assert found["voids"]["n_pieces"] >= 1


def test_what_cannot_be_used_is_said_in_words(stack: Path, tmp_path: Path) -> None:
    for call, words in (
        ([str(stack), "--labels"], "--voxel-size"),
        ([str(tmp_path / "none.tif"), "--labels"], "no such file"),
    ):
        result = CliRunner().invoke(app, ["volume", *call])
        assert result.exit_code == 1
        assert words in result.stderr
    sizes = (("1", "0", "1"), ("1e300", "10", "10"), ("1e-300",) * 3, ("10", "10", "1e6"), ("nan", "1", "1"))
    for wrong in (*(["--voxel-size", *size] for size in sizes), ["--surfaces", "3,a"]):
        assert isinstance(CliRunner().invoke(app, ["volume", str(stack), *wrong]).exception, InputError)


@pytest.mark.slow
def test_folders_of_stacks_run_unattended(tmp_path: Path) -> None:
    stacks, out = tmp_path / "stacks", tmp_path / "out"
    (stacks / "slices").mkdir(parents=True)
    made = made_stack((16, 64, 64), 14, np.random.default_rng(0), porosity=0.1, second=0)
    tifffile.imwrite(stacks / "a.tif", made.grey)
    for k, image in enumerate(made.grey):
        tifffile.imwrite(stacks / f"slices/s{k}.tif", image)
    tifffile.imwrite(stacks / "single.tif", made.grey[0])
    (stacks / "broken.tif").write_bytes(b"II*\0 no more")
    call = ["run", str(stacks), "--volumes", "--voxel-size", "10", "10", "10", "--out", str(out)]
    first = CliRunner().invoke(app, call)
    assert first.exit_code == 1
    assert "single.tif: it holds one slice only" in first.stderr and "broken.tif" in first.stderr
    rows = pd.read_csv(out / "volumes.csv")
    assert rows["volume"].tolist() == ["a", "slices"]
    assert rows["n_grains"].nunique() == 1 and rows["n_grains"][0] > 5
    assert f"warning: a: {rows['warnings'][0]}" in first.stderr
    again = CliRunner().invoke(app, call)
    assert "2 volumes measured, 0 of them now" in again.stdout
    other = CliRunner().invoke(app, ["run", str(stacks / "a.tif"), *call[2:5], "20", *call[6:]])
    assert "1 volume measured, 1 of them now" in other.stdout


@pytest.mark.parametrize(
    "options",
    [
        ["--voxel-size", "1", "1", "1"],
        ["--volumes", "--pixel-size", "2"],
        ["--volumes", "--null", "columnar"],
        ["--volumes", "--xlsx"],
    ],
)
def test_options_of_stacks_and_images_are_not_mixed(tmp_path: Path, options: list[str]) -> None:
    done = CliRunner().invoke(app, ["run", str(tmp_path), *options, "--out", str(tmp_path / "out")])
    assert isinstance(done.exception, InputError)
    assert not (tmp_path / "out").exists()
