"""RDE data sets: the tree of MultiDataTile, documents that rdetoolkit accepts, labels in both languages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from grainstats.run.cli import app
from grainstats.share import Database
from grainstats.share.exports import export

#: Run in a process of its own: every document through its validators, then its own workflow.
VALIDATE = """
import sys
from pathlib import Path
from rdetoolkit.validation import MetadataDefinitionValidator, invoice_validate, metadata_validate

data = Path("data")
support = data / "tasksupport"
MetadataDefinitionValidator().validate(path=support / "metadata-def.json")
for path in sorted(data.rglob("invoice.json")):
    invoice_validate(path, support / "invoice.schema.json")
for path in sorted(data.rglob("metadata.json")):
    metadata_validate(path)
from rdetoolkit.config import parse_config_file
from rdetoolkit.workflows import run

config = parse_config_file(path=str(support / "rdeconfig.yaml"))
assert config.system.extended_mode == "MultiDataTile", config
print(run(config=config))
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite alone: that both kinds of database are read alike is shown in ``test_exports.py``."""
    return str(tmp_path / "results.db")


@pytest.fixture
def dataset(filled: Database, tmp_path: Path) -> Path:
    """Exported data sets; the overlay of one of three images exists."""
    overlays = tmp_path / "run" / "overlays"
    overlays.mkdir(parents=True)
    picture = np.zeros((900, 1200, 3), np.uint8)
    picture[:, :, 1] = 200
    (overlays / "0001.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    export(filled, "rde", tmp_path / "rde", files=tmp_path / "run")
    return tmp_path / "rde"


def load(path: Path) -> dict:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_one_data_set_per_sample_one_tile_per_image(dataset: Path) -> None:
    assert sorted(p.name for p in dataset.iterdir() if p.is_dir()) == ["S1", "S2"]
    for tile in (
        dataset / "S1" / "data",
        dataset / "S1" / "data" / "divided" / "0001",
        dataset / "S2" / "data",
    ):
        for part in ("invoice/invoice.json", "meta/metadata.json", "structured/grains.csv"):
            assert (tile / part).is_file()
        assert len(pd.read_csv(tile / "structured" / "grains.csv")) == 20
        assert len(pd.read_csv(tile / "structured" / "intercepts.csv")) == 100
    assert not (dataset / "S2" / "data" / "divided").exists()
    (main,), (small,) = (list(dataset.rglob(f"{name}/*")) for name in ("main_image", "thumbnail"))
    assert main == dataset / "S1" / "data" / "divided" / "0001" / "main_image" / "0001.png"
    assert cv2.imread(str(main)).shape == (900, 1200, 3)
    assert max(cv2.imread(str(small)).shape) == 320


def test_tiles_without_main_image_are_counted(dataset: Path, url: str, tmp_path: Path) -> None:
    call = ["export", "--db", url, "--to", "rde", "--out", str(tmp_path / "again")]
    assert "warning: 3 of 3 tiles have no main image" in CliRunner().invoke(app, call).stderr
    said = CliRunner().invoke(app, [*call, "--files", str(tmp_path / "run")]).stderr
    assert "warning: 2 of 3 tiles have no main image" in said


def test_documents_fit_their_schema(dataset: Path) -> None:
    schema = load(dataset / "S1" / "data" / "tasksupport" / "invoice.schema.json")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    for field in schema["properties"]["custom"]["properties"].values():
        assert field["label"]["ja"] and field["label"]["en"]
        assert field["type"] in {"boolean", "integer", "number", "string"}
    assert schema["properties"]["custom"]["properties"]["param_temp_degC"]["options"] == {"unit": "degC"}
    invoices = sorted(dataset.rglob("invoice.json"))
    assert len(invoices) == 3
    for path in invoices:
        jsonschema.Draft202012Validator(schema).validate(load(path))
    custom = load(dataset / "S1" / "data" / "invoice" / "invoice.json")["custom"]
    assert custom["param_temp_degC"] == 850.0
    assert custom["prop_jc_kA_cm2"] == 1.25
    assert custom["design_route"] == "ai"


def test_metadata_is_defined_in_both_languages(dataset: Path) -> None:
    data = dataset / "S1" / "data"
    definition, metadata = (
        load(data / "tasksupport" / "metadata-def.json"),
        load(data / "meta" / "metadata.json"),
    )
    (variable,) = metadata["variable"]
    assert set(metadata["constant"]) | set(variable) <= set(definition)
    assert not set(metadata["constant"]) & set(variable)
    for key, value in {**metadata["constant"], **variable}.items():
        assert value.get("unit") == definition[key].get("unit")
        assert definition[key]["name"]["ja"] and definition[key]["name"]["en"]
        kinds = {"integer": int, "number": (int, float), "string": str, "boolean": bool}
        assert isinstance(value["value"], kinds[definition[key]["schema"]["type"]])
    assert metadata["constant"]["verdict"] == {"value": "bimodal"}
    assert metadata["constant"]["sample_intercept_mean_nm"]["unit"] == "nm"
    assert variable["equivalent_diameter_mean_nm"] == {"value": 50.0, "unit": "nm"}
    assert definition["equivalent_diameter_mean_nm"]["name"]["ja"] == "平均円相当径"
    for name in ("micrograph_digest", "model_digest", "recipe_digest", "code_version", "seed"):
        assert name in metadata["constant"]


def test_odd_sample_names_become_folders(db: Database, make_record, tmp_path: Path) -> None:
    for number, name in enumerate(("a/b", "a:b", "A_b", "試料 1", "..", "試" * 90)):
        db.add_analysis(make_record(number, sample_id=name))
    export(db, "rde", tmp_path / "rde")
    folders = sorted(p.name for p in (tmp_path / "rde").iterdir() if p.is_dir())
    assert folders == sorted(["A_b", "a_b_2", "a_b_3", "試料 1", "sample", "試" * 53])


@pytest.mark.slow
def test_rdetoolkit_accepts_the_data_sets(dataset: Path, tmp_path: Path) -> None:
    """Through NIMS's own validators and its MultiDataTile workflow, in a process of its own."""
    if find_spec("rdetoolkit") is None:
        pytest.skip("rdetoolkit is not installed; it comes with the extra dev")
    for name, tiles in (("S1", 2), ("S2", 1)):
        work = tmp_path / f"rde run {name}"
        shutil.copytree(dataset / name, work)
        (work / "data" / "inputdata").mkdir()
        for tile in range(tiles):
            (work / "data" / "inputdata" / f"{tile:04d}.tif").write_bytes(b"micrograph")
        command = [sys.executable, "-c", VALIDATE]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads(done.stdout[done.stdout.index("{") :])
        assert [(s["mode"], s["status"]) for s in report["statuses"]] == [
            ("MultiDataTile", "success")
        ] * tiles


def test_images_of_no_sample_are_in_no_data_set(filled: Database, make_record, tmp_path: Path) -> None:
    filled.add_analysis(replace(make_record(9, n=4), sample_id=None))
    export(filled, "rde", tmp_path / "rde")
    assert {path.name for path in (tmp_path / "rde").iterdir() if path.is_dir()} == {"S1", "S2"}


def test_an_excluded_image_is_no_tile(filled: Database, tmp_path: Path) -> None:
    before = export(filled, "rde", tmp_path / "all")
    analyses = filled.analyses()
    sample = analyses["sample_id"].value_counts().index[0]
    row = analyses[analyses["sample_id"] == sample].iloc[0]
    filled.exclude({row["micrograph_digest"]: "blurred"})
    after = export(filled, "rde", tmp_path / "rest")
    tiles = [[path for path in files if path.name == "metadata.json"] for files in (before, after)]
    assert len(tiles[0]) - len(tiles[1]) == 1
    assert not any(row["path"] in path.read_text(encoding="utf-8") for path in tiles[1])
