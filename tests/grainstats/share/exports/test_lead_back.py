"""One number of each of the five exports, walked back to its micrograph, model, recipe and code version.

The walk uses nothing but the exported files; only its end is compared with what was put into the database.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from grainstats.share import Database
from grainstats.share.exports import export

MICROGRAPH = f"{2:064x}"  # the only micrograph of S2, `build_record(2)`
END = {
    "micrograph_digest": MICROGRAPH,
    "path": "S2/0002.tif",
    "model_digest": "model",
    "recipe_digest": "recipe",
    "code_version": "0.1.0",
}
RECIPE = 'persistence = 0.1\nlanguage = "日本語"\n'
Rows = list[dict[str, Any]]


@pytest.fixture
def exported(filled: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of the export that the test asks for."""
    to = request.param
    export(filled, to, tmp_path / to, objective="jc" if to == "boxvia" else None)
    return tmp_path / to


def in_form(form: str) -> Any:
    return pytest.mark.parametrize("exported", [form], indirect=True)


def read_csv(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def the_only(rows: Rows, **where: str) -> dict[str, Any]:
    """The one row with these values; a number that leads to two places leads nowhere."""
    (row,) = [row for row in rows if all(row[name] == value for name, value in where.items())]
    return row


def walk(read: Callable[[str], Rows], number: dict[str, Any]) -> None:
    """From a row that carries ``analysis`` or ``sample_result`` to the end."""
    analysis = (
        number.get("analysis")
        or the_only(read("sample_results"), sample_result=number["sample_result"])["analysis"]
    )
    found = the_only(read("analyses"), analysis=analysis)
    assert {name: found[name] for name in END} == END
    micrograph = the_only(read("micrographs"), micrograph_digest=found["micrograph_digest"])
    assert (micrograph["path"], micrograph["sample_id"], float(micrograph["pixel_size_nm"])) == (
        END["path"],
        "S2",
        1.25,
    )
    assert the_only(read("recipes"), recipe_digest=found["recipe_digest"])["text"] == RECIPE
    assert found["model_name"] == "boundary-net" and int(found["seed"]) == 2


@in_form("csv")
def test_a_grain_in_the_csv_tables(exported: Path) -> None:
    def read(table: str) -> Rows:
        return read_csv(exported / f"{table}.csv")

    grain = the_only(read("grains"), sample_id="S2", label="7")
    assert float(grain["equivalent_diameter_nm"]) > 0
    walk(read, grain)


@in_form("parquet")
def test_a_samples_mean_in_the_parquet_tables(exported: Path) -> None:
    def read(table: str) -> Rows:
        return pd.read_parquet(exported / f"{table}.parquet").to_dict("records")

    rows = [row for row in read("descriptors") if row["level"] == "sample"]
    mean = the_only(rows, sample_id="S2", name="intercept_mean_nm")
    assert mean["value"] == pytest.approx(61.5 + 1 / 3)
    walk(read, {"sample_result": mean["sample_result"]})


@in_form("datapackage")
def test_a_verdicts_p_in_the_data_package_by_its_own_foreign_keys(exported: Path) -> None:
    package = json.loads((exported / "datapackage.json").read_text(encoding="utf-8"))
    resources = {resource["name"]: resource for resource in package["resources"]}

    def read(table: str) -> Rows:
        return read_csv(exported / resources[table]["path"])

    verdict = the_only(read("verdicts"), sample_id="S2")
    assert float(verdict["p_value"]) == 0.003
    walk(read, verdict)
    keys = resources["analyses"]["schema"]["foreignKeys"]
    assert {key["reference"]["resource"] for key in keys} == {"samples", "micrographs", "recipes"}


@in_form("rde")
def test_a_descriptor_in_the_rde_metadata(exported: Path) -> None:
    data = exported / "S2" / "data"
    metadata = json.loads((data / "meta" / "metadata.json").read_text(encoding="utf-8"))
    assert metadata["variable"][0]["equivalent_diameter_mean_nm"]["value"] == pytest.approx(50 + 2 / 7)
    said = {name: metadata["constant"][name]["value"] for name in END}
    assert said == END
    analysis = metadata["constant"]["analysis"]["value"]
    row = the_only(read_csv(data / "structured" / "analysis.csv"), analysis=analysis)
    assert {name: row[name] for name in END} == END
    assert (
        the_only(read_csv(data / "structured" / "sample_results.csv"), sample_id="S2")["analysis"] == analysis
    )
    assert {grain["analysis"] for grain in read_csv(data / "structured" / "grains.csv")} == {analysis}
    recipe = the_only(read_csv(data / "structured" / "recipes.csv"), recipe_digest="recipe")
    assert recipe["text"] == RECIPE


@in_form("boxvia")
def test_a_row_of_boxvias_table_by_its_sidecar(exported: Path, filled: Database) -> None:
    with (exported / "boxvia.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    sidecar = json.loads((exported / "boxvia_sidecar.json").read_text(encoding="utf-8"))
    place = sidecar["rows"].index("S2")
    assert header[-1] == sidecar["objective"]["column"] and float(rows[place][-1]) == 0.1
    (behind,) = sidecar["behind"]["S2"]
    assert {name: behind[name] for name in END} == END
    assert sidecar["snapshot_digest"] == filled.snapshot_digest()
