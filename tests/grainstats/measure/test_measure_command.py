from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from grainstats.run import cli
from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.cells.label_edges import on_edges
from segment.cells.recutting import fine_cells
from segment.grain_map import GrainMap
from segment.label_maps.writing import write_label_map
from segment.mosaics.laguerre import laguerre_section
from segment.segmentation import Segmentation


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr("sys.argv", ["grainstats", "measure", *map(str, arguments)])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def map_file(section: GrainMap, tmp_path: Path) -> Path:
    return write_label_map(tmp_path / "field.labels.tif", section)


@pytest.fixture
def uncalibrated(section: GrainMap, tmp_path: Path) -> Path:
    return write_label_map(tmp_path / "bare.tif", GrainMap(section.labels))


def test_json_is_the_only_output(
    map_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, map_file, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["modality"]["verdict"] in ("uniform", "bimodal", "indeterminate")
    assert {"p_value", "modes_nm", "mode_fractions", "mode_ratio", "power", "reason"} <= set(
        document["modality"]
    )
    assert document["n_images"] == 1
    assert document["pixel_size_nm"] == [1.0]


def test_a_copy_of_a_map_counts_once(
    map_file: Path,
    section: GrainMap,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same cells under other numbers, turned by a right angle, in another container."""
    np.save(tmp_path / "copy.npy", np.rot90(section.labels.max() + 1 - section.labels))
    assert call(monkeypatch, map_file, tmp_path / "copy.npy", "--pixel-size", 1) == 0
    said = capsys.readouterr()
    assert f"{section.n_grains} grains in 1 map," in said.out
    assert "the same area, counted once: copy and field" in said.err


def test_a_map_of_another_scale_is_named(
    map_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = laguerre_section((400, 400), 24.0, 0.3, np.random.default_rng(8)).grain_map(1000.0)
    wrong = write_label_map(tmp_path / "wrong.labels.tif", other)
    assert call(monkeypatch, map_file, wrong, "--json") == 0
    shown = capsys.readouterr()
    assert "wrong has 1000 nm a pixel, exactly 1,000 times more" in shown.err
    assert "Scales do not fit one another" in json.loads(shown.out)["modality"]["reason"]


def test_tables_are_written(
    map_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tables"
    other = laguerre_section((200, 240), 18.0, 0.0, np.random.default_rng(9)).grain_map(1.0)
    (tmp_path / "b").mkdir()
    second = write_label_map(tmp_path / "b" / "field.labels.tif", other)
    assert call(monkeypatch, map_file, second, "--out", out) == 0
    assert "2 maps" in capsys.readouterr().out
    grains = pd.read_csv(out / "field.grains.csv")
    assert {"label", "equivalent_diameter_nm", "weight"} <= set(grains.columns)
    assert (out / "field_2.intercepts.csv").is_file()
    assert set(pd.read_csv(out / "descriptors.csv")["image"].fillna("")) == {"field", "field_2", ""}
    assert json.loads((out / "summary.json").read_text())["n_images"] == 2


def test_manual_pixel_size_wins(
    map_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, map_file, "--json")
    one = json.loads(capsys.readouterr().out)
    call(monkeypatch, map_file, "--json", "--pixel-size", "2")
    two = json.loads(capsys.readouterr().out)
    assert two["intercept_nm"]["mean"] == pytest.approx(2 * one["intercept_nm"]["mean"])


def test_uncalibrated_map_names_the_remedy(
    uncalibrated: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, uncalibrated, "--json") == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "--pixel-size" in captured.err and "bare.tif" in captured.err


def test_pixels_are_for_one_map_of_unknown_scale(
    uncalibrated: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, uncalibrated, "--pixels", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert "equivalent_diameter_px" in document
    assert "modes_px" in document["modality"]
    assert call(monkeypatch, uncalibrated, uncalibrated, "--pixels") == 2
    assert "one map" in capsys.readouterr().err


def test_the_rest_is_measured_when_one_map_fails(
    map_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (100, 100)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "micrograph.tif", grey)
    missing = tmp_path / "missing.tif"
    (tmp_path / "image.dm4").write_bytes(b"x")
    broken = [tmp_path / "micrograph.tif", missing, tmp_path / "image.dm4"]
    assert call(monkeypatch, map_file, *broken, "--pixel-size", "1", "--json") == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["n_images"] == 1
    for path in broken:
        assert path.name in captured.err
    assert captured.err.count("grainstats segment") == 2


def test_tracing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tracing = np.zeros((200, 200), np.uint8)
    tracing[::40] = tracing[:, ::40] = 255
    tifffile.imwrite(tmp_path / "tracing.tif", tracing)
    assert call(monkeypatch, tmp_path / "tracing.tif", "--tracing", "--pixel-size", "0.5", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["n_grains"] == 25
    assert call(monkeypatch, tmp_path / "tracing.tif", "--pixel-size", "0.5") == 1
    assert "--tracing" in capsys.readouterr().err


def test_wrong_call(map_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, map_file, "--null", "other") == 2
    assert call(monkeypatch) == 2


def test_a_map_that_a_model_cut_is_judged_on_its_other_cuts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The record of the segmentation travels in the label map; a map without one is taken as given."""
    labels = laguerre_section((620, 620), 24.0, 0.2, np.random.default_rng(3)).grain_map().labels
    # nothing is left at a level of .55
    probability = np.where(on_edges(labels, upper_left=True), np.float32(0.5), np.float32(0.0))
    given = close_cells(BoundaryMap(probability, 2.0, "manual"))
    path = tmp_path / "field.labels.tif"

    def modality(grain_map: GrainMap) -> dict:
        write_label_map(path, grain_map)
        call(monkeypatch, path, "--json")
        return json.loads(capsys.readouterr().out)["modality"]

    taken = modality(given)
    assert taken["stability"] is None and taken["verdict"] == "uniform"
    assert "taken as given" in taken["reason"]
    none = (0.0,) * 4
    cut = Segmentation("m", "d", 0.05, fine_cells(given), none, measured=True)
    steady = modality(replace(given, segmentation=cut))
    assert steady["verdict"] == "uniform" and 0.7 <= steady["stability"] < 1  # one cut in five has no borders
    unknown = modality(replace(given, segmentation=replace(cut, measured=False)))
    assert unknown["verdict"] == "indeterminate" and "no error rates" in unknown["reason"]
    assert {taken["p_value"]} == {steady["p_value"], unknown["p_value"]}
