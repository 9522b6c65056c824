"""`grainstats init` writes files that the other commands read as they are."""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from grainstats.run.cli import app
from grainstats.run.commands.starting import starting_files
from grainstats.run.recipe import Recipe, read_recipe
from grainstats.share.optimizer.space import read_space
from grainstats.share.sheets.samples import read_samples


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    result = CliRunner().invoke(app, ["init", str(tmp_path / "new")])
    assert result.exit_code == 0, result.output
    return tmp_path / "new"


def test_every_file_is_read_by_the_command_that_takes_it(folder: Path) -> None:
    assert read_recipe(folder / "recipe.toml").digest() == Recipe().digest()
    assert [row.sample_id for row in read_samples(folder / "samples.csv").rows] == ["film-A", "film-B"]
    assert read_space(folder / "space.toml").parameters[0].name == "anneal_temperature_degC"


def test_the_recipe_names_every_key_and_its_schema_knows_them(folder: Path) -> None:
    text = (folder / "recipe.toml").read_text(encoding="utf-8")
    schema = json.loads((folder / "recipe.schema.json").read_text(encoding="utf-8"))
    for one in fields(Recipe):
        assert f"# {one.name} = " in text
        assert schema["properties"][one.name]["description"]
    jsonschema.validate({"persistence": 0.1, "null": "columnar"}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"null": "diagonal"}, schema)


def test_the_schema_of_a_space_accepts_the_example(folder: Path) -> None:
    schema = json.loads((folder / "space.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(tomllib.loads((folder / "space.toml").read_text(encoding="utf-8")), schema)


def test_files_that_are_there_stay(folder: Path) -> None:
    (folder / "recipe.toml").write_text("seed = 3\n")
    result = CliRunner().invoke(app, ["init", str(folder)])
    assert result.exit_code == 0
    assert "left as it is" in result.output
    assert (folder / "recipe.toml").read_text() == "seed = 3\n"
    assert set(starting_files()) == {path.name for path in folder.iterdir()}
